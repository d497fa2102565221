package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

func TestLoginRotatesTheKeyAndTheOldOneIsDead(t *testing.T) {
	s := newSite(t, nil)
	srv := loginSite(t, s)
	visitor := browser(t, srv)
	get(t, visitor, srv.URL+"/count")
	before := jarKey(t, visitor, srv)
	if before == "" {
		t.Fatal("no session before the login")
	}
	resp := post(t, visitor, srv.URL+"/login", credentials("alice", "wonderland"))
	if resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("login: %s", resp.Status)
	}
	after := jarKey(t, visitor, srv)
	if after == before {
		t.Error("the key is the same after the login")
	}
	if got := body(t, get(t, visitor, srv.URL+"/")); got != "Hello alice" {
		t.Errorf("after the login: %q", got)
	}
	if got := body(t, get(t, visitor, srv.URL+"/count")); got != "2" {
		t.Errorf("the data of the anonymous session is lost: count %s", got)
	}
	if slices.Contains(s.keys(t), before) {
		t.Error("the old key is still in the store")
	}
	if name := s.whoami(t, before); name != "AnonymousUser" {
		t.Errorf("the old key is %s", name)
	}
}

func TestLoginAgainRotatesTheKey(t *testing.T) {
	s := newSite(t, nil)
	first := s.login(t, alice())
	resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
		session.From(r).Set("cart", 1)
		if err := s.auth.Login(r, alice()); err != nil {
			t.Error(err)
		}
	}, first)
	second := sessionKey(t, resp)
	if keys := s.keys(t); second == first || !slices.Equal(keys, []string{second}) {
		t.Errorf("first %t, %d records", second == first, len(keys))
	}
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		if !session.From(r).Has("cart") {
			t.Error("the user's own data is lost")
		}
	}, second)
}

func TestLoginOfAnotherUserEmptiesTheSession(t *testing.T) {
	s := newSite(t, nil)
	first := s.login(t, alice())
	s.do(func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("cart", 1) }, first)
	resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
		if err := s.auth.Login(r, bob()); err != nil {
			t.Error(err)
		}
		if got := auth.From(r).Username; got != "bob" {
			t.Errorf("the request is %s's", got)
		}
	}, first)
	second := sessionKey(t, resp)
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		if auth.From(r).Username != "bob" || session.From(r).Has("cart") {
			t.Errorf("%s sees alice's cart: %t", auth.From(r), session.From(r).Has("cart"))
		}
	}, second)
	if name := s.whoami(t, first); name != "AnonymousUser" {
		t.Errorf("the old key is %s", name)
	}
}

// TestLoginOfAnotherUserWithoutPasswords: users of a single sign-on all have
// the same empty hash, so that the id alone tells them apart.
func TestLoginOfAnotherUserWithoutPasswords(t *testing.T) {
	s := newSite(t, &auth.Options{Backends: []auth.Backend{fake{name: "sso"}}})
	key := s.login(t, auth.User{ID: "1"})
	s.do(func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("cart", 1) }, key)
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		if err := s.auth.Login(r, auth.User{ID: "2"}); err != nil {
			t.Error(err)
		}
		if session.From(r).Has("cart") {
			t.Error("the second user sees the first one's cart")
		}
	}, key)
}

func TestLoginIsSeenByTheSameRequest(t *testing.T) {
	s := newSite(t, nil)
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		if auth.From(r).IsAuthenticated() {
			t.Error("logged in before the login")
		}
		if err := s.auth.Login(r, alice()); err != nil {
			t.Error(err)
		}
		if name := auth.From(r).Username; name != "alice" {
			t.Errorf("after the login: %q", name)
		}
	}, "")
}

func TestAnonymousUserCannotBeLoggedIn(t *testing.T) {
	s := newSite(t, &auth.Options{Backends: []auth.Backend{fake{name: "sso"}}})
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		if err := s.auth.Login(r, auth.User{Username: "x"}); err == nil {
			t.Error("no error")
		}
	}, "")
}

func TestLoginStoresTheTime(t *testing.T) {
	s := newSite(t, nil)
	before := time.Now()
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		if err := s.auth.Login(r, alice()); err != nil {
			t.Error(err)
		}
		if auth.From(r).LastLogin.Before(before) {
			t.Error("the request's user does not have it")
		}
	}, "")
	if got := s.users.row("1").LastLogin; got.Before(before) || got.After(time.Now()) {
		t.Errorf("LastLogin is %v", got)
	}
}

func TestLoginThatFailsChangesNothing(t *testing.T) {
	down := errors.New("connection refused")
	tests := []struct {
		name string
		user auth.User
		down error
		want error
	}{
		{"anonymous", auth.User{}, nil, nil},
		{"unknown backend", auth.User{ID: "1", Backend: "nope.Backend"}, nil, nil},
		{"users are down", alice(), down, session.ErrUnavailable},
		{"user is gone", auth.User{ID: "9"}, nil, auth.ErrUserNotFound},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t, nil)
			s.users.fail(test.down)
			resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
				err := s.auth.Login(r, test.user)
				if err == nil || test.want != nil && !errors.Is(err, test.want) {
					t.Errorf("got error %v, want %v", err, test.want)
				}
			}, "")
			if resp.Header.Get("Set-Cookie") != "" || len(s.keys(t)) > 0 {
				t.Errorf("cookie %q, %d records", resp.Header.Get("Set-Cookie"), len(s.keys(t)))
			}
		})
	}
}

func TestLoginWithSeveralBackendsNeedsToKnowWhich(t *testing.T) {
	s := newSite(t, &auth.Options{Backends: []auth.Backend{
		fake{name: "one"}, fake{name: "two", user: auth.User{ID: "5", Username: "eve"}},
	}})
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		if err := s.auth.Login(r, auth.User{ID: "5"}); err == nil {
			t.Error("no error")
		}
	}, "")
	if name := s.whoami(t, s.login(t, auth.User{ID: "5", Backend: "two"})); name != "eve" {
		t.Errorf("logged in is %s", name)
	}
}

func TestLogoutDeletesTheSession(t *testing.T) {
	s := newSite(t, nil)
	srv := loginSite(t, s)
	visitor := browser(t, srv)
	post(t, visitor, srv.URL+"/login", credentials("alice", "wonderland"))
	key := jarKey(t, visitor, srv)
	post(t, visitor, srv.URL+"/logout", nil)
	if got := jarKey(t, visitor, srv); got != "" {
		t.Error("the cookie is still there")
	}
	if keys := s.keys(t); len(keys) > 0 {
		t.Errorf("%d records are still there", len(keys))
	}
	if name := s.whoami(t, key); name != "AnonymousUser" {
		t.Errorf("the old cookie is %s", name)
	}
}

// askedStore notes what it is asked.
type askedStore struct {
	session.Store
	asked []string
}

func (s *askedStore) Load(ctx context.Context, key string) (session.Record, error) {
	s.asked = append(s.asked, "Load")
	return s.Store.Load(ctx, key)
}

func (s *askedStore) Save(ctx context.Context, old, next session.Record) error {
	s.asked = append(s.asked, "Save")
	return s.Store.Save(ctx, old, next)
}

func (s *askedStore) Delete(ctx context.Context, key string) error {
	s.asked = append(s.asked, "Delete")
	return s.Store.Delete(ctx, key)
}

// TestLogoutIsOneWrite, and a load only if somebody wants to know whose session it is.
func TestLogoutIsOneWrite(t *testing.T) {
	looks := func(r *http.Request) { auth.From(r) }
	for name, c := range map[string]struct {
		opts   auth.Options
		before func(r *http.Request)
		want   string
	}{
		"nobody wants to know": {auth.Options{}, nil, "Delete"},
		"it was looked at":     {auth.Options{}, looks, "Load Delete"},
		"OnLogout":             {auth.Options{OnLogout: func(*http.Request, auth.User) {}}, nil, "Load Delete"},
		"OnEvent":              {auth.Options{OnEvent: func(context.Context, auth.Event) {}}, nil, "Load Delete"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, &c.opts)
			store := &askedStore{Store: s.store}
			s.sessions = noerror.In(session.New(store, nil))
			key := s.login(t, alice())
			store.asked = nil
			resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
				if c.before != nil {
					c.before(r)
				}
				s.auth.Logout(r)
				if auth.From(r).IsAuthenticated() {
					t.Error("still logged in")
				}
			}, key)
			if got := strings.Join(store.asked, " "); got != c.want {
				t.Errorf("the store was asked %q, want %q", got, c.want)
			}
			if resp.StatusCode != http.StatusOK || len(s.keys(t)) > 0 ||
				!strings.Contains(resp.Header.Get("Set-Cookie"), "Max-Age=0") {
				t.Errorf("%s, %d records, the cookie is %q", resp.Status, len(s.keys(t)), resp.Header.Get("Set-Cookie"))
			}
		})
	}
}

// An ownTransport is one of the program, which hides that it is of this module.
type ownTransport struct{ session.Transport }

// TestLogoutByATransportOfTheProgram ends the session, though it was not loaded.
func TestLogoutByATransportOfTheProgram(t *testing.T) {
	s := newSite(t, nil)
	s.sessions = noerror.In(session.New(s.store, &session.Options{
		Transport: ownTransport{noerror.In(session.Cookies(nil))},
	}))
	key := s.login(t, alice())
	resp := s.do(func(_ http.ResponseWriter, r *http.Request) { s.auth.Logout(r) }, key)
	if resp.StatusCode != http.StatusOK || len(s.keys(t)) > 0 {
		t.Errorf("%s, %d records, want none", resp.Status, len(s.keys(t)))
	}
}

// TestLogoutWithAKeyThatHasMoved is not told that it has ended the session, which lives on
// under another key, though it was not loaded; with a key of nobody there is nothing to end.
func TestLogoutWithAKeyThatHasMoved(t *testing.T) {
	s := newSite(t, nil)
	logout := func(_ http.ResponseWriter, r *http.Request) { s.auth.Logout(r) }
	key := s.login(t, alice())
	s.do(func(_ http.ResponseWriter, r *http.Request) { session.From(r).CycleKey() }, key)
	if resp := s.do(logout, key); resp.StatusCode != http.StatusBadRequest || len(s.keys(t)) != 1 {
		t.Errorf("%s, %d records, want 400 and one", resp.Status, len(s.keys(t)))
	}
	if resp := s.do(logout, strings.Repeat("a", 32)); resp.StatusCode != http.StatusOK {
		t.Errorf("a key of nobody: %s", resp.Status)
	}
}

func TestLogoutMakesTheRequestAnonymous(t *testing.T) {
	s := newSite(t, nil)
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		if auth.From(r).Username != "alice" {
			t.Error("not logged in")
		}
		s.auth.Logout(r)
		if auth.From(r).IsAuthenticated() {
			t.Error("still logged in")
		}
	}, s.login(t, alice()))
}

func TestLogoutOfNobodyStoresNothing(t *testing.T) {
	s := newSite(t, nil)
	for range 100 {
		resp := s.do(func(_ http.ResponseWriter, r *http.Request) { s.auth.Logout(r) }, "")
		if resp.Header.Get("Set-Cookie") != "" {
			t.Fatal("a cookie is set")
		}
	}
	if keys := s.keys(t); len(keys) > 0 {
		t.Errorf("%d records", len(keys))
	}
}

func TestLogoutWorksWhileUsersAreDown(t *testing.T) {
	s := newSite(t, &auth.Options{OnLogout: func(*http.Request, auth.User) {}})
	key := s.login(t, alice())
	s.users.fail(errors.New("connection refused"))
	resp := s.do(func(w http.ResponseWriter, r *http.Request) {
		s.auth.Logout(r)
		w.WriteHeader(http.StatusNoContent)
	}, key)
	if resp.StatusCode != http.StatusNoContent || len(s.keys(t)) > 0 {
		t.Errorf("%s, %d records", resp.Status, len(s.keys(t)))
	}
}

// TestLogoutIsFinalForRequestsInFlight has writers that loaded the session
// before the logout and save it afterwards.
func TestLogoutIsFinalForRequestsInFlight(t *testing.T) {
	const writers = 8
	for range 50 {
		s := newSite(t, nil)
		key := s.login(t, alice())
		var loaded, done sync.WaitGroup
		loaded.Add(writers)
		loggedOut := make(chan struct{})
		for i := range writers {
			done.Go(func() {
				resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
					if !auth.From(r).IsAuthenticated() {
						t.Error("not logged in")
					}
					session.From(r).Set("writer"+strconv.Itoa(i), i)
					loaded.Done()
					<-loggedOut
				}, key)
				if resp.StatusCode != http.StatusBadRequest {
					t.Errorf("writer: %s", resp.Status)
				}
			})
		}
		loaded.Wait()
		s.do(func(_ http.ResponseWriter, r *http.Request) { s.auth.Logout(r) }, key)
		close(loggedOut)
		done.Wait()
		if keys := s.keys(t); len(keys) > 0 {
			t.Fatalf("%d records are back after the logout", len(keys))
		}
	}
}

// TestLoginsAtOnceOnOneSession has two visitors who know one anonymous key
// log in at the same moment: each gets a session of their own, and neither ever
// the other's.
func TestLoginsAtOnceOnOneSession(t *testing.T) {
	for range 100 {
		s := newSite(t, nil)
		anonymous := sessionKey(t, s.do(func(_ http.ResponseWriter, r *http.Request) {
			session.From(r).Set("n", 1)
		}, ""))
		both := []auth.User{alice(), bob()}
		keys := make([]string, len(both))
		var ready, done sync.WaitGroup
		ready.Add(len(both))
		for i, user := range both {
			done.Go(func() {
				resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
					if err := s.auth.Login(r, user); err != nil {
						t.Error(err)
					}
					session.From(r).Set("mine", user.Username)
					ready.Done()
					ready.Wait()
				}, anonymous)
				if resp.StatusCode == http.StatusOK {
					keys[i] = sessionKey(t, resp)
				}
			})
		}
		done.Wait()
		winners := 0
		for i, key := range keys {
			if key == "" {
				continue
			}
			winners++
			s.do(func(_ http.ResponseWriter, r *http.Request) {
				mine := session.Item[string]("mine").Get(session.From(r), "")
				if name := auth.From(r).Username; name != both[i].Username || mine != name {
					t.Errorf("%s is %s with the data of %s", both[i], name, mine)
				}
			}, key)
		}
		if winners != 2 || len(s.keys(t)) != 2 || slices.Contains(s.keys(t), anonymous) {
			t.Fatalf("%d logins won, %d records", winners, len(s.keys(t)))
		}
	}
}

// TestLoginWithManyWritersOnTheOldKey has anonymous requests write while the
// visitor logs in: no write lands in a session under the old key.
func TestLoginWithManyWritersOnTheOldKey(t *testing.T) {
	for range 50 {
		s := newSite(t, nil)
		anonymous := sessionKey(t, s.do(func(_ http.ResponseWriter, r *http.Request) {
			session.From(r).Set("n", 0)
		}, ""))
		start := make(chan struct{})
		var done sync.WaitGroup
		for range 6 {
			done.Go(func() {
				<-start
				s.do(func(_ http.ResponseWriter, r *http.Request) {
					session.Item[int]("n").Update(session.From(r), 0, func(n int) int { return n + 1 })
				}, anonymous)
			})
		}
		var key string
		done.Go(func() {
			<-start
			key = sessionKey(t, s.do(func(_ http.ResponseWriter, r *http.Request) {
				if err := s.auth.Login(r, alice()); err != nil {
					t.Error(err)
				}
			}, anonymous))
		})
		close(start)
		done.Wait()
		if slices.Contains(s.keys(t), anonymous) {
			t.Fatal("the old key is back")
		}
		if name := s.whoami(t, key); name != "alice" {
			t.Fatalf("logged in is %s", name)
		}
	}
}

func TestUpdateSessionAuthHashKeepsThisSessionAndEndsTheOthers(t *testing.T) {
	s := newSite(t, nil)
	here, there := s.login(t, alice()), s.login(t, alice())
	resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
		user := auth.From(r)
		user.Password = "meter$1$new"
		s.users.change("1", func(u *auth.User) { u.Password = user.Password })
		if err := s.auth.UpdateSessionAuthHash(r, user); err != nil {
			t.Error(err)
		}
		if auth.From(r).Password != user.Password {
			t.Error("the request still has the old user")
		}
	}, here)
	if key := sessionKey(t, resp); key == here || s.whoami(t, key) != "alice" {
		t.Errorf("this session: same key %t, user %s", key == here, s.whoami(t, key))
	}
	if name := s.whoami(t, there); name != "AnonymousUser" {
		t.Errorf("the other session is %s", name)
	}
}

func TestHooksAreToldAfterAndBefore(t *testing.T) {
	var events []string
	o := &auth.Options{
		OnLogin: func(r *http.Request, user auth.User) {
			events = append(events, "in "+user.Username+" "+auth.From(r).Username)
		},
		OnLogout: func(r *http.Request, user auth.User) {
			events = append(events, "out "+fmt.Sprint(user)+" "+fmt.Sprint(auth.From(r)))
		},
		OnLoginFailed: func(_ *http.Request, c map[string]string) {
			events = append(events, "failed "+c["username"]+" "+c["password"])
		},
	}
	s := newSite(t, o)
	srv := loginSite(t, s)
	visitor := browser(t, srv)
	post(t, visitor, srv.URL+"/login", credentials("alice", "wrong"))
	post(t, visitor, srv.URL+"/login", credentials("alice", "wonderland"))
	post(t, visitor, srv.URL+"/logout", nil)
	post(t, visitor, srv.URL+"/logout", nil)
	want := []string{
		"failed alice ********************", "in alice alice", "out alice alice",
		"out AnonymousUser AnonymousUser",
	}
	if !slices.Equal(events, want) {
		t.Errorf("got %q, want %q", events, want)
	}
}

// TestA18FailedLoginsLookAlike compares whole responses, so that nobody can find
// out who has an account.
func TestA18FailedLoginsLookAlike(t *testing.T) {
	s := newSite(t, nil)
	s.users.rows["3"] = auth.User{ID: "3", Username: "inactive", Password: "meter$1$good"}
	s.users.rows["4"] = auth.User{ID: "4", Username: "unusable", Password: "!abc", IsActive: true}
	srv := loginSite(t, s)
	var first string
	for _, form := range []url.Values{
		credentials("alice", "wrong"), credentials("nobody", "wrong"), credentials("inactive", "good"),
		credentials("inactive", "wrong"), credentials("unusable", "!abc"), credentials("", ""),
		credentials(strings.Repeat("x", 10_000), "wrong"), credentials("al\x00ice", "wrong"),
		credentials("alice", strings.Repeat("x", 10_000)),
	} {
		resp := post(t, browser(t, srv), srv.URL+"/login", form)
		resp.Header.Del("Date")
		var dump strings.Builder
		_ = resp.Header.Write(&dump)
		answer := resp.Status + "\n" + dump.String() + body(t, resp)
		if first == "" {
			first = answer
		}
		if answer != first || resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("%.20q: got\n%s\nwant\n%s", form, answer, first)
		}
	}
	if len(s.keys(t)) > 0 {
		t.Error("a failed login stored a session")
	}
}

func TestLoginNeedsTheSessionManager(t *testing.T) {
	s := newSite(t, nil)
	err := s.auth.Login(httptest.NewRequest(http.MethodPost, "/", nil), alice())
	if !errors.Is(err, session.ErrNoManager) {
		t.Errorf("got error %v", err)
	}
}
