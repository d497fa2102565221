package auth_test

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

const browserAccept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

// asks returns a request for a private page, with pairs of headers.
func asks(method string, header ...string) *http.Request {
	r := httptest.NewRequest(method, "http://example.com/private?x=1", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// TestScriptsGet401 in what they accept, where a redirect would give them the login page
// for an answer.
func TestScriptsGet401(t *testing.T) {
	const text, html = "text/plain; charset=utf-8", "text/html; charset=utf-8"
	s := newSite(t, nil)
	for _, gate := range []http.Handler{
		s.auth.RequireLogin(http.HandlerFunc(hello)), s.auth.RequireFresh(time.Hour, http.HandlerFunc(hello)),
		s.auth.RequirePerm("shop.view_order", http.HandlerFunc(hello)),
		s.auth.RequireLoginEverywhere(http.NewServeMux()),
	} {
		for _, c := range []struct {
			r        *http.Request
			mimeType string
		}{
			{asks("GET", "Sec-Fetch-Mode", "cors", "Accept", "*/*"), text},
			{asks("GET", "Sec-Fetch-Mode", "same-origin", "Accept", "application/json"), "application/json"},
			{asks("GET", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image", "Accept", "image/*,*/*"), text},
			{asks("GET", "Accept", "application/json"), "application/json"},
			{asks("GET", "Accept", "application/problem+json"), "application/json"},
			{asks("GET", "Accept", "text/event-stream"), text},
			{asks("GET", "X-Requested-With", "XMLHttpRequest", "Accept", "text/html, */*"), html},
			{asks("GET", "HX-Request", "true"), text},
			{asks("GET", "Upgrade", "websocket", "Connection", "Upgrade"), text},
			{asks("POST", "Content-Type", "application/json"), text},
			{asks("DELETE"), text},
			{asks("PUT", "Accept", "application/json"), "application/json"},
		} {
			resp := s.send(gate.ServeHTTP, "", c.r)
			answer := body(t, resp)
			if resp.StatusCode != http.StatusUnauthorized || resp.Header.Get("Content-Type") != c.mimeType ||
				resp.Header.Get("Location") != "" || resp.Header.Get("WWW-Authenticate") == "" ||
				!strings.Contains(answer, "Log in") {
				t.Errorf("%s %v: %s %v %q", c.r.Method, c.r.Header, resp.Status, resp.Header, answer)
			}
			if !strings.Contains(resp.Header.Get("Cache-Control"), "no-store") {
				t.Errorf("%v: Cache-Control %q", c.r.Header, resp.Header.Get("Cache-Control"))
			}
			var object struct{ Error, Login string }
			if err := json.Unmarshal([]byte(answer), &object); c.mimeType == "application/json" &&
				(err != nil || object.Error != "login" || !strings.HasPrefix(object.Login, "/accounts/login/")) {
				t.Errorf("%v: %s", c.r.Header, answer)
			}
		}
		for _, r := range []*http.Request{
			asks("GET"), asks("GET", "Accept", browserAccept, "Sec-Fetch-Mode", "navigate"),
			asks("HEAD", "Accept", browserAccept), asks("POST", "Accept", browserAccept),
		} {
			resp := s.send(gate.ServeHTTP, "", r)
			if resp.StatusCode != http.StatusFound || !strings.HasPrefix(resp.Header.Get("Location"), "/accounts/login/") {
				t.Errorf("%s %v: %s %v", r.Method, r.Header, resp.Status, resp.Header)
			}
		}
	}
}

// TestProgramsWithABearerGet401: nobody shows them a page.
func TestProgramsWithABearerGet401(t *testing.T) {
	logins := must(auth.New(newUsers(), keys, &auth.Options{Hashers: cheap()}))
	api := noerror.In(session.New(memstore.New(), &session.Options{Transport: session.Bearer(nil)}))
	r := asks("GET", "Authorization", "Bearer "+strings.Repeat("x", 32))
	w := httptest.NewRecorder()
	api.Handler(logins.RequireLogin(http.HandlerFunc(hello))).ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

// TestHTMXIsLedToTheLoginPage, and back to the page that it runs in.
func TestHTMXIsLedToTheLoginPage(t *testing.T) {
	s := newSite(t, nil)
	gate := s.auth.RequireLogin(http.HandlerFunc(hello))
	for _, c := range []struct {
		header []string
		want   string
	}{
		{[]string{"HX-Current-URL", "http://example.com/list?p=2"}, "/accounts/login/?next=/list%3Fp%3D2"},
		{[]string{"Referer", "http://example.com/list"}, "/accounts/login/?next=/list"},
		{[]string{"HX-Current-URL", "http://evil.example/list"}, "/accounts/login/"},
		{[]string{"HX-Boosted", "true"}, "/accounts/login/?next=/private%3Fx%3D1"},
	} {
		resp := s.send(gate.ServeHTTP, "", asks("GET", append(c.header, "HX-Request", "true")...))
		if got := resp.Header.Get("HX-Redirect"); got != c.want || resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("%v: %s to %q, want %q", c.header, resp.Status, got, c.want)
		}
	}
}

// TestNextIsAPageThatCanBeShown: after the login the browser asks for it by GET.
func TestNextIsAPageThatCanBeShown(t *testing.T) {
	for _, c := range []struct {
		method, referer, loginURL, want string
	}{
		{"POST", "", "", "/accounts/login/"},
		{"POST", "http://example.com/form?a=b#c", "", "/accounts/login/?next=/form%3Fa%3Db"},
		{"POST", "http://example.com", "", "/accounts/login/?next=/"},
		{"POST", "http://example.com:80/form", "", "/accounts/login/"}, // no browser writes it
		{"POST", "https://example.com/form", "", "/accounts/login/?next=/form"},
		{"POST", "http://evil.example/form", "", "/accounts/login/"},
		{"POST", "http://example.com@evil.example/form", "", "/accounts/login/"},
		{"POST", "http://example.com//evil.example/form", "", "/accounts/login/?next=/%252Fevil.example/form"},
		{"POST", "/form", "", "/accounts/login/"},
		{"POST", "//evil.example", "", "/accounts/login/"},
		{"POST", "javascript:alert(1)", "", "/accounts/login/"},
		{"POST", "http://example.com/accounts/login/?next=/x", "", "/accounts/login/"},
		{"POST", "http://example.com/form", "https://sso.example/in", "https://sso.example/in?next=http%3A//example.com/form"},
		{"POST", "", "https://sso.example/in?a=b", "https://sso.example/in?a=b"},
		{"HEAD", "http://example.com/form", "", "/accounts/login/?next=/private%3Fx%3D1"},
		{"GET", "http://example.com/form", "", "/accounts/login/?next=/private%3Fx%3D1"},
	} {
		s := newSite(t, &auth.Options{LoginURL: c.loginURL})
		gate := s.auth.RequireLogin(http.HandlerFunc(hello))
		resp := s.send(gate.ServeHTTP, "", asks(c.method, "Referer", c.referer, "Accept", browserAccept))
		if got := resp.Header.Get("Location"); got != c.want || resp.StatusCode != http.StatusFound {
			t.Errorf("%s from %s: %s to %s, want %s", c.method, c.referer, resp.Status, got, c.want)
		}
	}
}

// TestHostWithItsPortIsTheSameHost, for the way to the login page and back.
func TestHostWithItsPortIsTheSameHost(t *testing.T) {
	s := newSite(t, &auth.Options{
		LoginURL: "https://example.com/in", IsSecure: func(*http.Request) bool { return true },
	})
	for _, host := range []string{"example.com", "EXAMPLE.com", "example.com:443"} {
		r := asks("POST", "Referer", "https://example.com/form", "Accept", browserAccept)
		r.Host = host
		if got := s.auth.LoginRedirect(r); got != "https://example.com/in?next=/form" {
			t.Errorf("%s: %s", host, got)
		}
		r = asks("GET")
		r.Host = host
		r.URL.RawQuery = "next=https://example.com/a"
		if got := s.auth.SafeNext(r, "/home"); got != "https://example.com/a" {
			t.Errorf("%s: next %s", host, got)
		}
	}
}

// TestLoginRequiredAnswersFirst, and leaves to the rules what it does not answer.
func TestLoginRequiredAnswersFirst(t *testing.T) {
	s := newSite(t, &auth.Options{LoginRequired: func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("X-Up-Version") == "" {
			return false
		}
		http.Error(w, fmt.Sprint("for ", auth.From(r)), http.StatusTeapot)
		return true
	}})
	gate := s.auth.RequireFresh(time.Hour, http.HandlerFunc(hello))
	for key, name := range map[string]string{"": "AnonymousUser", s.stale(t): "alice"} {
		resp := s.send(gate.ServeHTTP, key, asks("GET", "X-Up-Version", "3"))
		if text := body(t, resp); resp.StatusCode != http.StatusTeapot || text != "for "+name+"\n" {
			t.Errorf("%s %q", resp.Status, text)
		}
		if resp := s.send(gate.ServeHTTP, key, asks("GET")); resp.StatusCode != http.StatusFound {
			t.Errorf("without the header: %s", resp.Status)
		}
	}
}

// stale logs alice in long ago.
func (s *site) stale(t *testing.T) string {
	t.Helper()
	resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
		if err := s.auth.Login(r, alice()); err != nil {
			t.Error(err)
		}
		session.From(r).Set("_login_time", time.Now().Add(-24*time.Hour).Unix())
	}, "")
	return sessionKey(t, resp)
}

func TestForbiddenIsInWhatIsAccepted(t *testing.T) {
	s := newSite(t, nil)
	gate := s.auth.Require(func(auth.User) bool { return false }, http.HandlerFunc(hello))
	for accept, want := range map[string]string{
		"application/json": "application/json", "": "text/plain; charset=utf-8",
		browserAccept: "text/html; charset=utf-8",
	} {
		resp := s.send(gate.ServeHTTP, s.login(t, alice()), asks("GET", "Accept", accept))
		if resp.StatusCode != http.StatusForbidden || resp.Header.Get("Content-Type") != want ||
			!strings.Contains(body(t, resp), "You may not see this page.") {
			t.Errorf("%q: %s %v", accept, resp.Status, resp.Header)
		}
	}
}

// TestLinkOfARefusalIsNotMarkup, whatever is in the address of the login page.
func TestLinkOfARefusalIsNotMarkup(t *testing.T) {
	s := newSite(t, &auth.Options{LoginURL: `/in?from="><script>&'`})
	r := asks("GET", "X-Requested-With", "XMLHttpRequest", "Accept", "text/html")
	resp := s.send(s.auth.RequireLogin(http.HandlerFunc(hello)).ServeHTTP, "", r)
	page := body(t, resp)
	_, link, _ := strings.Cut(page, `href="`)
	link, _, closed := strings.Cut(link, `"`)
	if !closed || strings.Contains(page, "<script") || !strings.Contains(page, `">Log in</a>`) ||
		html.UnescapeString(link) != s.auth.LoginRedirect(r) {
		t.Error(page)
	}
}

// TestAnyRouterCanBeClosed: one that does not say which handler it runs, like chi.
func TestAnyRouterCanBeClosed(t *testing.T) {
	s := newSite(t, &auth.Options{LoginURL: "/in"})
	router := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "page "+r.URL.EscapedPath())
	})
	open := func(r *http.Request) bool { return r.URL.Path == "/about" || r.URL.Path == "/in/x" }
	for _, c := range []struct {
		gate   http.Handler
		target string
		passes bool
	}{
		{s.auth.RequireLoginEverywhere(router), "/in", true},
		{s.auth.RequireLoginEverywhere(router), "/about", false},
		{s.auth.RequireLoginEverywhere(router, open), "/about", true},
		{s.auth.RequireLoginEverywhere(router, open), "/in", true},
		{s.auth.RequireLoginEverywhere(router, open), "/about/", false},
		{s.auth.RequireLoginEverywhere(router, open), "/", false},
		{s.auth.RequireLoginEverywhere(router, open), "/%61bout", false}, // the router may see another page
		{s.auth.RequireLoginEverywhere(router, open), "/in%2Fx", false},
		{s.auth.RequireLoginEverywhere(router, open), "/%69n", false},
		{s.auth.RequireLoginEverywhere(router, func(*http.Request) bool { return false }, open), "/about", true},
		{s.auth.RequireLoginEverywhere(auth.Public(router)), "/", false}, // the mark is for what is registered
	} {
		resp := s.send(c.gate.ServeHTTP, "", httptest.NewRequest("GET", c.target, nil))
		if passes := resp.StatusCode == http.StatusOK; passes != c.passes {
			t.Errorf("%s: %s", c.target, resp.Status)
		}
		if vary := resp.Header.Get("Vary") != ""; vary == c.passes {
			t.Errorf("%s: Vary %q", c.target, resp.Header.Get("Vary"))
		}
		resp = s.send(c.gate.ServeHTTP, s.login(t, alice()), httptest.NewRequest("GET", c.target, nil))
		if resp.StatusCode != http.StatusOK {
			t.Errorf("a user at %s: %s", c.target, resp.Status)
		}
	}
}

// TestLoginPageBelowAPrefixIsOpen: the site is mounted below a path, which LoginURL has, and
// which is stripped before. The page would send visitors to itself for ever.
func TestLoginPageBelowAPrefixIsOpen(t *testing.T) {
	s := newSite(t, &auth.Options{LoginURL: "/app/login/"})
	all := http.HandlerFunc(hello)
	below := http.StripPrefix("/app", s.auth.RequireLoginEverywhere(all))
	rewritten := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = r.Header.Get("X-Rewrite-URL")
		s.auth.RequireLoginEverywhere(all).ServeHTTP(w, r)
	})
	for _, c := range []struct {
		site    http.Handler
		target  string
		rewrite string
		opens   bool
	}{
		{below, "/app/login/", "", true},
		{below, "/app/login/?next=/app/x", "", true},
		{below, "/app/", "", false},
		{below, "/app/x/login/", "", false},
		{below, "/app/%6Cogin/", "", false},
		{rewritten, "/app/login/", "/secret", false},
		{rewritten, "/app/login/", "/", false},
	} {
		r := httptest.NewRequest("GET", c.target, nil)
		r.Header.Set("X-Rewrite-URL", c.rewrite)
		if resp := s.send(c.site.ServeHTTP, "", r); (resp.StatusCode == http.StatusOK) != c.opens {
			t.Errorf("%s %s: %s", c.target, c.rewrite, resp.Status)
		}
	}
}
