package session_test

import (
	"strings"
	"testing"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/cookiestore"
	"github.com/jamsession/jamsession/django"
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
	signed, pickled := django.Signed(keys), django.Pickled()
	table := new(sqlstore.Store)
	cached := func(db session.Store) session.Store { return cachedstore.New(db, memstore.NewCache(10), nil) }
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
		{"pickled in memory", memstore.New(), pickled, true},
		{"pickled in a store that does not say", textStore{memstore.New()}, pickled, false},
		{"pickled in a table behind a cache", cached(table), pickled, false},
		{"pickled in memory behind a cache", cached(memstore.New()), pickled, true},
		{"pickled in a store that was told so", coded{memstore.New(), pickled}, pickled, true},
		{"signed in a store that was told of pickles", coded{memstore.New(), pickled}, signed, false},
		{"plain in a store that was told of signatures", coded{memstore.New(), signed}, nil, false},
		{"other keys", coded{memstore.New(), signed}, django.Signed(secrettest.Keys("another secret")), true},
		{"plain in the cookie", cookiestore.New(keys, nil), nil, true},
		{"signed in the cookie", cookiestore.New(keys, nil), signed, false},
		{"pickled in the cookie", cookiestore.New(keys, nil), pickled, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer func() {
				said, _ := recover().(string)
				if (said == "") != c.works || said != "" && !strings.Contains(said, "Options.Codec") {
					t.Errorf("New said %q", said)
				}
			}()
			session.New(c.store, &session.Options{Codec: c.codec})
		})
	}
}
