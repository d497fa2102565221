package session_test

import (
	"strings"
	"testing"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/cookiestore"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/pgstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// textStore is a store that says nothing of bytes.
type textStore struct{ session.Store }

// coded is a store that was given a codec.
type coded struct {
	*memstore.Store
	codec session.Codec
}

func (s coded) Codec() session.Codec { return s.codec }

// TestPairsThatCannotWorkAreRefused when the manager is made, and not at the first
// visitor: a codec that makes bytes beside a store that keeps text, a codec beside
// a store that was given another, and one beside a store that signs its records
// itself.
func TestPairsThatCannotWorkAreRefused(t *testing.T) {
	keys := secrettest.Keys("a secret")
	signed, pickled := noerror.In(django.Signed(keys)), django.Pickled()
	table := new(sqlstore.Store)
	cached := func(db session.Store) session.Store {
		return noerror.In(cachedstore.New(db, noerror.In(memstore.NewCache(&memstore.CacheOptions{Max: 10})), nil))
	}
	for _, c := range []struct {
		name  string
		store session.Store
		codec session.Codec
		works bool
	}{
		{"plain in a table", table, nil, true},
		{"signed in a table", table, signed, true},
		{"pickled in a table", table, pickled, false},
		{"pickled in a table by pgx", new(pgstore.Store), pickled, false},
		{"pickled in memory", new(memstore.Store), pickled, true},
		{"pickled in a store that does not say", textStore{new(memstore.Store)}, pickled, false},
		{"pickled in a table behind a cache", cached(table), pickled, false},
		{"pickled in memory behind a cache", cached(new(memstore.Store)), pickled, true},
		{"pickled in a store that was told so", coded{new(memstore.Store), pickled}, pickled, true},
		{"signed in a store that was told of pickles", coded{new(memstore.Store), pickled}, signed, false},
		{"plain in a store that was told of signatures", coded{new(memstore.Store), signed}, nil, false},
		{"other keys", coded{new(memstore.Store), signed}, noerror.In(django.Signed(secrettest.Keys("another secret"))), true},
		{"plain in the cookie", noerror.In(cookiestore.New(keys, nil)), nil, true},
		{"signed in the cookie", noerror.In(cookiestore.New(keys, nil)), signed, false},
		{"pickled in the cookie", noerror.In(cookiestore.New(keys, nil)), pickled, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := session.New(c.store, &session.Options{Codec: c.codec})
			if c.works != (m != nil) || c.works != (err == nil) ||
				err != nil && !strings.Contains(err.Error(), "Options.Codec") {
				t.Errorf("New: %v", err)
			}
		})
	}
}
