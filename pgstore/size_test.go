package pgstore_test

import (
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/internal/sizetest"
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
	other.Data = []byte(strings.Repeat("x", 1001))
	sizetest.Refuses(t, store, rec, other)
}
