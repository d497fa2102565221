package scale

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/session"
)

// expiredOneIn is how many rows there are for each that has expired.
const expiredOneIn = 5

// payloads are what rows hold, over and over: what Django's codec makes of a
// login and a little more, about 300 bytes. Only their length matters.
var payloads = makePayloads(64)

func makePayloads(n int) [][]byte {
	codec := noerror.In(django.Signed(secrettest.Keys("a secret key of the benchmark that guards nothing")))
	all := make([][]byte, n)
	for i := range all {
		data, err := codec.Encode(fmt.Appendf(nil, `{"_auth_user_id":"%d","_auth_user_backend":%q,`+
			`"_auth_user_hash":"%064x","cart":[%d,%d,%d],"token":"%032x"}`,
			rand.IntN(1e6), backend, rand.Uint64(),
			rand.IntN(1e6), rand.IntN(1e6), rand.IntN(1e6), rand.Uint64()))
		if err != nil {
			panic(err)
		}
		all[i] = data
	}
	return all
}

// rows makes the rows of a table, one after the other.
type rows struct {
	n       int  // how many
	expired bool // some of them
	hotStep int  // one in this many of the living is hot
	hotMax  int

	now  time.Time
	i    int
	live int
	hot  []session.Record
}

// tableOf makes n rows, some of which are expired, and some of which are hot.
func tableOf(n, hot int) *rows {
	live := n - n/expiredOneIn
	return &rows{n: n, expired: true, hotStep: max(1, live/hot), hotMax: hot, now: time.Now()}
}

// smallTable makes n rows, all of which are hot.
func smallTable(n int) *rows { return &rows{n: n, hotStep: 1, hotMax: n, now: time.Now()} }

func (r *rows) next() (rec session.Record, ok bool) {
	if r.i == r.n {
		return rec, false
	}
	r.i++
	rec = session.Record{Key: newKey(), Data: payloads[rand.IntN(len(payloads))]}
	if r.expired && r.i%expiredOneIn == 0 {
		rec.Expiry = r.now.Add(-between(time.Second, 7*24*time.Hour))
		return rec, true
	}
	rec.Expiry = r.now.Add(between(24*time.Hour, 14*24*time.Hour))
	if r.live%r.hotStep == 0 && len(r.hot) < r.hotMax {
		r.hot = append(r.hot, rec)
	}
	r.live++
	return rec, true
}

// between returns a random length, as exact as databases keep it.
func between(least, most time.Duration) time.Duration {
	return (least + rand.N(most-least)).Truncate(time.Microsecond)
}

// newKey returns a key like Django's; it need not be secret.
func newKey() string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	var key [32]byte
	for i := 0; i < len(key); {
		for bits := rand.Uint64(); bits >= 36 && i < len(key); bits /= 36 {
			key[i] = alphabet[bits%36]
			i++
		}
	}
	return string(key[:])
}
