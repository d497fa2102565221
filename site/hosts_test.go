package site_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

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
