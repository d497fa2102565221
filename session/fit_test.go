package session_test

import (
	"strings"
	"testing"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/cookiestore"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/internal/silentdb"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// textStore is a store that says nothing of bytes.
type textStore struct{ session.Store }

// coded is a store that was given a codec.
type coded struct {
	session.Store
	codec session.Codec
}

func (s coded) Codec() session.Codec { return s.codec }
func (s coded) KeepsBytes() bool     { return true }

// TestPairsThatCannotWorkAreRefused when the manager is made, and not at the first
// visitor: a codec that makes bytes beside a store that keeps text, a codec beside
// a store that was given another, and one beside a store that signs its records
// itself.
func TestPairsThatCannotWorkAreRefused(t *testing.T) {
	keys := secrettest.Keys("a secret")
	signed, pickled := noerror.In(django.Signed(keys)), django.Pickled()
	site := django.Database{DB: silentdb.Open(t).DB}
	if _, err := sqlstore.Migrate(t.Context(), site); err != nil {
		t.Fatal(err)
	}
	table := noerror.In(sqlstore.New(t.Context(), site, nil))
	t.Cleanup(func() { _ = table.Close() })
	cached := func(db session.Store) session.Store {
		return noerror.In(cachedstore.New(db, noerror.In(memstore.NewCache(10)), nil))
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
		{"pickled in memory", memstore.New(), pickled, true},
		{"pickled in a store that does not say", textStore{memstore.New()}, pickled, false},
		{"pickled in a table behind a cache", cached(table), pickled, false},
		{"pickled in memory behind a cache", cached(memstore.New()), pickled, true},
		{"pickled in a store that was told so", coded{memstore.New(), pickled}, pickled, true},
		{"signed in a store that was told of pickles", coded{memstore.New(), pickled}, signed, false},
		{"plain in a store that was told of signatures", coded{memstore.New(), signed}, nil, false},
		{"other keys", coded{memstore.New(), signed}, noerror.In(django.Signed(secrettest.Keys("another secret"))), true},
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
