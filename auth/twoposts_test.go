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
