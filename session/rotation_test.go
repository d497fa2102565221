package session_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/jamsession/jamsession/session"
)

// TestRotationIsOneWrite: a login moves the record and saves what it set in one
// step of the store, and asks for nothing else but the load.
func TestRotationIsOneWrite(t *testing.T) {
	_, m, store := load(t, `{"cart":[1]}`)
	before := len(store.calls())
	resp := request(m, validKey, func(_ http.ResponseWriter, r *http.Request) {
		s := session.From(r)
		s.CycleKey()
		s.Set("user", 1)
	})
	if key := keyOf(resp); key == "" || key == validKey {
		t.Fatalf("the cookie is %q, want a new key", key)
	}
	if calls := store.calls()[before:]; !slices.Equal(calls, []string{"Load", "Save"}) {
		t.Errorf("the store was asked %q, want one load and one save", calls)
	}
}
