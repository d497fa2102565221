package csrf_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/csrf"
)

func TestFailurePageSaysWhatToDo(t *testing.T) {
	h := protect(t, csrf.Options{MaxFormBytes: 10}).Handler(view)
	foreign, noReferer := post(secret, secret), post(secret, secret)
	foreign.Header.Set("Origin", "null")
	noReferer.Header.Del("Origin")
	noReferer.TLS = httptest.NewRequest("GET", "https://example.com", nil).TLS
	for _, c := range []struct {
		r      *http.Request
		status int
		want   []string
	}{
		{
			foreign, http.StatusForbidden,
			[]string{"Origin checking failed - null", "tab of its own", "TrustedOrigins"},
		},
		{
			noReferer, http.StatusForbidden,
			[]string{"no Referer", "hides which page", "no-referrer"},
		},
		{
			post("", ""), http.StatusForbidden,
			[]string{"CSRF cookie not set.", "Allow cookies", "Options.Cookie"},
		},
		{
			post(secret, ""), http.StatusRequestEntityTooLarge,
			[]string{"too large", "smaller files", "MaxFormBytes"},
		},
	} {
		res := serve(h, c.r)
		text := body(t, res)
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing in %s", want, text)
			}
		}
		if res.StatusCode != c.status || res.Header.Get("Content-Type") != "text/html; charset=utf-8" ||
			res.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s %v", res.Status, res.Header)
		}
	}
	text := body(t, serve(protect(t, csrf.Options{}).Handler(view), post(secret, other)))
	for _, want := range []string{"CSRF token from POST incorrect.", "reload it", "TemplateField"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %s", want, text)
		}
	}
}

func TestFailurePageEscapes(t *testing.T) {
	r := post(secret, secret)
	r.Header.Set("Origin", `http://<script>alert(1)</script>`)
	for _, accept := range []string{"", "text/html", "application/json", "text/plain"} {
		r.Header.Set("Accept", accept)
		res := serve(protect(t, csrf.Options{}).Handler(view), r)
		html := strings.HasPrefix(res.Header.Get("Content-Type"), "text/html")
		if text := body(t, res); html && strings.Contains(text, "<script") {
			t.Errorf("Accept %q: %s", accept, text)
		}
		if res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("Accept %q: the browser may take it for HTML", accept)
		}
	}
}

func TestFailurePageObeysItsPolicy(t *testing.T) {
	res := serve(protect(t, csrf.Options{}).Handler(view), post("", ""))
	_, rest, _ := strings.Cut(body(t, res), "<style>")
	style, _, found := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	hash := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	policy := res.Header.Get("Content-Security-Policy")
	if !found || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, hash) {
		t.Errorf("policy %s does not allow the style, %s", policy, hash)
	}
}

func TestFailurePageKeepsTheSitesPolicy(t *testing.T) {
	w := httptest.NewRecorder()
	w.Header().Set("Content-Security-Policy", "default-src 'self'")
	protect(t, csrf.Options{}).Handler(view).ServeHTTP(w, post("", ""))
	if got := w.Header().Get("Content-Security-Policy"); got != "default-src 'self'" {
		t.Errorf("got %s", got)
	}
}

// TestNoCacheKeepsAFailure, whatever the site's own handler says.
func TestNoCacheKeepsAFailure(t *testing.T) {
	o := csrf.Options{FailureHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
		w.Header().Set("Cache-Control", "public, max-age=600")
		w.WriteHeader(http.StatusForbidden)
	}}
	res := serve(protect(t, o).Handler(view), post("", ""))
	if got := res.Header.Get("Cache-Control"); got != "private, no-store" || res.Header.Get("Vary") != "Cookie" {
		t.Errorf("Cache-Control %q, Vary %q", got, res.Header.Get("Vary"))
	}
}

func TestFailureForScripts(t *testing.T) {
	const html, text = "text/html; charset=utf-8", "text/plain; charset=utf-8"
	for _, c := range []struct{ accept, dest, with, want string }{
		{"", "", "", html},
		{"*/*", "", "", html},
		{"text/html,application/xhtml+xml,*/*;q=0.8", "document", "", html},
		{"text/html, application/json", "", "", html},
		{"*/*", "empty", "", text},
		{"*/*", "", "XMLHttpRequest", text},
		{"text/plain", "", "", text},
		{"application/json", "empty", "", "application/json"},
		{"application/problem+json, */*", "", "", "application/json"},
	} {
		r := post("", "")
		r.Header.Set("Accept", c.accept)
		r.Header.Set("Sec-Fetch-Dest", c.dest)
		r.Header.Set("X-Requested-With", c.with)
		res := serve(protect(t, csrf.Options{}).Handler(view), r)
		if got := res.Header.Get("Content-Type"); got != c.want || res.StatusCode != http.StatusForbidden {
			t.Errorf("%+v: %s %s", c, res.Status, got)
		}
		answer := body(t, res)
		if !strings.Contains(answer, "CSRF cookie not set.") {
			t.Errorf("%+v: %s", c, answer)
		}
		if c.want == "application/json" && !json.Valid([]byte(answer)) {
			t.Errorf("%+v: %s", c, answer)
		}
	}
}

func TestFailureHandler(t *testing.T) {
	h := protect(t, csrf.Options{
		FailureHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if !errors.Is(err, csrf.ErrToken) {
				t.Errorf("got %v", err)
			}
			http.Error(w, csrf.Token(r), http.StatusTeapot) // a page with a form
		},
	}).Handler(view)
	res := serve(h, post(secret, other))
	if token, _ := csrf.ParseToken(strings.TrimSpace(body(t, res))); token != secret ||
		res.StatusCode != http.StatusTeapot {
		t.Errorf("%s, token %q", res.Status, token)
	}
}

func TestReasonIsShort(t *testing.T) {
	r := post(secret, secret)
	r.Header.Set("Origin", strings.Repeat("x", 100_000))
	if err := protect(t, csrf.Options{}).Check(r); len(err.Error()) > 400 {
		t.Errorf("%d bytes", len(err.Error()))
	}
}

func TestReasonHoldsNoAddress(t *testing.T) {
	r := post(secret, secret)
	r.TLS = httptest.NewRequest("GET", "https://example.com", nil).TLS
	r.Header.Del("Origin")
	r.Header.Set("Referer", "https://www.example.com/reset/MQ/c0ffee-token/?a=b")
	const want = "csrf: Referer checking failed - https://www.example.com does not match any trusted origins."
	if err := protect(t, csrf.Options{}).Check(r); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}
