package auth_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/csrf"
)

func TestUsersAreLedOnFromTheLoginPage(t *testing.T) {
	s := newSite(t, &auth.Options{LoginURL: "/login/", LoginRedirectURL: "/home/"})
	form := func(w http.ResponseWriter, r *http.Request) {
		if !s.auth.RedirectAuthenticated(w, r) {
			_, _ = io.WriteString(w, "the form")
		}
	}
	key := s.login(t, alice())
	for target, want := range map[string]string{
		"/login/":                                "/home/",
		"/login/?next=/private%3Fx%3D1":          "/private?x=1",
		"/login/?next=//evil.example/":           "/home/",
		"/login/?next=/login/":                   "/home/", // it would go in a circle
		"/login/?next=/login/%3Fnext%3D/a":       "/home/",
		"/login/?next=http://example.com/a":      "http://example.com/a",
		"/login/?next=%3Fa%3Db":                  "/home/",
		"/login/?next=http://example.com/login/": "/home/",
		"/login/?again=1":                        "",
		"/login/?next=/private&again=1":          "",
	} {
		resp := s.send(form, key, httptest.NewRequest("GET", "http://example.com"+target, nil))
		if got := resp.Header.Get("Location"); got != want || (want == "") != (resp.StatusCode == http.StatusOK) {
			t.Errorf("%s: %s to %q, want %q", target, resp.Status, got, want)
		}
		if want != "" && !strings.Contains(resp.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("%s: Cache-Control %q", target, resp.Header.Get("Cache-Control"))
		}
		resp = s.send(form, "", httptest.NewRequest("GET", "http://example.com"+target, nil))
		if resp.StatusCode != http.StatusOK {
			t.Errorf("a stranger at %s: %s", target, resp.Status)
		}
	}
	if resp := s.send(form, key, httptest.NewRequest("POST", "/login/", nil)); resp.StatusCode != http.StatusOK {
		t.Errorf("a form is not looked at: %s", resp.Status)
	}
	nowhere := newSite(t, &auth.Options{LoginURL: "/login/", LoginRedirectURL: "/login/"})
	nowhere.do(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path, r.RequestURI = "/login/", "/login/"
		if nowhere.auth.RedirectAuthenticated(w, r) {
			t.Error("the login page leads to itself")
		}
	}, nowhere.login(t, alice()))
}

// TestLoginPageTellsNoOtherSiteWhoIsLoggedIn: a page of another site can have a picture of
// this one loaded by way of the login page, and see whether it has come.
func TestLoginPageTellsNoOtherSiteWhoIsLoggedIn(t *testing.T) {
	s := newSite(t, &auth.Options{LoginURL: "/login/"})
	key := s.login(t, alice())
	for _, c := range []struct {
		site, dest string
		leads      bool
	}{
		{"cross-site", "image", false},
		{"cross-site", "object", false},
		{"cross-site", "iframe", false},
		{"cross-site", "", false},
		{"same-site", "script", false},
		{"cross-site", "document", true}, // a link
		{"none", "document", true},
		{"same-origin", "empty", true}, // htmx, or fetch
		{"", "", true},                 // an old browser
	} {
		r := httptest.NewRequest("GET", "http://example.com/login/?next=/logo.png", nil)
		r.Header.Set("Sec-Fetch-Site", c.site)
		r.Header.Set("Sec-Fetch-Dest", c.dest)
		s.send(func(w http.ResponseWriter, r *http.Request) {
			if s.auth.RedirectAuthenticated(w, r) != c.leads {
				t.Errorf("%s, %s: leads on %t", c.site, c.dest, !c.leads)
			}
		}, key, r)
	}
}

// TestFreshGateAndLoginPageDoNotGoInACircle: the gate says in its redirect that a newer
// login is needed, and so does every use of LoginRedirect for a user who is logged in.
func TestFreshGateAndLoginPageDoNotGoInACircle(t *testing.T) {
	s := newSite(t, &auth.Options{LoginURL: "/login/"})
	gates := map[string]http.HandlerFunc{
		"RequireFresh": s.auth.RequireFresh(0, http.HandlerFunc(hello)).ServeHTTP,
		"LoginRedirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, s.auth.LoginRedirect(r), http.StatusFound)
		},
	}
	for name, gate := range gates {
		resp := s.send(gate, s.stale(t), httptest.NewRequest("GET", "http://example.com/p?x=1", nil))
		to := resp.Header.Get("Location")
		if to != "/login/?next=/p%3Fx%3D1&again=1" {
			t.Errorf("%s leads to %s", name, to)
		}
		s.send(func(w http.ResponseWriter, r *http.Request) {
			if s.auth.RedirectAuthenticated(w, r) {
				t.Errorf("%s: the login page does not show its form", name)
			}
		}, s.stale(t), httptest.NewRequest("GET", to, nil))
		resp = s.send(gate, "", httptest.NewRequest("GET", "/p", nil))
		if to := resp.Header.Get("Location"); to != "/login/?next=/p" {
			t.Errorf("%s leads a stranger to %s", name, to)
		}
	}
}

// forms puts the check of forms around a handler, with the FailureHandler that the
// documentation shows.
func (s *site) forms(t *testing.T, next http.HandlerFunc) http.HandlerFunc {
	t.Helper()
	p, err := csrf.New(&csrf.Options{
		Logger: slog.New(slog.DiscardHandler),
		FailureHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if !s.auth.LoggedInMeanwhile(w, r, err) {
				csrf.Fail(w, r, err)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p.Handler(next).ServeHTTP
}

// TestLoginFormOfASecondTab, which is sent after the login in the first.
func TestLoginFormOfASecondTab(t *testing.T) {
	s := newSite(t, &auth.Options{LoginURL: "/login/", LoginRedirectURL: "/home/"})
	page := s.forms(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s: the handler ran", r.URL) })
	long := strings.Repeat("x", 100<<10)
	for _, c := range []struct {
		who                       string // is logged in
		path, form, header, value string
		status                    int
		want                      string
	}{
		{"alice", "/login/", "username=alice", "", "", 303, "/home/"},
		{"alice", "/login/", "username=alice&password=wrong&next=/a", "", "", 303, "/a"},
		{"alice", "/login/?next=/b", "username=+alice+", "", "", 303, "/b"},
		{"alice", "/login/", "username=%EF%BD%81lice", "", "", 303, "/home/"}, // NFKC
		{"alice", "/login/", "username=alice&next=//evil.example", "", "", 303, "/home/"},
		{"alice", "/login/", "username=alice&next=/login/", "", "", 303, "/home/"},
		{"alice", "/login/", "username=bob", "", "", 303, "/login/?again=1"},
		{"alice", "/login/", "username=bob&next=/a%3Fb", "", "", 303, "/login/?again=1&next=%2Fa%3Fb"},
		{"alice", "/login/", "username=nobody", "", "", 303, "/login/?again=1"},
		{"alice", "/login/", "username=", "", "", 303, "/login/?again=1"},
		{"alice", "/login/", "username=" + long, "", "", 303, "/login/?again=1"},
		{"", "/login/", "username=alice", "", "", 403, ""},
		{"alice", "/other/", "username=alice", "", "", 403, ""},
		{"alice", "/login/", "username=alice", "Origin", "http://evil.example", 403, ""},
		{"alice", "/login/", "username=alice", "Accept", "application/json", 403, ""},
		{"alice", "/login/", "username=alice", "X-Requested-With", "XMLHttpRequest", 403, ""},
	} {
		for _, cookie := range []string{"", strings.Repeat("b", 32)} {
			form := c.form + "&csrfmiddlewaretoken=" + strings.Repeat("a", 64)
			r := httptest.NewRequest("POST", "http://example.com"+c.path, strings.NewReader(form))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Origin", "http://example.com")
			if c.header != "" {
				r.Header.Set(c.header, c.value)
			}
			if cookie != "" {
				r.AddCookie(&http.Cookie{Name: "csrftoken", Value: cookie})
			}
			key := ""
			if c.who != "" {
				key = s.login(t, alice())
			}
			resp := s.send(page, key, r)
			if got := resp.Header.Get("Location"); resp.StatusCode != c.status || got != c.want {
				t.Errorf("%q at %s with %.40s: %s to %q, want %d %q", c.who, c.path, c.form, resp.Status, got, c.status, c.want)
			}
		}
	}
}

// TestSecondTabAsksTheBackendWhoIsMeant: where names are compared in another way, a login
// would have led to the same user.
func TestSecondTabAsksTheBackendWhoIsMeant(t *testing.T) {
	s := newSite(t, &auth.Options{LoginURL: "/login/", LoginRedirectURL: "/home/"})
	s.users.change("1", func(u *auth.User) { u.Username = "Alice" })
	page := s.forms(t, func(http.ResponseWriter, *http.Request) { t.Error("the handler ran") })
	for typed, want := range map[string]string{"alice": "/login/?again=1", "Alice": "/home/"} {
		r := httptest.NewRequest("POST", "http://example.com/login/",
			strings.NewReader(url.Values{"username": {typed}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp := s.send(page, s.login(t, alice()), r)
		if got := resp.Header.Get("Location"); got != want {
			t.Errorf("%s: %s to %q", typed, resp.Status, got)
		}
	}
	s.users.down = errors.New("down")
	r := httptest.NewRequest("POST", "http://example.com/login/", strings.NewReader("username=Alice"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if resp := s.send(page, s.plant(t, `{"_auth_user_id": "1"}`), r); resp.StatusCode != http.StatusForbidden {
		t.Errorf("while nobody knows who it is: %s", resp.Status)
	}
}

// TestSecondTabNeedsASession: without a manager of sessions nobody is logged in.
func TestSecondTabNeedsASession(t *testing.T) {
	s := newSite(t, nil)
	r := httptest.NewRequest("POST", "/accounts/login/", nil)
	if s.auth.LoggedInMeanwhile(httptest.NewRecorder(), r, csrf.ErrToken) {
		t.Error("it has answered")
	}
}
