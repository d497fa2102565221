package auth_test

import (
	"net/http"
	"testing"

	"github.com/jamsession/jamsession/session"
)

// TestEveryDigitOfTheHashCounts: a session is anonymous if one of the 64
// digits of its hash differs, or the last ones are missing.
func TestEveryDigitOfTheHashCounts(t *testing.T) {
	const item = session.Item[string]("_auth_user_hash")
	s := newSite(t, nil)
	key := s.login(t, alice())
	var good string
	s.do(func(_ http.ResponseWriter, r *http.Request) { good = item.Get(session.From(r), "") }, key)
	if len(good) != 64 || s.whoami(t, key) != "alice" {
		t.Fatalf("a hash of %d digits", len(good))
	}
	forged := []string{"", good[:8], good[:32], good[:63], good + "0"}
	for i := range good {
		other := byte('0')
		if good[i] == other {
			other = '1'
		}
		forged = append(forged, good[:i]+string(other)+good[i+1:])
	}
	for i, hash := range forged {
		key := s.login(t, alice())
		s.do(func(_ http.ResponseWriter, r *http.Request) { item.Set(session.From(r), hash) }, key)
		if name := s.whoami(t, key); name != "AnonymousUser" {
			t.Errorf("forgery %d: %s", i, name)
		}
	}
}
