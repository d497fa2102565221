package capacity

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// backend is what Django calls the one that asks its own table of users.
const backend = "django.contrib.auth.backends.ModelBackend"

// logIn sets the three items that Django's login sets.
func logIn(s *session.Session, i int) {
	s.Set("_auth_user_id", strconv.Itoa(i))
	s.Set("_auth_user_backend", backend)
	n := int64(i)
	s.Set("_auth_user_hash", fmt.Sprintf("%016x%016x%016x%016x", mix(n), mix(n+1), mix(n+2), mix(n+3)))
}

// payloads returns what a codec makes of a few logins. Records have them over and over: only
// their length matters.
func payloads(ctx context.Context, codec session.Codec) ([][]byte, error) {
	store := memstore.New()
	manager := noerror.In(session.New(store, &session.Options{Codec: codec}))
	all := make([][]byte, 64)
	for i := range all {
		s, err := manager.ByKey(ctx, "")
		if err != nil {
			return nil, err
		}
		logIn(s, 1_000_000+i)
		if err := s.Save(ctx); err != nil {
			return nil, err
		}
		rec, err := store.Load(ctx, s.Key())
		if err != nil {
			return nil, err
		}
		all[i] = rec.Data
	}
	return all, nil
}

// A filling makes the records of n sessions.
type filling struct {
	n        int
	inOrder  bool // of their keys
	payloads [][]byte
	end      time.Time // when the first ends; each ends a microsecond after the one before
}

func (f filling) record(i int) session.Record {
	return session.Record{
		Key: f.key(i), Data: f.payloads[i%len(f.payloads)],
		Expiry: f.end.Add(time.Duration(i) * time.Microsecond),
	}
}

const (
	alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
	evenly   = 36 * 36 * 36 * 36 * 36 * 36 * 36
)

// key returns the key of session i, the same each time, so that nobody has to keep ten
// millions of them. In order the first characters rise with i.
func (f filling) key(i int) string {
	first := mix(int64(i)) % evenly
	if f.inOrder {
		first = uint64(i) * (evenly / uint64(f.n))
	}
	var key [32]byte
	for at := 6; at >= 0; at-- {
		key[at] = alphabet[first%36]
		first /= 36
	}
	rest := [2]uint64{mix(int64(i) + 1<<40), mix(int64(i) + 1<<41)}
	for at := 7; at < len(key); at++ {
		key[at] = alphabet[rest[at%2]%36]
		rest[at%2] /= 36
	}
	return string(key[:])
}

// any returns the key of some session.
func (f filling) any() string { return f.key(rand.IntN(f.n)) }

// mix is SplitMix64: each number leads to another that looks like chance.
func mix(i int64) uint64 {
	x := uint64(i)*0x9e3779b97f4a7c15 + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
