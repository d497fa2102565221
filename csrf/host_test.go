package csrf_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/csrf"
)

// TestHostInAnySpellingIsTheSame: proxies and programs write the Host with the default
// port, or in capitals; the Origin of a browser is neither.
func TestHostInAnySpellingIsTheSame(t *testing.T) {
	for _, c := range []struct {
		host, origin, referer string
		tls, passes           bool
	}{
		{"example.com:443", "https://example.com", "", true, true},
		{"EXAMPLE.com", "https://example.com", "", true, true},
		{"Example.Com:443", "https://example.com", "", true, true},
		{"example.com:443", "", "https://example.com/form", true, true},
		{"EXAMPLE.com:443", "", "https://example.com/form", true, true},
		{"example.com:80", "http://example.com", "", false, true},
		{"EXAMPLE.com:8000", "http://example.com:8000", "", false, true},
		{"[::1]:443", "https://[::1]", "", true, true},

		{"example.com:80", "https://example.com", "", true, false},
		{"example.com:443", "http://example.com", "", false, false},
		{"example.com:8443", "https://example.com", "", true, false},
		{"example.com:443", "http://example.com", "", true, false},
		{"example.com:443", "https://evil.example", "", true, false},
		{"example.com:443", "", "https://evil.example/", true, false},
		{"", "https://", "", true, false},
	} {
		r := post(secret, secret)
		r.Host = c.host
		r.Header.Del("Origin")
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		if c.referer != "" {
			r.Header.Set("Referer", c.referer)
		}
		if r.TLS = nil; c.tls {
			r.TLS = &tls.ConnectionState{}
		}
		for name, o := range map[string]csrf.Options{
			"alone": {}, "with a second layer": {CrossOrigin: http.NewCrossOriginProtection()},
		} {
			if err := protect(t, o).Check(r); (err == nil) != c.passes {
				t.Errorf("%s: Host %q, Origin %q, Referer %q: %v", name, c.host, c.origin, c.referer, err)
			}
		}
	}
}

// TestRefusalSaysWhatWasCompared, and which setting to change.
func TestRefusalSaysWhatWasCompared(t *testing.T) {
	for _, c := range []struct {
		host, origin string
		tls          bool
		want         []string
	}{
		{"127.0.0.1:8000", "https://www.example.com", false, []string{
			"http://127.0.0.1:8000", "www.example.com is this site", "USE_X_FORWARDED_HOST", "CSRF_TRUSTED_ORIGINS",
		}},
		{"example.com", "https://example.com", false, []string{"http://example.com", "SECURE_PROXY_SSL_HEADER"}},
		{"example.com:443", "http://example.com", true, []string{"https://example.com", "open it on HTTPS"}},
		{"example.com", "null", false, []string{"http://example.com", "no-referrer"}},
	} {
		var log bytes.Buffer
		p := protect(t, csrf.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		r := post(secret, secret)
		r.Host = c.host
		r.Header.Set("Origin", c.origin)
		if c.tls {
			r.TLS = &tls.ConnectionState{}
		}
		var e *csrf.Error
		if err := p.Check(r); !errors.As(err, &e) {
			t.Fatalf("%s to %s: %v", c.origin, c.host, err)
		}
		page := body(t, serve(p.Handler(view), r))
		for _, want := range append(c.want, c.origin) {
			if want != c.origin && !strings.Contains(e.Advice, want) {
				t.Errorf("%s to %s: %q does not say %q", c.origin, c.host, e.Advice, want)
			}
			if !strings.Contains(page, want) || !strings.Contains(log.String(), want) {
				t.Errorf("%s to %s: %q is not on the page, or not in the log: %s", c.origin, c.host, want, &log)
			}
		}
	}
}

func TestAdviceIsShort(t *testing.T) {
	r := post(secret, secret)
	r.Host, r.Method = strings.Repeat("x", 100_000), http.MethodPost
	r.Header.Set("Origin", "http://"+strings.Repeat("y", 100_000))
	var e *csrf.Error
	if err := protect(t, csrf.Options{}).Check(r); !errors.As(err, &e) || len(e.Advice) > 1000 {
		t.Errorf("%d bytes", len(e.Advice))
	}
}

func handshake(origin ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://example.com/socket", nil)
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "websocket")
	r.Header["Origin"] = origin
	if origin == nil {
		r.Header.Del("Origin")
	}
	return r
}

// TestHandshakesOfOtherSitesAreRefused: a page of any site can send the handshake of a
// WebSocket with the visitor's cookies, and read what it gets.
func TestHandshakesOfOtherSitesAreRefused(t *testing.T) {
	p := protect(t, csrf.Options{TrustedOrigins: []string{"https://*.trusted.example"}})
	crossSite := handshake()
	crossSite.Header.Set("Sec-Fetch-Site", "cross-site")
	sibling := handshake()
	sibling.Header.Set("Sec-Fetch-Site", "same-site")
	twice := handshake("http://example.com", "http://evil.example")
	overHTTP2 := handshake("http://evil.example")
	overHTTP2.Method = http.MethodConnect
	overHTTP2.Header.Del("Upgrade")
	overHTTP2.Header[":protocol"] = []string{"websocket"}
	list := handshake("http://evil.example")
	list.Header.Set("Upgrade", "h2c, WebSocket/13")
	for name, r := range map[string]*http.Request{
		"another site":      handshake("http://evil.example"),
		"another scheme":    handshake("https://example.com"),
		"another port":      handshake("http://example.com:8000"),
		"a sandbox":         handshake("null"),
		"an empty origin":   handshake(""),
		"two origins":       twice,
		"no origin":         crossSite,
		"a sibling":         sibling,
		"over HTTP/2":       overHTTP2,
		"several protocols": list,
	} {
		var e *csrf.Error
		if err := p.Check(r); !errors.Is(err, csrf.ErrOrigin) || !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
		res := serve(p.Handler(view), r)
		if res.StatusCode != http.StatusForbidden || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s: %s %v", name, res.Status, res.Header)
		}
	}
	overHTTP2 = overHTTP2.Clone(t.Context())
	overHTTP2.Header.Set("Origin", "http://example.com")
	removed := handshake()
	removed.Header.Set("Sec-Fetch-Site", "same-origin")
	for name, r := range map[string]*http.Request{
		"this site":     handshake("http://example.com"),
		"no origin":     removed,
		"a trusted one": handshake("https://www.trusted.example"),
		"a program":     handshake(),
		"over HTTP/2":   overHTTP2,
	} {
		if err := p.Check(r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUpgradeHeaderOpensNothing: a form that claims to be a handshake needs its token.
func TestUpgradeHeaderOpensNothing(t *testing.T) {
	r := post(secret, other)
	r.Header.Set("Upgrade", "websocket")
	if err := protect(t, csrf.Options{}).Check(r); !errors.Is(err, csrf.ErrToken) {
		t.Errorf("got %v", err)
	}
}
