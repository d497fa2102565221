package auth_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
)

// TestMessagesOutliveTheLogin: what ends a user's sessions has something to say to the
// visitor, and the session in which it waits is one of those that end.
func TestMessagesOutliveTheLogin(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, s *site, r *http.Request){
		"another password": func(_ *testing.T, s *site, _ *http.Request) {
			s.users.change("1", func(u *auth.User) { u.Password = "meter$1$other" })
		},
		"a floor": func(_ *testing.T, s *site, _ *http.Request) {
			s.users.change("1", func(u *auth.User) { u.LoginFloor = time.Now().Add(time.Minute) })
		},
		"inactive": func(_ *testing.T, s *site, _ *http.Request) {
			s.users.change("1", func(u *auth.User) { u.IsActive = false })
		},
	} {
		s := newSite(t, nil)
		notices := noerror.In(messages.New(keys, &messages.Options{Storage: messages.StorageSession}))
		send := func(key string, page http.HandlerFunc) *http.Response {
			return s.send(notices.Handler(page).ServeHTTP, key, httptest.NewRequest("GET", "/", nil))
		}
		key := s.login(t, alice())
		send(key, func(_ http.ResponseWriter, r *http.Request) {
			end(t, s, r)
			messages.Success(r, "it is done")
		})
		resp := send(key, s.auth.RequireLogin(http.HandlerFunc(hello)).ServeHTTP) // shows nothing
		if resp.StatusCode != http.StatusFound {
			t.Errorf("%s: the login goes on: %s", name, resp.Status)
		}
		key, old := sessionKey(t, resp), key
		var shown []messages.Message
		send(key, func(_ http.ResponseWriter, r *http.Request) {
			if auth.From(r).IsAuthenticated() {
				t.Errorf("%s: the new session is a login", name)
			}
			shown = messages.Take(r)
		})
		if len(shown) != 1 || shown[0].Text != "it is done" {
			t.Errorf("%s: shown are %v", name, shown)
		}
		send(old, func(_ http.ResponseWriter, r *http.Request) {
			if left := messages.Take(r); len(left) > 0 || auth.From(r).IsAuthenticated() {
				t.Errorf("%s: the old key still opens something: %v", name, left)
			}
		})
	}
}

// TestEndedSessionWithoutMessagesLeavesNothing behind, nor does one whose messages are shown
// by the page that finds it ended.
func TestEndedSessionWithoutMessagesLeavesNothing(t *testing.T) {
	s := newSite(t, nil)
	notices := noerror.In(messages.New(keys, &messages.Options{Storage: messages.StorageSession}))
	for _, text := range []string{"", "it is done"} {
		key := s.login(t, alice())
		s.send(notices.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			messages.Success(r, text)
		})).ServeHTTP, key, httptest.NewRequest("GET", "/", nil))
		s.users.change("1", func(u *auth.User) { u.Password += "x" })
		shown := 0
		s.send(notices.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_ = auth.From(r)
			shown = len(messages.Take(r))
		})).ServeHTTP, key, httptest.NewRequest("GET", "/", nil))
		if left := s.keys(t); len(left) > 0 || (shown == 1) != (text != "") {
			t.Errorf("%q: shown %d, left %d sessions", text, shown, len(left))
		}
		s.users.change("1", func(u *auth.User) { u.Password = alice().Password })
	}
}

// TestMessageOfAHandlerThatEndsItsOwnSession: the record is deleted before the handler has
// said what it has done.
func TestMessageOfAHandlerThatEndsItsOwnSession(t *testing.T) {
	s := newSite(t, nil)
	notices := noerror.In(messages.New(keys, &messages.Options{Storage: messages.StorageSession}))
	key, other := s.login(t, alice()), s.login(t, alice())
	resp := s.send(notices.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if n, err := s.auth.EndSessions(r.Context(), s.sessions, auth.From(r)); n != 2 || err != nil {
			t.Errorf("ended %d: %v", n, err)
		}
		if auth.From(r).IsAuthenticated() {
			t.Error("the visitor is still logged in")
		}
		messages.Success(r, "logged out everywhere")
	})).ServeHTTP, key, httptest.NewRequest("GET", "/", nil))
	if resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status)
	}
	var shown []messages.Message
	s.send(notices.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		shown = messages.Take(r)
	})).ServeHTTP, sessionKey(t, resp), httptest.NewRequest("GET", "/", nil))
	if len(shown) != 1 || s.whoami(t, other) != "AnonymousUser" {
		t.Errorf("shown are %v", shown)
	}
}

// TestRequestsThatFindASessionEndedTogether: one of them takes the messages along, and none
// fails for them.
func TestRequestsThatFindASessionEndedTogether(t *testing.T) {
	notices := noerror.In(messages.New(keys, &messages.Options{Storage: messages.StorageSession}))
	for range 20 {
		s := newSite(t, nil)
		key := s.login(t, alice())
		s.send(notices.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			messages.Success(r, "it is done")
		})).ServeHTTP, key, httptest.NewRequest("GET", "/", nil))
		s.users.change("1", func(u *auth.User) { u.Password += "x" })
		var loaded, sent sync.WaitGroup
		loaded.Add(4)
		statuses := make([]int, 4)
		for i := range statuses {
			sent.Go(func() {
				statuses[i] = s.send(func(w http.ResponseWriter, r *http.Request) {
					_ = session.From(r).Has("_auth_user_id")
					loaded.Done()
					loaded.Wait()
					s.auth.RequireLogin(http.HandlerFunc(hello)).ServeHTTP(w, r)
				}, key, httptest.NewRequest("GET", "/", nil)).StatusCode
			})
		}
		sent.Wait()
		for _, status := range statuses {
			if status != http.StatusFound {
				t.Fatalf("statuses %v", statuses)
			}
		}
		if left := s.keys(t); len(left) != 1 || left[0] == key {
			t.Fatalf("%d sessions are left", len(left))
		}
	}
}
