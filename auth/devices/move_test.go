package devices_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// TestRowKeepsTheNewerKey: a request that has loaded the session under the key before does not
// give the row that key back, by which nobody would find the session to end it.
func TestRowKeepsTheNewerKey(t *testing.T) {
	forEachAllauth(t, func(t *testing.T, s *site) {
		b, id := s.login(t, "alice")
		late := b.copy()
		s.do = func(r *http.Request) {
			if _, err := session.Load(r); err != nil {
				t.Error(err)
			}
			b.get("/rotate")
			auth.From(r)
		}
		late.get("/do")
		if key := s.keyOf(t, id); key != b.jar["sessionid"] {
			t.Errorf("the row has the key %s, the session %s", key, b.jar["sessionid"])
		}
		b.is(t, "alice")
	})
}

// TestMovesOfARowMeet: a second request has given the session another key, and its row, before
// the first one has written its own.
func TestMovesOfARowMeet(t *testing.T) {
	store := &stuckStore{Store: memstore.New()}
	s := newSite(t, func(testing.TB, django.Database) session.Store { return store }, devices.Options{AllAuth: true})
	b, id := s.login(t, "alice")
	second := s.browser(t)
	store.savedAs = func(key string) {
		second.jar["sessionid"] = key
		second.get("/rotate")
	}
	b.get("/rotate")
	if key := s.keyOf(t, id); key != second.jar["sessionid"] || key == b.jar["sessionid"] {
		t.Errorf("the row has the key %s, the session %s", key, second.jar["sessionid"])
	}
	second.is(t, "alice")
}

// TestKeyThatTheRowDoesNotGet is not the visitor's: the login could not be ended at Django.
func TestKeyThatTheRowDoesNotGet(t *testing.T) {
	for _, path := range []string{"/login/alice", "/rotate"} {
		store := &stuckStore{Store: memstore.New()}
		s := newSite(t, func(testing.TB, django.Database) session.Store { return store }, devices.Options{AllAuth: true})
		b := s.browser(t)
		if path == "/rotate" {
			b, _ = s.login(t, "alice")
		}
		store.savedAs = func(string) { s.exec(t, "ALTER TABLE usersessions_usersession RENAME TO away") }
		b.get(path)
		s.exec(t, "ALTER TABLE away RENAME TO usersessions_usersession")
		if _, err := s.store.Load(t.Context(), b.jar["sessionid"]); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("%s: the session is left for Django: %v", path, err)
		}
		b.is(t, "")
	}
}

// TestLimitEndsSessionsFirst: Django would make another row for a session that lives, and bring
// the login back.
func TestLimitEndsSessionsFirst(t *testing.T) {
	store := &stuckStore{Store: memstore.New()}
	s := newSite(t, func(testing.TB, django.Database) session.Store { return store },
		devices.Options{AllAuth: true, Max: 1})
	first, id := s.login(t, "alice")
	store.stuck.Store(true)
	second := s.browser(t)
	if text := second.get("/login/alice"); second.Code != http.StatusServiceUnavailable {
		t.Errorf("%d: %s", second.Code, text)
	}
	if key := s.keyOf(t, id); key != first.jar["sessionid"] {
		t.Errorf("the row has the key %s", key)
	}
	store.stuck.Store(false)
	events := len(s.events)
	if text := second.get("/login/alice"); text != "alice" {
		t.Errorf("%d: %s", second.Code, text)
	}
	want := []devices.EventKind{devices.EventEnded, devices.EventLimited, devices.EventStarted}
	for i, e := range s.events[events:] {
		if i >= len(want) || e.Kind != want[i] {
			t.Errorf("%+v", s.events[events:])
		}
	}
	if _, err := s.store.Load(t.Context(), first.jar["sessionid"]); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("the session is left for Django: %v", err)
	}
	first.is(t, "")
	second.is(t, "alice")
}
