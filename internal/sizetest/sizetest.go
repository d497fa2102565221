// Package sizetest tries records that are too large for a store.
package sizetest

import (
	"errors"
	"testing"

	"github.com/jamsession/jamsession/session"
)

// Refuses tries to store what large holds in each way: in a new record, in rec, which the store
// has, and in rec under the key of large. Each must be refused with [session.ErrTooLarge].
func Refuses(t testing.TB, s session.Store, rec, large session.Record) {
	t.Helper()
	saved := rec
	saved.Data = large.Data
	for name, err := range map[string]error{
		"Create": s.Create(t.Context(), large),
		"Save":   s.Save(t.Context(), rec, saved),
		"rotate": s.Save(t.Context(), rec, large),
	} {
		if !errors.Is(err, session.ErrTooLarge) {
			t.Errorf("%s: %v, want ErrTooLarge", name, err)
		}
	}
}
