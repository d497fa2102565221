package pgstore_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/session"
)

// TestTooLargeForTheColumnIsTooLarge.
func TestTooLargeForTheColumnIsTooLarge(t *testing.T) {
	store, pool := open(t, servertest.Postgres(t))
	if _, err := pool.Exec(t.Context(), "ALTER TABLE django_session ALTER session_data TYPE varchar(1000)"); err != nil {
		t.Fatal(err)
	}
	pool.Reset()
	rec, other := record(1), record(2)
	create(t, store, rec)
	large := rec
	large.Data = []byte(strings.Repeat("x", 1001))
	other.Data = large.Data
	for name, err := range map[string]error{
		"Create": store.Create(t.Context(), other),
		"Save":   store.Save(t.Context(), rec, large),
		"rotate": store.Save(t.Context(), rec, other),
	} {
		if !errors.Is(err, session.ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
