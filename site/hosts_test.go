package site_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/site"
)

// hostHeaders are what visitors may send, with lists of hosts to allow.
var (
	hostHeaders = []string{
		"example.com", "EXAMPLE.com", "example.com.", "example.com:8000", "www.example.com", "a.b.example.com",
		"evil.com", "example.com.evil.com", "evilexample.com", "example.com@evil.com", "example.com:8000@evil.com",
		"", ".", "example.com:", "example.com:x", "example.com/evil", "example.com#evil", "exa mple.com", "[::1]",
		"[::1]:8000", "[::1", "::1", "127.0.0.1:80", "ex_ample.com", "\u0435xample.com", "example.com:80:80",
	}
	allowedHosts = []string{"example.com", ".example.com", "*", "www.example.com", "[::1]", "127.0.0.1", "EXAMPLE.COM"}
)

// TestA19ForeignHostsAreRefused: a site that knows its names answers to no
// other, and headers of proxies do not change the name.
func TestA19ForeignHostsAreRefused(t *testing.T) {
	site := open(t, tempFile(t), map[string]string{"ALLOWED_HOSTS": ".example.com"})
	page := site.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, c := range []struct {
		host, forwarded string
		code            int
	}{
		{"www.example.com", "", 200},
		{"www.example.com", "evil.com", 200}, // nobody looks at it
		{"evil.com", "", 400},
		{"evil.com", "www.example.com", 400},
		{"www.example.com@evil.com", "", 400},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = c.host
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-Host", c.forwarded)
		}
		w := httptest.NewRecorder()
		page.ServeHTTP(w, r)
		if w.Code != c.code {
			t.Errorf("Host %q, X-Forwarded-Host %q: %d, want %d", c.host, c.forwarded, w.Code, c.code)
		}
	}
}

// TestAllowedHostsAreDjangos: each header is allowed by a list just if Django
// allows it.
func TestAllowedHostsAreDjangos(t *testing.T) {
	question, err := json.Marshal(map[string][]string{"headers": hostHeaders, "allowed": allowedHosts})
	if err != nil {
		t.Fatal(err)
	}
	out := djangotest.Site(t, tempFile(t), goodKey).Run(`
import json
from django.http.request import split_domain_port, validate_host
q = json.loads(r'''` + string(question) + `''')
def allows(header, allowed):
    domain, _ = split_domain_port(header)
    return bool(domain) and validate_host(domain, [allowed])
print(json.dumps([[allows(h, a) for a in q["allowed"]] for h in q["headers"]]))
`)
	var want [][]bool
	if err := json.Unmarshal([]byte(out), &want); err != nil {
		t.Fatal(err)
	}
	for i, header := range hostHeaders {
		for j, allowed := range allowedHosts {
			if got := site.AllowsHost([]string{allowed}, header); got != want[i][j] {
				t.Errorf("ALLOWED_HOSTS=%s, Host %q: %t, Django says %t", allowed, header, got, want[i][j])
			}
		}
	}
}

// TestForwardedHostIsTheHost, for everything that looks at it, and only if the setting
// says so.
func TestForwardedHostIsTheHost(t *testing.T) {
	for _, c := range []struct {
		set       string
		host      string
		forwarded []string
		want      string // empty: refused
	}{
		{"true", "backend:8000", []string{"www.example.com"}, "www.example.com"},
		{"true", "backend:8000", []string{"WWW.example.com:443"}, "WWW.example.com:443"},
		{"true", "www.example.com", nil, "www.example.com"},
		{"true", "www.example.com", []string{"evil.com"}, ""},
		{"true", "www.example.com", []string{"evil.com, www.example.com"}, ""},
		{"true", "www.example.com", []string{"www.example.com", "www.example.com"}, ""},
		{"true", "www.example.com", []string{"www.example.com@evil.com"}, ""},
		{"true", "www.example.com", []string{""}, ""},
		{"false", "www.example.com", []string{"evil.com"}, "www.example.com"},
		{"false", "backend:8000", []string{"www.example.com"}, ""},
	} {
		site := open(t, tempFile(t), map[string]string{
			"ALLOWED_HOSTS": "www.example.com", "USE_X_FORWARDED_HOST": c.set,
		})
		got := ""
		page := site.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Host }))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = c.host
		r.Header["X-Forwarded-Host"] = c.forwarded
		w := httptest.NewRecorder()
		page.ServeHTTP(w, r)
		if got != c.want || (w.Code == 200) != (c.want != "") || r.Host != c.host {
			t.Errorf("%s, Host %s, X-Forwarded-Host %q: %d %q", c.set, c.host, c.forwarded, w.Code, got)
		}
	}
}

// TestForwardedHostIsOneHost, even if any host is allowed.
func TestForwardedHostIsOneHost(t *testing.T) {
	site := open(t, tempFile(t), map[string]string{"USE_X_FORWARDED_HOST": "true"})
	page := site.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for value, want := range map[string]int{
		"a.example": 200, "a.example, b.example": 400, "a.example/b": 400, "a b": 400, `a"b`: 400,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("X-Forwarded-Host", value)
		w := httptest.NewRecorder()
		page.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d", value, w.Code)
		}
	}
}

// TestFormsPassBehindAnyProxy: one that names the default port, one that writes capitals,
// and one that puts its own name into Host.
func TestFormsPassBehindAnyProxy(t *testing.T) {
	for name, host := range map[string]string{
		"port": "www.example.com:443", "capitals": "WWW.Example.Com", "its own": "backend:8000",
	} {
		settings := map[string]string{"SECURE_PROXY_SSL_HEADER": "HTTP_X_FORWARDED_PROTO,https"}
		if name == "its own" {
			settings["USE_X_FORWARDED_HOST"] = "true"
		}
		page := open(t, tempFile(t), settings).Handler(http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, csrf.Token(r)) }))
		send := func(method, token string, cookies []*http.Cookie) *httptest.ResponseRecorder {
			form := url.Values{"csrfmiddlewaretoken": {token}}
			r := httptest.NewRequest(method, "/", strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Host = host
			r.Header.Set("X-Forwarded-Proto", "https")
			if name == "its own" {
				r.Header.Set("X-Forwarded-Host", "www.example.com")
			}
			if method == http.MethodPost {
				r.Header.Set("Origin", "https://www.example.com")
			}
			for _, c := range cookies {
				r.AddCookie(c)
			}
			w := httptest.NewRecorder()
			page.ServeHTTP(w, r)
			return w
		}
		form := send(http.MethodGet, "", nil)
		if got := send(http.MethodPost, form.Body.String(), form.Result().Cookies()); got.Code != 200 {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
}

// TestRedirectToHTTPSLeavesThePortOfHTTP behind.
func TestRedirectToHTTPSLeavesThePortOfHTTP(t *testing.T) {
	h := open(t, tempFile(t), map[string]string{"SECURE_SSL_REDIRECT": "true"}).Handler(http.NotFoundHandler())
	r := httptest.NewRequest(http.MethodGet, "/a", nil)
	r.Host = "example.com:80"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if to := w.Header().Get("Location"); to != "https://example.com/a" {
		t.Errorf("to %s", to)
	}
}
