package auth_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/session"
)

// TestRequireFreshWantsARecentLogin: activity does not make a login fresh.
func TestRequireFreshWantsARecentLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		gate := s.auth.RequireFresh(10*time.Minute, http.HandlerFunc(hello))
		status := func(key string) int {
			t.Helper()
			return s.do(gate.ServeHTTP, key).StatusCode
		}
		key := s.login(t, alice())
		for range 5 {
			time.Sleep(2 * time.Minute)
			if got := status(key); got != http.StatusOK {
				t.Errorf("within 10 minutes: status %d", got)
			}
		}
		time.Sleep(2 * time.Second)
		if got := status(key); got != http.StatusFound {
			t.Errorf("after 10 minutes: status %d", got)
		}
		if got := s.whoami(t, key); got != "alice" {
			t.Errorf("a login that is not fresh is %s", got)
		}
		if got := status(s.login(t, alice())); got != http.StatusOK {
			t.Errorf("after a new login: status %d", got)
		}
		if got := status(""); got != http.StatusFound {
			t.Errorf("anonymous: status %d", got)
		}
	})
}

func TestLoginThatDoesNotSayWhenIsNotFresh(t *testing.T) {
	s := newSite(t, nil)
	gate := s.auth.RequireFresh(time.Hour, http.HandlerFunc(hello))
	for name, set := range map[string]func(*session.Session){
		"none":   func(s *session.Session) { s.Delete("_login_time") },
		"text":   func(s *session.Session) { s.Set("_login_time", "now") },
		"zero":   func(s *session.Session) { s.Set("_login_time", 0) },
		"future": func(s *session.Session) { s.Set("_login_time", time.Now().Add(time.Hour).Unix()) },
		"float":  func(s *session.Session) { s.Set("_login_time", 1e300) },
	} {
		key := s.login(t, alice())
		s.do(func(_ http.ResponseWriter, r *http.Request) { set(session.From(r)) }, key)
		if got := s.do(gate.ServeHTTP, key).StatusCode; got != http.StatusFound {
			t.Errorf("%s: status %d, want the login page", name, got)
		}
	}
}

func TestLoginTime(t *testing.T) {
	s := newSite(t, nil)
	key := s.login(t, alice())
	for key, logged := range map[string]bool{key: true, "": false} {
		s.do(func(_ http.ResponseWriter, r *http.Request) {
			at, err := auth.LoginTime(r)
			if err != nil || at.IsZero() == logged || logged && time.Since(at) > time.Minute {
				t.Errorf("logged in %v: %v, %v", logged, at, err)
			}
		}, key)
	}
	s.users.fail(errors.New("connection refused"))
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		if at, err := auth.LoginTime(r); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("users are down: %v, %v", at, err)
		}
	}, key)
	gate := s.auth.RequireFresh(time.Hour, http.HandlerFunc(hello))
	if got := s.do(gate.ServeHTTP, key).StatusCode; got != http.StatusServiceUnavailable {
		t.Errorf("users are down: status %d", got)
	}
}

func TestRememberIsALongerSession(t *testing.T) {
	s := newSite(t, &auth.Options{StayLoggedInAge: 60 * 24 * time.Hour})
	for remember, maxAge := range map[bool]int{true: 60 * 24 * 3600, false: 0} {
		resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
			if err := s.auth.Login(r, alice()); err != nil {
				t.Error(err)
			}
			s.auth.StayLoggedIn(r, remember)
		}, "")
		cookies := resp.Cookies()
		if len(cookies) != 1 || cookies[0].MaxAge != maxAge {
			t.Errorf("remember %v: cookies %v, want Max-Age %d", remember, cookies, maxAge)
		}
		rec, err := s.store.Load(t.Context(), cookies[0].Value)
		if err != nil {
			t.Fatal(err)
		}
		if long := time.Until(rec.Expiry) > 59*24*time.Hour; long != remember {
			t.Errorf("remember %v: it expires %v", remember, rec.Expiry)
		}
		s.users.change("1", func(u *auth.User) { u.Password = "meter$1$other" })
		if got := s.whoami(t, cookies[0].Value); got != "AnonymousUser" {
			t.Errorf("remember %v: after a change of the password it is %s", remember, got)
		}
		s.users.change("1", func(u *auth.User) { u.Password = alice().Password })
	}
}

// TestEverythingIsClosedUnlessMarked: unknown paths and redirects, too.
func TestEverythingIsClosedUnlessMarked(t *testing.T) {
	s := newSite(t, &auth.Options{LoginURL: "/in"})
	mux := http.NewServeMux()
	page := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
	}
	mux.Handle("GET /in", page("login"))
	mux.Handle("GET /about", auth.Public(page("about")))
	mux.Handle("/folder/", page("folder"))
	mux.Handle("/", page("home"))
	mux.Handle("POST /about", page("changed"))
	gate := s.auth.RequireLoginEverywhere(mux)
	key := s.login(t, alice())
	for _, test := range []struct {
		method, path string
		open         bool
	}{
		{"GET", "/in", true},
		{"GET", "/about", true},
		{"HEAD", "/about", true},
		{"POST", "/about", false},
		{"GET", "/about/", false},
		{"GET", "/folder", false},
		{"GET", "/folder/x", false},
		{"GET", "/", false},
		{"GET", "/no/such/page", false},
		{"OPTIONS", "/folder/", false},
	} {
		r := httptest.NewRequest(test.method, test.path, nil)
		resp := s.send(gate.ServeHTTP, "", r)
		isLogin := resp.StatusCode == http.StatusUnauthorized ||
			resp.StatusCode == http.StatusFound && strings.HasPrefix(resp.Header.Get("Location"), "/in")
		if isLogin == test.open {
			t.Errorf("%s %s: %s to %q", test.method, test.path, resp.Status, resp.Header.Get("Location"))
		}
		if vary := resp.Header.Get("Vary") != ""; vary == test.open {
			t.Errorf("%s %s: Vary %q", test.method, test.path, resp.Header.Get("Vary"))
		}
		resp = s.send(gate.ServeHTTP, key, httptest.NewRequest(test.method, test.path, nil))
		if strings.HasPrefix(resp.Header.Get("Location"), "/in") {
			t.Errorf("%s %s: a user is sent to the login", test.method, test.path)
		}
	}
}
