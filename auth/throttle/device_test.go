package throttle_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/internal/signing"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// isStranger fails unless a request has the attempts of strangers only, which
// are used up.
func (s *site) isStranger(name string, r *http.Request, username string) {
	s.Helper()
	if err := s.Check(r, username); err == nil {
		s.Errorf("%s: the device is known", name)
	} else if by := s.limited[len(s.limited)-1]; by != throttle.BucketAccount {
		s.Errorf("%s: limited by the %s", name, by)
	}
}

// TestDeviceCookieIsWorthlessForOthers: forged, changed, and of another
// account.
func TestDeviceCookieIsWorthlessForOthers(t *testing.T) {
	s := open(t, throttle.Options{PerSource: throttle.Limit{Burst: 1000, Every: time.Second}})
	victim := s.login(from(home), "victim")
	attacker := s.login(from(evil), "attacker")
	other := openKeys(t, secrettest.Keys(oldSecret), throttle.Options{}).login(from(home), "victim")
	s.exhaust("victim")

	s.wantPass(from(home, victim), "victim")
	s.isStranger("of another account", from(evil, attacker), "victim")
	s.isStranger("of another site", from(evil, other), "victim")
	s.isStranger("none", from(evil), "victim")
	named := func(value string) *http.Cookie { return &http.Cookie{Name: victim.Name, Value: value} }
	for i := range victim.Value {
		c := byte('A')
		if victim.Value[i] == c {
			c = 'B'
		}
		s.isStranger("changed", from(evil, named(victim.Value[:i]+string(c)+victim.Value[i+1:])), "victim")
	}
	value, _, _ := strings.Cut(victim.Value, ":")
	_, signature, _ := strings.Cut(attacker.Value, ":")
	s.isStranger("spliced", from(evil, named(value+":"+signature)), "victim")
	s.isStranger("unsigned", from(evil, named(value)), "victim")
	misused := named(signing.New("other", keys).Sign(value))
	s.isStranger("signed for another purpose", from(evil, misused), "victim")
	for _, odd := range []string{"", ":", "..", "a.b.c", strings.Repeat(".", 9000)} {
		s.isStranger("odd", from(evil, named(odd)), "victim")
		good := signing.New("jamsession.auth.throttle.device", keys).Sign(odd)
		s.isStranger("odd and signed", from(evil, named(good)), "victim")
	}
	renamed := &http.Cookie{Name: "jamsession_device", Value: victim.Value}
	s.isStranger("under the other name", from(evil, renamed), "victim")
}

// TestDeviceEndsWithThePassword, so that somebody who knew the old one has no
// more guesses than any stranger; and with the name, and with the user.
func TestDeviceEndsWithThePassword(t *testing.T) {
	s := open(t, throttle.Options{})
	cookie := s.login(from(home), "victim")
	s.exhaust("victim")
	user := auth.User{ID: "7", Username: "victim", Password: "old"}
	w := httptest.NewRecorder()
	s.Limiter.MakeKnown(w.Header(), from(home, cookie), auth.Attempt{Username: "victim", User: user})
	cookie = w.Result().Cookies()[0]
	changed, renamed, other, none := user, user, user, auth.User{}
	changed.Password, renamed.Username, other.ID = "new", "winner", "8"
	s.exhaust("winner")
	for name, a := range map[string]auth.Attempt{
		"another password": {Username: "victim", User: changed}, "another name": {Username: "winner", User: renamed},
		"a namesake": {Username: "victim", User: other}, "nobody": {Username: "victim", User: none},
		"a name alone": {Username: "victim"},
	} {
		var limited *session.RetryError
		if err := s.Limiter.Check(from(evil, cookie), a); !errors.As(err, &limited) || throttle.BucketOf(limited) != throttle.BucketAccount {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Limiter.Check(from(home, cookie), auth.Attempt{Username: "victim", User: user}); err != nil {
		t.Errorf("the user's own: %v", err)
	}
	w = httptest.NewRecorder()
	s.Limiter.MakeKnown(w.Header(), from(home, cookie), auth.Attempt{Username: "victim", User: changed})
	if err := s.Limiter.Check(from(home, w.Result().Cookies()...), auth.Attempt{Username: "victim", User: changed}); err != nil {
		t.Errorf("known again: %v", err)
	}
}

// TestDeviceIsKnownByAnyName that its user types: one who logs in by an address, and has reset
// the password, for which the username stands, is not a stranger.
func TestDeviceIsKnownByAnyName(t *testing.T) {
	s := open(t, throttle.Options{})
	user := auth.User{ID: "7", Username: "ann", Password: "new", Email: "ann@example.com"}
	s.exhaust(user.Email)
	s.exhaust("ANN")
	w := httptest.NewRecorder()
	s.Limiter.MakeKnown(w.Header(), from(home), auth.Attempt{Username: user.Username, User: user})
	for _, typed := range []string{user.Email, "ANN"} {
		err := s.Limiter.Check(from(home, w.Result().Cookies()...), auth.Attempt{Username: typed, User: user})
		if err != nil {
			t.Errorf("%s: %v", typed, err)
		}
	}
}

// TestNobodyIsKnown: a name that belongs to nobody makes no device known, since any
// later user could have it.
func TestNobodyIsKnown(t *testing.T) {
	s := open(t, throttle.Options{})
	w := httptest.NewRecorder()
	s.Limiter.MakeKnown(w.Header(), from(home), auth.Attempt{Username: "nobody"})
	if cookies := w.Result().Cookies(); len(cookies) > 0 {
		t.Errorf("cookies %v", cookies)
	}
}

// TestDevicesOfTheOldFormatAreStrangers: their cookies were bound to names.
func TestDevicesOfTheOldFormatAreStrangers(t *testing.T) {
	s := open(t, throttle.Options{})
	s.exhaust("victim")
	mac := signing.SaltedHMAC("jamsession.auth.throttle.fingerprint", keys.Current(), []byte("login\x00victim"))
	value := signing.AppendBase62(nil, s.now.Unix())
	value = append(value, ".ABCDEFGHIJKLMNOPQRSTUVWXYZ."+base64.RawURLEncoding.EncodeToString(mac[:16])...)
	signed := signing.NewOfOne("jamsession.auth.throttle.device", keys.Current()).Sign(string(value))
	former := &http.Cookie{Name: "__Host-jamsession_device", Value: signed}
	s.isStranger("of the former kind", from(home, former), "victim")
	cookie := s.login(from(home, former), "ann") // and does not prevent a new one
	s.exhaust("ann")
	s.wantPass(from(home, cookie), "ann")
}

// TestKnownDevicesShareASource: however many of them somebody has collected,
// the attempts from one address are as many as strangers have from there. What
// the address is refused costs a device nothing, and what a device is refused
// costs its neighbours nothing.
func TestKnownDevicesShareASource(t *testing.T) {
	s := open(t, throttle.Options{})
	var collected []*http.Cookie
	for i := range 300 {
		collected = append(collected, s.login(from(fmt.Sprintf("203.0.%d.%d:1", i/250, i%250)), "victim"))
	}
	for range 10 {
		s.wantPass(from(evil, collected[0]), "victim")
	}
	for range 100 {
		s.wantLimited(from(evil, collected[0]), "victim", throttle.BucketDevice, 5*time.Minute)
	}
	passed := 10
	for range 10 {
		for _, cookie := range collected[1:] {
			if s.Check(from(evil, cookie), "victim") == nil {
				passed++
			}
		}
	}
	if passed != 50 {
		t.Errorf("%d attempts passed, want 50", passed)
	}
	s.wantLimited(from(evil, collected[299]), "victim", throttle.BucketDeviceSource, 2*time.Second)
	for range 10 {
		s.wantPass(from(home, collected[299]), "victim")
	}
	s.wantLimited(from(home, collected[299]), "victim", throttle.BucketDevice, 5*time.Minute)
	for i := range 50 { // strangers have their own
		s.wantPass(from(evil), fmt.Sprint("user", i))
	}
	s.wantLimited(from(evil), "user", throttle.BucketSource, 2*time.Second)
}

// TestAttackersLoginsBuyNothing: a login to an account of one's own, with a
// copied cookie or without, makes no device known to the victim.
func TestAttackersLoginsBuyNothing(t *testing.T) {
	s := open(t, throttle.Options{})
	s.login(from(home), "victim")
	cookie := s.login(from(evil), "attacker")
	cookie = s.login(from(evil, cookie), "attacker")
	s.exhaust("victim")
	s.isStranger("after two logins", from(evil, cookie), "victim")
}

// TestDeviceIsKnownToOneUserOnly: a backend may tell users apart by the case of
// their names, so that a device of ANN is not one of ann. If both use one
// device, each has attempts of their own.
func TestDeviceIsKnownToOneUserOnly(t *testing.T) {
	s := open(t, throttle.Options{})
	cookie := s.login(from(evil), "ANN")
	s.exhaust("ann")
	s.isStranger("a namesake's", from(evil, cookie), "ann")
	s.isStranger("a namesake's", from(evil, cookie), "Ann")
	s.wantPass(from(evil, cookie), "ANN")

	s.now = s.now.Add(time.Hour)
	shared := s.login(from(home, cookie), "ann")
	for range 10 {
		s.wantPass(from(home, shared), "ann")
	}
	s.login(from(home, shared), "ANN")
	s.wantLimited(from(home, shared), "ann", throttle.BucketDevice, 5*time.Minute)
}

// TestDeviceIsKnownToNoneOfAThousand: that a device is taken for that of another
// user is as unlikely as a guess at 128 bits.
func TestDeviceIsKnownToNoneOfAThousand(t *testing.T) {
	s := open(t, throttle.Options{PerSource: throttle.Limit{Burst: 100_000, Every: time.Second}})
	cookie := s.login(from(evil), "attacker")
	for i := range 1000 {
		victim := fmt.Sprint("victim", i)
		s.exhaust(victim)
		s.isStranger(victim, from(evil, cookie), victim)
	}
}

// TestEveryByteOfAFingerprintCounts: a signed cookie with a fingerprint that is
// nearly the user's is a stranger's.
func TestEveryByteOfAFingerprintCounts(t *testing.T) {
	s := open(t, throttle.Options{PerSource: throttle.Limit{Burst: 1000, Every: time.Second}})
	cookie := s.login(from(home), "victim")
	s.exhaust("victim")
	signer := signing.New("jamsession.auth.throttle.device", keys)
	value, err := signer.Unsign(cookie.Value)
	if err != nil {
		t.Fatal(err)
	}
	for i := strings.LastIndexByte(value, '.') + 1; i < len(value); i++ {
		c := byte('A')
		if value[i] == c {
			c = 'B'
		}
		near := &http.Cookie{Name: cookie.Name, Value: signer.Sign(value[:i] + string(c) + value[i+1:])}
		s.isStranger("nearly known", from(home, near), "victim")
	}
	s.wantPass(from(home, cookie), "victim")
}

// TestDeviceOfAFamily: five accounts are known on one device, the last ones,
// each with attempts of its own.
func TestDeviceOfAFamily(t *testing.T) {
	s := open(t, throttle.Options{})
	names := []string{"a", "b", "c", "d", "e", "f"}
	var cookies []*http.Cookie
	for _, name := range names {
		cookies = []*http.Cookie{s.login(from(home, cookies...), name)}
	}
	for _, name := range names {
		s.exhaust(name)
	}
	s.isStranger("the first of six", from(home, cookies...), "a")
	for _, name := range names[1:] {
		for range 10 {
			s.wantPass(from(home, cookies...), name)
		}
		s.wantLimited(from(home, cookies...), name, throttle.BucketDevice, 5*time.Minute)
	}
}

func TestDeviceCookie(t *testing.T) {
	for _, c := range []struct {
		url     string
		options cookie.Options
		name    string
		secure  bool
	}{
		{"https://example.com/", cookie.Options{}, "__Host-jamsession_device", true},
		{"http://example.com/", cookie.Options{}, "__Host-jamsession_device", true}, // a proxy ends TLS
		{"http://localhost:8000/", cookie.Options{}, "jamsession_device", false},
		{"http://localhost:8000/", cookie.Options{Secure: cookie.SecureAlways}, "__Host-jamsession_device", true},
		{"http://example.com/", cookie.Options{Secure: cookie.SecureNeverUnsafe}, "jamsession_device", false},
		{"https://example.com/", cookie.Options{Domain: "example.com"}, "__Secure-jamsession_device", true},
		{"https://example.com/", cookie.Options{Name: "known"}, "known", true},
	} {
		s := open(t, throttle.Options{Cookie: c.options})
		r := httptest.NewRequest("POST", c.url, nil)
		w := httptest.NewRecorder()
		s.Succeeded(w.Header(), r, "john_doe")
		sent := w.Result().Cookies()[0]
		if sent.Name != c.name || sent.Secure != c.secure {
			t.Errorf("%s: %v", c.url, sent)
		}
		if !sent.HttpOnly || sent.SameSite != http.SameSiteLaxMode || sent.Path != "/" ||
			sent.Domain != c.options.Domain || sent.MaxAge != 365*24*60*60 || len(sent.Value) > 300 {
			t.Errorf("%s: %v", c.url, sent)
		}
		if h := w.Header(); h.Get("Vary") != "Cookie" || h.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s: caches may keep the cookie: %v", c.url, h)
		}
		s.exhaust("john_doe")
		r.AddCookie(sent)
		s.wantPass(r, "john_doe")
	}
}

// TestSitesOnOneHostHaveDevicesOfTheirOwn: on other ports or paths, which share
// a browser's cookies.
func TestSitesOnOneHostHaveDevicesOfTheirOwn(t *testing.T) {
	for want, o := range map[string]throttle.Options{
		"__Host-jamsession_device": {},
		"__Host-shop_device":       {Site: "shop"},
		"__Secure-shop_device":     {Site: "shop", Cookie: cookie.Options{Path: "/shop"}},
		"own":                      {Site: "shop", Cookie: cookie.Options{Name: "own"}},
	} {
		s := open(t, o)
		device := s.login(from(home), "ann")
		s.exhaust("ann")
		if s.wantPass(from(home, device), "ann"); device.Name != want {
			t.Errorf("%s, want %s", device.Name, want)
		}
	}
}

// TestRequestByHeaderGetsNoDevice, and one that it sends is not believed.
func TestRequestByHeaderGetsNoDevice(t *testing.T) {
	s := open(t, throttle.Options{})
	device := s.login(from(home), "john_doe")
	s.exhaust("john_doe")
	sessions := noerror.In(session.New(memstore.New(), &session.Options{Transport: session.Bearer(nil)}))
	r, w := from(home, device), httptest.NewRecorder()
	r.Header.Set("Authorization", "Bearer")
	sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.isStranger("by header", r, "john_doe")
		s.Succeeded(w.Header(), r, "john_doe")
	})).ServeHTTP(w, r)
	if w.Header()["Set-Cookie"] != nil {
		t.Errorf("%v", w.Header())
	}
}

// TestDeviceIsKnownForAYear after its last login.
func TestDeviceIsKnownForAYear(t *testing.T) {
	s := open(t, throttle.Options{})
	first := s.login(from(home), "john_doe")
	s.now = s.now.AddDate(0, 6, 0)
	second := s.login(from(home, first), "john_doe")
	s.now = s.now.AddDate(0, 7, 0)
	s.exhaust("john_doe")
	s.isStranger("13 months old", from(home, first), "john_doe")
	s.wantPass(from(home, second), "john_doe")
}

// TestOlderKeysKeepDevicesKnown when the key is changed, until they log in
// again and have a cookie of the new one.
func TestOlderKeysKeepDevicesKnown(t *testing.T) {
	before := openKeys(t, secrettest.Keys(oldSecret), throttle.Options{})
	cookie := before.login(from(home), "jane")
	cookie = before.login(from(home, cookie), "john_doe")
	s := openKeys(t, secrettest.Keys(siteKey, oldSecret), throttle.Options{})
	s.exhaust("john_doe")
	s.exhaust("jane")
	s.wantPass(from(home, cookie), "john_doe")
	s.wantPass(from(home, cookie), "jane")
	renewed := s.login(from(home, cookie), "john_doe")
	s.wantPass(from(home, renewed), "john_doe")
	if n := strings.Count(renewed.Value, "."); n != 2 {
		t.Errorf("the renewed cookie has %d accounts, want the one whose name is known", n-1)
	}

	after := open(t, throttle.Options{})
	after.exhaust("john_doe")
	after.isStranger("of the old secret", from(home, cookie), "john_doe")
	after.wantPass(from(home, renewed), "john_doe")
}
