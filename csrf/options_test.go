package csrf_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/csrf"
)

func TestNewAllowsNil(t *testing.T) {
	if _, err := csrf.New(nil); err != nil {
		t.Error(err)
	}
}

func TestNewRefusesOptions(t *testing.T) {
	for _, c := range []struct {
		options csrf.Options
		want    string // in the error
	}{
		{csrf.Options{Cookie: cookie.Options{Name: "__Host-a", Domain: "example.com"}}, "__Host-"},
		{csrf.Options{Cookie: cookie.Options{Name: "a b"}}, "Name"},
		{csrf.Options{Cookie: cookie.Options{Path: "/;"}}, "Path"},
		{csrf.Options{Cookie: cookie.Options{Domain: "a\r\n"}}, "Domain"},
	} {
		if _, err := csrf.New(&c.options); err == nil ||
			!strings.HasPrefix(err.Error(), "csrf: Options.Cookie: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.options, err)
		}
	}
}

func TestNewRefusesInvalidOrigins(t *testing.T) {
	for entry, want := range map[string]string{
		"":                          "no scheme or host",
		"example.com":               "no scheme or host",
		".example.com":              "no scheme or host",
		"https://":                  "no scheme or host",
		"*":                         "no scheme or host",
		"://example.com":            "more than an origin",
		"https://example.com/":      "more than an origin",
		"https://example.com/a":     "more than an origin",
		"https://example.com?a":     "more than an origin",
		"https://me@example.com":    "more than an origin",
		"https://a.com b.com":       "more than an origin",
		"https://ü.com":             "write punycode: https://xn--tda.com",
		"https://[::1":              "more than an origin",
		"*://example.com":           "more than an origin",
		"https://*":                 `one "*"`,
		"https://*.":                `one "*"`,
		"https://*example.com":      `one "*"`,
		"https://a.*.com":           `one "*"`,
		"https://*.*.com":           `one "*"`,
		"https://.example.com":      `one "*"`,
		"https://example.com:443":   "default port",
		"http://*.example.com:80":   "default port",
		"https://example.com:8443/": "more than an origin",
	} {
		_, err := csrf.New(&csrf.Options{TrustedOrigins: []string{"https://good.com", entry}})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `"`+entry+`"`) {
			t.Errorf("%q: %v", entry, err)
		}
	}
}

func TestTrustedOriginsInAnyCase(t *testing.T) {
	r := post(secret, secret)
	r.Header.Set("Origin", "https://a.example.com")
	p := protect(t, csrf.Options{TrustedOrigins: []string{"HTTPS://*.Example.COM"}})
	if err := p.Check(r); err != nil {
		t.Error(err)
	}
}

func TestCookieAttributes(t *testing.T) {
	for _, c := range []struct {
		about   string
		options csrf.Options
		host    string
		tls     bool
		want    string // after the value, without expires
	}{
		{"default", csrf.Options{}, "example.com", true, "; HttpOnly; Max-Age=31449600; Path=/; SameSite=Lax; Secure"},
		{
			"proxy that ends TLS",
			csrf.Options{},
			"example.com", false,
			"; HttpOnly; Max-Age=31449600; Path=/; SameSite=Lax; Secure",
		},
		{"loopback", csrf.Options{}, "localhost:8000", false, "; HttpOnly; Max-Age=31449600; Path=/; SameSite=Lax"},
		{
			"loopback over TLS",
			csrf.Options{},
			"localhost", true,
			"; HttpOnly; Max-Age=31449600; Path=/; SameSite=Lax; Secure",
		},
		{
			"loopback and SecureAlways",
			csrf.Options{Cookie: cookie.Options{Secure: cookie.SecureAlways}},
			"localhost", false,
			"; HttpOnly; Max-Age=31449600; Path=/; SameSite=Lax; Secure",
		},
		{
			"loopback and prefix",
			csrf.Options{Cookie: cookie.Options{Name: "__Host-csrf"}},
			"localhost", false,
			"; HttpOnly; Max-Age=31449600; Path=/; SameSite=Lax; Secure",
		},
		{
			"loopback and Secure",
			csrf.Options{IsSecure: func(*http.Request) bool { return true }},
			"localhost", false, "; HttpOnly; Max-Age=31449600; Path=/; SameSite=Lax; Secure",
		},
		{
			"SecureNeverUnsafe",
			csrf.Options{Cookie: cookie.Options{Secure: cookie.SecureNeverUnsafe}},
			"example.com", true,
			"; HttpOnly; Max-Age=31449600; Path=/; SameSite=Lax",
		},
		{
			"a century", // its seconds exceed 32 bits
			csrf.Options{CookieAge: 100 * 365 * 24 * time.Hour},
			"example.com", true, "; HttpOnly; Max-Age=3153600000; Path=/; SameSite=Lax; Secure",
		},
		{"browser's end", csrf.Options{CookieAge: -1}, "example.com", true, "; HttpOnly; Path=/; SameSite=Lax; Secure"},
		{
			"all",
			csrf.Options{
				CookieAge: time.Hour,
				Cookie: cookie.Options{
					Name: "c", Domain: "example.com", Path: "/a", SameSite: http.SameSiteNoneMode,
					Partitioned: true, Scriptable: true,
				},
			},
			"example.com", true,
			"; Domain=example.com; Max-Age=3600; Partitioned; Path=/a; SameSite=None; Secure",
		},
		{
			"no SameSite",
			csrf.Options{Cookie: cookie.Options{SameSite: http.SameSiteDefaultMode}},
			"example.com", true,
			"; HttpOnly; Max-Age=31449600; Path=/; Secure",
		},
	} {
		t.Run(c.about, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Host = c.host
			if c.tls {
				r.TLS = &tls.ConnectionState{}
			}
			line := serve(protect(t, c.options).Handler(view), r).Header.Get("Set-Cookie")
			var got strings.Builder
			for part := range strings.SplitSeq(line, "; ") {
				if !strings.HasPrefix(part, "expires=") && got.Len() > 0 {
					got.WriteString("; " + part)
				} else if got.Len() == 0 {
					name, _, _ := strings.Cut(part, "=")
					got.WriteString(name)
				}
			}
			name := c.options.Cookie.Name
			if name == "" {
				name = "csrftoken"
			}
			if got.String() != name+c.want {
				t.Errorf("got %s", line)
			}
		})
	}
}
