package auth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/session"
)

func TestRequestThatDoesNotAskCostsNothing(t *testing.T) {
	s := newSite(t, nil)
	key := s.login(t, alice())
	before := s.users.count()
	resp := s.do(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }, key)
	if n := s.users.count() - before; n > 0 || len(resp.Header) > 0 {
		t.Errorf("%d lookups, headers %v", n, resp.Header)
	}
}

func TestUserIsLookedUpOnceARequest(t *testing.T) {
	s := newSite(t, nil)
	key := s.login(t, alice())
	before := s.users.count()
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if user, err := auth.Load(r); err != nil || user.Username != "alice" {
					t.Errorf("user %v, error %v", user, err)
				}
			})
		}
		wg.Wait()
		if user := auth.From(r); user.Backend != "django.contrib.auth.backends.ModelBackend" {
			t.Errorf("backend %q", user.Backend)
		}
	}, key)
	if n := s.users.count() - before; n != 1 {
		t.Errorf("%d lookups", n)
	}
}

func TestAnonymousVisitorIsTheZeroUser(t *testing.T) {
	s := newSite(t, nil)
	resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
		if user := auth.From(r); user != (auth.User{}) {
			t.Errorf("got %v", user)
		}
	}, "")
	if resp.Header.Get("Vary") != "Cookie" || resp.Header.Get("Set-Cookie") != "" || s.users.count() > 0 {
		t.Errorf("headers %v, %d lookups", resp.Header, s.users.count())
	}
}

// TestSessionsEndAtTheNextRequest has two sessions of a user to whom
// something happens.
func TestSessionsEndAtTheNextRequest(t *testing.T) {
	tests := []struct {
		name   string
		happen func(s *site)
		keys   int // records that stay
	}{
		{"deactivated", func(s *site) {
			s.users.change("1", func(u *auth.User) { u.IsActive = false })
		}, 0},
		{"deleted", func(s *site) { s.users.remove("1") }, 2},
		{"password changed", func(s *site) {
			s.users.change("1", func(u *auth.User) { u.Password = "meter$1$new" })
		}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t, nil)
			keys := []string{s.login(t, alice()), s.login(t, alice())}
			other := s.login(t, bob())
			test.happen(s)
			for _, key := range keys {
				if name := s.whoami(t, key); name != "AnonymousUser" {
					t.Errorf("still %s", name)
				}
			}
			if n := len(s.keys(t)); n != test.keys+1 {
				t.Errorf("%d records, want %d", n, test.keys+1)
			}
			if name := s.whoami(t, other); name != "bob" {
				t.Errorf("the other user is %s", name)
			}
		})
	}
}

// TestSessionSeenWhileInactiveStaysDead, even if Django's admin deactivated the
// user.
func TestSessionSeenWhileInactiveStaysDead(t *testing.T) {
	s := newSite(t, nil)
	seen, unseen := s.login(t, alice()), s.login(t, alice())
	s.users.change("1", func(u *auth.User) { u.IsActive = false })
	s.whoami(t, seen)
	s.users.change("1", func(u *auth.User) { u.IsActive = true })
	if name := s.whoami(t, seen); name != "AnonymousUser" {
		t.Errorf("what was seen meanwhile is %s", name)
	}
	if name := s.whoami(t, unseen); name != "alice" { // as documented
		t.Errorf("what was not is %s", name)
	}
}

func TestOldSecretIsAcceptedAndReplaced(t *testing.T) {
	s := newSite(t, nil)
	current := s.auth
	var err error
	if s.auth, err = auth.New(s.users, secrettest.Keys(oldSecret), nil); err != nil {
		t.Fatal(err)
	}
	key := s.login(t, alice())
	s.auth, err = auth.New(s.users, secrettest.Keys(siteKey, "another", oldSecret), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
		if name := auth.From(r).Username; name != "alice" {
			t.Errorf("with the fallback: %q", name)
		}
	}, key)
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
	s.auth = current // knows no fallback
	if name := s.whoami(t, key); name != "alice" {
		t.Errorf("without the fallback: %s", name)
	}
}

// overtaken runs a request that has its session, and if it is early also its
// user, before another request of the same session runs, and ends after it.
func overtaken(s *site, key string, early bool) (outer, inner *http.Response) {
	outer = s.do(func(_ http.ResponseWriter, r *http.Request) {
		session.From(r)
		if early {
			auth.From(r)
		}
		inner = s.do(func(_ http.ResponseWriter, r *http.Request) { auth.From(r) }, key)
		auth.From(r)
	}, key)
	return outer, inner
}

// TestReadersMeetAChangeOfTheSecret: requests that only read and find the
// session to be of an older secret all succeed, and so do those that find it
// to be of an older password.
func TestReadersMeetAChangeOfTheSecret(t *testing.T) {
	s := newSite(t, nil)
	var err error
	if s.auth, err = auth.New(s.users, secrettest.Keys(oldSecret), nil); err != nil {
		t.Fatal(err)
	}
	key := s.login(t, alice())
	if s.auth, err = auth.New(s.users, secrettest.Keys(siteKey, oldSecret), nil); err != nil {
		t.Fatal(err)
	}
	if outer, inner := overtaken(s, key, true); outer.StatusCode != 200 || inner.StatusCode != 200 {
		t.Errorf("new secret: status %d and %d", outer.StatusCode, inner.StatusCode)
	}
	s.users.change("1", func(u *auth.User) { u.Password = "pbkdf2_sha256$1$s$changed" })
	if outer, inner := overtaken(s, key, false); outer.StatusCode != 200 || inner.StatusCode != 200 {
		t.Errorf("new password: status %d and %d", outer.StatusCode, inner.StatusCode)
	}
}

func TestContextShowsNoVisitor(t *testing.T) {
	s := newSite(t, nil)
	key := s.login(t, alice())
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		auth.From(r)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
			text := fmt.Sprintf(verb, r.Context())
			if strings.Contains(text, key) || strings.Contains(text, "alice") || strings.Contains(text, "pbkdf2") {
				t.Errorf("%s shows %s", verb, text)
			}
		}
	}, key)
}

func TestUnreadableIDIsAnonymousAndLogged(t *testing.T) {
	for item, logged := range map[string]bool{
		`"abc"`: true, `"1.5"`: true, `""`: false, `null`: false, `[1]`: false, `{"a":1}`: false, `true`: false,
	} {
		s := newSite(t, nil)
		key := s.plant(t, `{"_auth_user_id":`+item+`,"_auth_user_backend":`+
			`"django.contrib.auth.backends.ModelBackend","_auth_user_hash":"x"}`)
		if name := s.whoami(t, key); name != "AnonymousUser" {
			t.Errorf("%s: %s", item, name)
		}
		if got := strings.Contains(s.log.String(), "unreadable user"); got != logged {
			t.Errorf("%s: log %q", item, s.log)
		}
	}
}

func TestBackendThatReturnsNobodyIsAnonymous(t *testing.T) {
	s := newSite(t, &auth.Options{Backends: []auth.Backend{fake{name: "sso"}}})
	key := s.login(t, auth.User{ID: "1"})
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		if user := auth.From(r); user != (auth.User{}) {
			t.Errorf("got %+v of %q", user, user.Backend)
		}
	}, key)
}

func TestNumberAsIDIsReadAsDjangoReadsIt(t *testing.T) {
	s := newSite(t, nil)
	key := s.login(t, alice())
	s.do(func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("_auth_user_id", 1) }, key)
	if name := s.whoami(t, key); name != "alice" {
		t.Errorf("got %s", name)
	}
}

// TestUsersDownIs503 takes every way to ask for the user while the user
// store is down: the visitor is never anonymous, and nothing of the handler's
// answer goes out.
func TestUsersDownIs503(t *testing.T) {
	leak := func(w http.ResponseWriter) {
		w.Header().Set("Content-Encoding", "br")
		w.Header().Set("ETag", `"1"`)
		http.SetCookie(w, &http.Cookie{Name: "leak", Value: "1"})
	}
	handlers := map[string]http.HandlerFunc{
		"From": func(w http.ResponseWriter, r *http.Request) {
			leak(w)
			_, _ = io.WriteString(w, "Hello "+fmt.Sprint(auth.From(r)))
		},
		"From, panic swallowed": func(w http.ResponseWriter, r *http.Request) {
			defer func() { _ = recover() }()
			leak(w)
			_, _ = io.WriteString(w, "Hello "+fmt.Sprint(auth.From(r)))
		},
		"From, panic answered": func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				_ = recover()
				leak(w)
				w.WriteHeader(http.StatusTeapot)
				_, _ = io.WriteString(w, "Hello AnonymousUser")
			}()
			auth.From(r)
		},
		"From, panic raised again": func(_ http.ResponseWriter, r *http.Request) {
			defer func() { panic(recover()) }()
			auth.From(r)
		},
		"From, goroutine ended": func(_ http.ResponseWriter, r *http.Request) {
			session.From(r).Set("x", 1)
			auth.From(r)
		},
	}
	for name, handler := range handlers {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, nil)
			key := s.login(t, alice())
			s.users.fail(errors.New("connection refused"))
			checkUnavailable(t, s, s.do(handler, key), key)
			gated := s.auth.RequireLogin(handler)
			checkUnavailable(t, s, s.do(gated.ServeHTTP, key), key)
		})
	}
}

func checkUnavailable(t *testing.T, s *site, resp *http.Response, key string) {
	t.Helper()
	text := body(t, resp)
	if resp.StatusCode != http.StatusServiceUnavailable || strings.Contains(text, "Hello") {
		t.Errorf("%s: %q", resp.Status, text)
	}
	for _, name := range []string{"Set-Cookie", "Content-Encoding", "Etag", "Location"} {
		if v := resp.Header.Get(name); v != "" {
			t.Errorf("%s: %s", name, v)
		}
	}
	if resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control: %s", resp.Header.Get("Cache-Control"))
	}
	rec, err := s.store.Load(t.Context(), key)
	if err != nil || strings.Contains(string(rec.Data), `"x"`) {
		t.Errorf("the session was changed: %s, error %v", rec.Data, err)
	}
	if !strings.Contains(s.log.String(), "connection refused") {
		t.Error("nothing is logged")
	}
}

func TestUsersDownOnceTheResponseHasBegunCutsTheConnection(t *testing.T) {
	s := newSite(t, nil)
	key := s.login(t, alice())
	s.users.fail(errors.New("connection refused"))
	srv := httptest.NewServer(s.wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { _ = recover() }()
		_, _ = io.WriteString(w, "Hello ")
		http.NewResponseController(w).Flush() // seen by the client
		_, _ = io.WriteString(w, fmt.Sprint(auth.From(r)))
	})))
	defer srv.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "sessionid", Value: key})
	resp, err := srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if text, err := io.ReadAll(resp.Body); err == nil || string(text) != "Hello " {
		t.Errorf("a whole page arrived: %q", text)
	}
}

func TestLoadReturnsWhyTheUserIsUnknown(t *testing.T) {
	down := errors.New("connection refused")
	s := newSite(t, nil)
	key := s.login(t, alice())
	s.users.fail(down)
	resp := s.do(func(w http.ResponseWriter, r *http.Request) {
		user, err := auth.Load(r)
		if !errors.Is(err, session.ErrUnavailable) || !errors.Is(err, down) || user.IsAuthenticated() {
			t.Errorf("user %v, error %v", user, err)
		}
		w.WriteHeader(http.StatusTeapot)
	}, key)
	if resp.StatusCode != http.StatusTeapot {
		t.Errorf("Load stopped the request: %s", resp.Status)
	}
	_, err := auth.Load(httptest.NewRequest(http.MethodGet, "/", nil))
	if !errors.Is(err, auth.ErrNoManager) {
		t.Errorf("without a manager: error %v", err)
	}
}

// brokenStore fails to load, and to delete.
type brokenStore struct{ session.Store }

func (brokenStore) Load(context.Context, string) (session.Record, error) {
	return session.Record{}, errors.New("connection refused")
}

func (brokenStore) Delete(context.Context, string) error { return errors.New("connection refused") }

func TestSessionStoreDownIs503(t *testing.T) {
	s := newSite(t, nil)
	s.sessions = noerror.In(session.New(brokenStore{s.store}, nil))
	key := strings.Repeat("a", 32)
	for name, handler := range map[string]http.HandlerFunc{
		"From":   func(_ http.ResponseWriter, r *http.Request) { auth.From(r) },
		"Logout": func(_ http.ResponseWriter, r *http.Request) { s.auth.Logout(r) },
		"gate": s.auth.RequireLogin(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			t.Error("the handler ran")
		})).ServeHTTP,
	} {
		if resp := s.do(handler, key); resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := auth.Load(r); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("Load: error %v", err)
		}
		if err := s.auth.Login(r, alice()); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("Login: error %v", err)
		}
		if err := s.auth.UpdateSessionAuthHash(r, alice()); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("UpdateSessionAuthHash: error %v", err)
		}
	}, key)
}

func TestFromWithoutManagersPanics(t *testing.T) {
	s := newSite(t, nil)
	for want, h := range map[string]http.Handler{
		"auth: From: the request did not pass through Manager.Handler": s.sessions.Handler(http.HandlerFunc(askFrom)),
		"auth: From: the request did not pass through the Handler of a session.Manager": s.auth.Handler(
			http.HandlerFunc(askFrom)),
	} {
		func() {
			defer func() {
				if text := recover(); text != want {
					t.Errorf("panic %q; want %q", text, want)
				}
			}()
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
		}()
	}
}

func askFrom(_ http.ResponseWriter, r *http.Request) { auth.From(r) }

func TestOtherPanicsPassThrough(t *testing.T) {
	s := newSite(t, nil)
	defer func() {
		if v := recover(); v != "mine" {
			t.Errorf("recovered %v", v)
		}
	}()
	s.do(func(http.ResponseWriter, *http.Request) { panic("mine") }, "")
}

func TestSecondHandlerStepsAside(t *testing.T) {
	s := newSite(t, nil)
	key := s.login(t, alice())
	before := s.users.count()
	s.do(func(w http.ResponseWriter, r *http.Request) {
		auth.From(r)
		s.auth.Handler(http.HandlerFunc(func(inner http.ResponseWriter, r *http.Request) {
			if inner != w || auth.From(r).Username != "alice" {
				t.Error("the second handler did something")
			}
		})).ServeHTTP(w, r)
	}, key)
	if n := s.users.count() - before; n != 1 {
		t.Errorf("%d lookups", n)
	}
}

func TestErrorHandlerOfTheSessionsAnswers(t *testing.T) {
	s := newSite(t, nil)
	s.sessions = noerror.In(session.New(s.store, &session.Options{
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if !errors.Is(err, session.ErrUnavailable) || r.URL.Path != "/page" {
				t.Errorf("path %s, error %v", r.URL.Path, err)
			}
			http.Error(w, "back soon", http.StatusServiceUnavailable)
		},
	}))
	key := s.login(t, alice())
	s.users.fail(errors.New("connection refused"))
	if text := body(t, s.do(askFrom, key)); text != "back soon\n" {
		t.Errorf("got %q", text)
	}
}
