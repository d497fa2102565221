package auth_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
)

func hello(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, "Hello "+fmt.Sprint(auth.From(r)))
}

func TestRequireLoginSendsAnonymousVisitorsToTheLogin(t *testing.T) {
	tests := []struct {
		loginURL, target, host string
		want                   string
	}{
		{"", "/who?x=1", "h", "/accounts/login/?next=/who%3Fx%3D1"},
		{"", "/", "h", "/accounts/login/?next=/"},
		{"", "/caf%C3%A9?a=%20b", "h", "/accounts/login/?next=/caf%25C3%25A9%3Fa%3D%2520b"},
		{"", "//evil.example/x", "h", "/accounts/login/?next=/%252Fevil.example/x"},
		{"/in?a=b", "/p", "h", "/in?a=b&next=/p"},
		{"/in?next=old", "/p", "h", "/in?next=/p"},
		{"http://h/in", "/p", "h", "http://h/in?next=/p"},
		{"https://h/in", "/p", "h", "https://h/in?next=http%3A//h/p"},
		{"https://sso.example/in", "/p?q", "h:8000", "https://sso.example/in?next=http%3A//h%3A8000/p%3Fq"},
	}
	for _, test := range tests {
		s := newSite(t, &auth.Options{LoginURL: test.loginURL})
		gate := s.auth.RequireLogin(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			t.Error("the handler ran")
		}))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RequestURI, r.Host = test.target, test.host
		resp := s.send(gate.ServeHTTP, "", r)
		if got := resp.Header.Get("Location"); got != test.want || resp.StatusCode != http.StatusFound {
			t.Errorf("%s from %s: %s to %s, want %s", test.loginURL, test.target, resp.Status, got, test.want)
		}
		if !strings.Contains(resp.Header.Get("Vary"), "Cookie") ||
			!strings.Contains(resp.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("headers %v", resp.Header)
		}
	}
}

func TestRequireLoginBelowStripPrefixComesBackToTheWholePath(t *testing.T) {
	s := newSite(t, nil)
	h := http.StripPrefix("/app", s.auth.RequireLogin(http.HandlerFunc(hello)))
	resp := s.send(h.ServeHTTP, "", httptest.NewRequest(http.MethodGet, "/app/page?x=1", nil))
	if got := resp.Header.Get("Location"); got != "/accounts/login/?next=/app/page%3Fx%3D1" {
		t.Errorf("Location %s", got)
	}
}

func TestRequireLoginLetsUsersThrough(t *testing.T) {
	s := newSite(t, nil)
	resp := s.do(s.auth.RequireLogin(http.HandlerFunc(hello)).ServeHTTP, s.login(t, alice()))
	if text := body(t, resp); text != "Hello alice" {
		t.Errorf("%s: %q", resp.Status, text)
	}
	if got := resp.Header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("Cache-Control: %s", got)
	}
	resp = s.do(s.auth.RequireLogin(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "private, max-age=60")
	})).ServeHTTP, s.login(t, alice()))
	if got := resp.Header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("the handler's Cache-Control became %s", got)
	}
}

func TestRequireLoginNeedsNoHandlerAroundIt(t *testing.T) {
	s := newSite(t, nil)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: "sessionid", Value: s.login(t, alice())})
	w := httptest.NewRecorder()
	s.sessions.Handler(s.auth.RequireLogin(http.HandlerFunc(hello))).ServeHTTP(w, r)
	if w.Body.String() != "Hello alice" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}

func TestRequireRefusesUsersWhoMayNot(t *testing.T) {
	s := newSite(t, nil)
	s.users.change("2", func(u *auth.User) { u.IsStaff = true })
	gate := s.auth.Require(func(u auth.User) bool { return u.IsStaff }, http.HandlerFunc(hello))
	for user, want := range map[string]int{
		"": http.StatusFound, "alice": http.StatusForbidden, "bob": http.StatusOK,
	} {
		key := ""
		switch user {
		case "alice":
			key = s.login(t, alice())
		case "bob":
			key = s.login(t, bob())
		}
		resp := s.do(gate.ServeHTTP, key)
		if resp.StatusCode != want || strings.Contains(body(t, resp), "Hello") != (user == "bob") {
			t.Errorf("%q: %s", user, resp.Status)
		}
	}
}

func TestSafeNext(t *testing.T) {
	s := newSite(t, &auth.Options{LoginRedirectURL: "/home"})
	request := func(method, target, form string) *http.Request {
		r := httptest.NewRequest(method, "http://example.com"+target, strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r
	}
	tests := []struct {
		r              *http.Request
		fallback, want string
	}{
		{request("GET", "/login?next=/a", ""), "", "/a"},
		{request("POST", "/login?next=/a", "next=/b"), "", "/b"},
		{request("POST", "/login?next=/a", "x=1"), "", "/a"},
		{request("POST", "/login?next=/a", "next="), "", "/home"},
		{request("POST", "/login?next=/a", "next=//evil.example"), "", "/home"},
		{request("GET", "/login?next=//%C2%A0", ""), "", "/home"},
		{request("GET", "/login?next=http://example.com%C2%A0", ""), "", "/home"},
		{request("GET", "/login?next=%20/a", ""), "", "/home"},
		{request("GET", "/login", ""), "", "/home"},
		{request("GET", "/login", ""), "/bye", "/bye"},
		{request("GET", "/login?next=http://example.com/a", ""), "", "http://example.com/a"},
	}
	for _, test := range tests {
		if got := s.auth.SafeNext(test.r, test.fallback); got != test.want {
			t.Errorf("%s: got %s, want %s", test.r.URL, got, test.want)
		}
	}
}

func TestSafeNextOnHTTPSRefusesHTTP(t *testing.T) {
	target := "https://example.com/login?next=http://example.com/a"
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.TLS = &tls.ConnectionState{}
	if got := newSite(t, nil).auth.SafeNext(r, "/home"); got != "/home" {
		t.Errorf("got %s", got)
	}
	proxied := newSite(t, &auth.Options{IsSecure: func(*http.Request) bool { return true }})
	r.TLS = nil
	if got := proxied.auth.SafeNext(r, "/home"); got != "/home" {
		t.Errorf("behind a proxy: got %s", got)
	}
}

// TestA16NextNeverLeavesTheHost sends what has fooled other frameworks through a
// whole login, and resolves the Location as a browser does.
func TestA16NextNeverLeavesTheHost(t *testing.T) {
	s := newSite(t, nil)
	srv := loginSite(t, s)
	for _, next := range []string{
		"//evil.example", "///evil.example", "////evil.example", `/\evil.example`, `\\evil.example`,
		`\/evil.example`, `/\/evil.example`, "http://evil.example", "https://evil.example/x",
		"http:///evil.example", "https:evil.example", "http:/evil.example", "http:\\\\evil.example",
		"javascript:alert(1)", "JaVaScRiPt:alert(1)", "\njavascript:alert(1)", "java\tscript:alert(1)",
		"data:text/html,x", "/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example",
		"\x00//evil.example", "\x08//evil.example", "http://" + "h@evil.example", "//h@evil.example",
		"http://127.0.0.1@evil.example/", "//2130706433", "//[::1", "http://[::1", "ftp://h/x",
		"/%09/evil.example", "/.//evil.example", "/..//evil.example", "/x/..//evil.example",
		"//evil.example/%2f..", "/%5cevil.example", "\u3000//evil.example", "/\u200b/evil.example",
		"?next=//evil.example", "#//evil.example", ".//evil.example", "..//evil.example",
		"//\u00a0", "//\u3000", "http://127.0.0.1\u00a0", "\u00a0http://127.0.0.1", "//\u200b", "//", "//?",
		"x//evil.example", "/" + strings.Repeat("a", 3000), "/a\r\nSet-Cookie: x=1", "/ok?x=//evil.example",
	} {
		form := credentials("alice", "wonderland")
		form.Set("next", next)
		resp := post(t, browser(t, srv), srv.URL+"/login", form)
		location := resp.Header.Get("Location")
		if host := browserHost(t, srv.URL, location); host != strings.TrimPrefix(srv.URL, "http://") {
			t.Errorf("next %q: Location %q leads to %q", next, location, host)
		}
		if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Set-Cookie") == "" ||
			len(resp.Cookies()) != 1 {
			t.Errorf("next %q: %s, cookies %v", next, resp.Status, resp.Cookies())
		}
	}
}

// browserHost resolves a location the way browsers do: control characters
// inside and around are dropped, and a backslash is a slash.
func browserHost(t *testing.T, base, location string) string {
	t.Helper()
	location = strings.TrimFunc(location, func(r rune) bool { return r <= ' ' })
	location = strings.NewReplacer("\t", "", "\r", "", "\n", "", `\`, "/").Replace(location)
	from, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(location, "//") {
		location = "http://" + strings.TrimLeft(location, "/")
	}
	to, err := from.Parse(location)
	if err != nil {
		return "unparsable: " + err.Error()
	}
	if to.Opaque != "" || to.Scheme != "http" {
		return to.Scheme + ": " + to.Opaque
	}
	return to.Host
}
