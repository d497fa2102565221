package auth_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// TestTwoPostsOfOneLoginForm: a double click. Both requests have loaded the anonymous
// session before either has logged in; both succeed, and whichever answer the browser
// keeps, the cart is there.
func TestTwoPostsOfOneLoginForm(t *testing.T) {
	const cart = session.Item[int]("cart")
	for range 60 {
		s := newSite(t, nil)
		anonymous := sessionKey(t, s.do(func(_ http.ResponseWriter, r *http.Request) { cart.Set(session.From(r), 3) }, ""))
		var ready, done sync.WaitGroup
		ready.Add(2)
		answers := make([]*http.Response, 2)
		for i := range answers {
			done.Go(func() {
				answers[i] = s.do(func(_ http.ResponseWriter, r *http.Request) {
					if err := s.auth.Login(r, alice()); err != nil {
						t.Error(err)
					}
					s.auth.StayLoggedIn(r, true)
					ready.Done()
					ready.Wait()
				}, anonymous)
			})
		}
		done.Wait()
		for _, resp := range answers {
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("%s", resp.Status)
			}
			s.do(func(_ http.ResponseWriter, r *http.Request) {
				if n := cart.Get(session.From(r), 0); n != 3 || auth.From(r).Username != "alice" {
					t.Errorf("%q with a cart of %d", auth.From(r).Username, n)
				}
			}, sessionKey(t, resp))
		}
		if slices.Contains(s.keys(t), anonymous) {
			t.Error("the key from before the login opens a session")
		}
	}
}

// TestLoginStartsAnewFromAnonymousItemsOnly: what a user's session held does not come back
// by a login that meets its logout.
func TestLoginStartsAnewFromAnonymousItemsOnly(t *testing.T) {
	for name, before := range map[string]func(s *session.Session){
		"as it was": func(*session.Session) {},
		"cleared of the login": func(s *session.Session) {
			s.Delete("_auth_user_id", "_auth_user_backend", "_auth_user_hash")
		},
	} {
		s := newSite(t, nil)
		key := s.login(t, alice())
		s.do(func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("letter", "private") }, key)
		resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
			before(session.From(r))
			if err := s.auth.Login(r, alice()); err != nil {
				t.Error(err)
			}
			s.do(func(_ http.ResponseWriter, r *http.Request) { s.auth.Logout(r) }, key)
		}, key)
		if keys := s.keys(t); len(keys) != 0 || resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s, %d sessions after the logout", name, resp.Status, len(keys))
		}
	}
}

// TestSessionOfAnOldPasswordLeavesTheNextLoginAlone: a request with the old session finds
// it ended, and is answered after the next login.
func TestSessionOfAnOldPasswordLeavesTheNextLoginAlone(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile bool
		cookie    bool
	}{
		"alone":                       {false, true}, // this request ended it
		"ended by another meanwhile":  {true, false},
		"ended by another beforehand": {true, false},
	} {
		s := newSite(t, nil)
		key := s.login(t, alice())
		s.users.change("1", func(u *auth.User) { u.Password = "meter$1$new" })
		look := func(_ http.ResponseWriter, r *http.Request) {
			if auth.From(r).IsAuthenticated() {
				t.Errorf("%s: logged in with the old password", name)
			}
		}
		if strings.HasSuffix(name, "beforehand") {
			s.do(look, key)
		}
		resp := s.do(func(w http.ResponseWriter, r *http.Request) {
			noerror.In(session.Load(r))
			if strings.HasSuffix(name, "meanwhile") {
				s.do(look, key)
			}
			look(w, r)
		}, key)
		if resp.StatusCode != http.StatusOK || (resp.Header["Set-Cookie"] != nil) != c.cookie {
			t.Errorf("%s: %s, %q", name, resp.Status, resp.Header["Set-Cookie"])
		}
	}
}

// TestTwoLoginsInPlaceOfAnotherUser: both requests of the form have loaded the session of
// another user, or of an older password, and two processes serve them. Nobody has asked
// for a logout, so the second succeeds although the first has ended that session.
func TestTwoLoginsInPlaceOfAnotherUser(t *testing.T) {
	for name, before := range map[string]auth.User{
		"another user":    bob(),
		"an old password": {ID: "1", Username: "alice", Password: "meter$1$old", IsActive: true},
	} {
		s := newSite(t, nil)
		key := s.login(t, before)
		s.do(func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("letter", "private") }, key)
		second := *s
		second.sessions = noerror.In(session.New(s.store, nil))
		login := func(_ http.ResponseWriter, r *http.Request) {
			if err := s.auth.Login(r, alice()); err != nil {
				t.Error(err)
			}
		}
		var first *http.Response
		resp := second.do(func(w http.ResponseWriter, r *http.Request) {
			login(w, r)
			first = s.do(login, key)
		}, key)
		for _, resp := range []*http.Response{first, resp} {
			if resp.StatusCode != http.StatusOK {
				t.Errorf("%s: %s, %q", name, resp.Status, resp.Header["Set-Cookie"])
				continue
			}
			s.do(func(_ http.ResponseWriter, r *http.Request) {
				if auth.From(r).Username != "alice" || session.From(r).Has("letter") {
					t.Errorf("%s: %q", name, auth.From(r).Username)
				}
			}, sessionKey(t, resp))
		}
	}
}

// TestSessionsEndedDuringALoginStayEnded, although the login is saved once more.
func TestSessionsEndedDuringALoginStayEnded(t *testing.T) {
	s := newSite(t, nil)
	anonymous := sessionKey(t, s.do(func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("cart", 3) }, ""))
	resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
		if err := s.auth.Login(r, alice()); err != nil {
			t.Error(err)
		}
		visitor := session.From(r)
		if err := visitor.Save(r.Context()); err != nil {
			t.Error(err)
		}
		if err := s.sessions.Delete(r.Context(), visitor.Key()); err != nil {
			t.Error(err)
		}
		visitor.CycleKey()
	}, anonymous)
	if keys := s.keys(t); len(keys) != 0 || resp.StatusCode != http.StatusBadRequest {
		t.Errorf("%s, %d sessions", resp.Status, len(keys))
	}
}

// TestLateRequestWithAnOldPassword: it has loaded the session before the password was
// changed in it, and finds out afterwards that it knows the old one only. It does not
// replace the cookie of the session that has moved, and does not say that this has ended.
func TestLateRequestWithAnOldPassword(t *testing.T) {
	for name, work := range map[string]func(s *site, r *http.Request){
		"writes": func(_ *site, r *http.Request) { session.From(r).Set("seen", 1) },
		"logout": func(s *site, r *http.Request) { s.auth.Logout(r) },
	} {
		s := newSite(t, nil)
		key := s.login(t, alice())
		resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
			noerror.In(session.Load(r))
			changed := s.do(func(_ http.ResponseWriter, r *http.Request) {
				auth.From(r)
				s.users.change("1", func(u *auth.User) { u.Password = "meter$1$new" })
				if err := s.auth.UpdateSessionAuthHash(r, s.users.row("1")); err != nil {
					t.Error(err)
				}
			}, key)
			if sessionKey(t, changed) == key {
				t.Errorf("%s: the key has not changed", name)
			}
			if auth.From(r).IsAuthenticated() {
				t.Errorf("%s: logged in with the old password", name)
			}
			work(s, r)
		}, key)
		if resp.StatusCode != http.StatusBadRequest || len(s.keys(t)) != 1 {
			t.Errorf("%s: %s, %d sessions", name, resp.Status, len(s.keys(t)))
		}
		for _, line := range resp.Header["Set-Cookie"] {
			if name == "writes" || !strings.Contains(line, "Max-Age=0") {
				t.Errorf("%s: %q", name, line)
			}
		}
	}
}
