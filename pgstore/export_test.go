package pgstore

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// Table returns the store to which a store leaves what it does not do.
func Table(s session.Store) session.Store { return s.(*store).table }

// CheckEvery has a Push ask so often whether its connection still lives, and wait for so long.
func CheckEvery(p *Push, often, answer time.Duration) { p.check, p.answer = often, answer }

// Alone runs fn with a store that can leave nothing to the table.
func Alone(s session.Store, fn func()) {
	table := s.(*store).table
	s.(*store).table = nil
	fn()
	s.(*store).table = table
}

// Open makes the table in the database of a pool, and opens it.
func Open(t testing.TB, pool *pgxpool.Pool) session.Store {
	t.Helper()
	db := stdlib.OpenDBFromPool(pool)
	if _, err := sqlstore.Migrate(t.Context(), django.Database{DB: db, Dialect: django.PostgreSQL}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	store, err := New(t.Context(), pool, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}
