package matrix

import (
	"crypto/hmac"
	"crypto/sha256"

	gincookie "github.com/gin-contrib/sessions/cookie"
	"github.com/gorilla/sessions"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/cookiestore"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
)

var signedCookies = engine{
	name:  "signed_cookies",
	cases: []Case{ReadCase, ReadWriteCase, CreateCase},
	open: func(*contest.Bed) []entrant {
		return []entrant{
			{name: floorName, floor: map[Case]func(int) func(){
				ReadCase: bareHMAC, ReadWriteCase: twice(bareHMAC),
			}},
			{name: ours, site: jamsession(noerror.In(cookiestore.New(secrettest.Keys(secret), nil)), nil)},
			{name: "gorilla", site: gorillaSite(sessions.NewCookieStore([]byte(secret)))},
			{name: "gin", site: ginSite(gincookie.NewStore([]byte(secret)))},
		}
	},
}

// bareHMAC signs as many bytes as the cookie of a login has.
func bareHMAC(int) func() {
	mac := hmac.New(sha256.New, []byte(secret))
	text, sum := make([]byte, 250), make([]byte, 0, sha256.Size)
	return func() {
		mac.Reset()
		mac.Write(text)
		sum = mac.Sum(sum[:0])
	}
}

func twice(op func(int) func()) func(int) func() {
	return func(goroutine int) func() {
		f := op(goroutine)
		return func() { f(); f() }
	}
}
