package csrf_test

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/csrf"
)

// A browser is a visitor of a real server, over TLS or not.
type browser struct {
	*http.Client
	t      *testing.T
	server *httptest.Server
}

func visit(t *testing.T, server *httptest.Server) browser {
	t.Helper()
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := server.Client()
	client.Jar = jar
	return browser{client, t, server}
}

func (b browser) token() string {
	b.t.Helper()
	res, err := b.Get(b.server.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	return body(b.t, res)
}

// send posts a form. The headers are pairs of name and value.
func (b browser) send(token string, headers ...string) int {
	b.t.Helper()
	form := url.Values{"csrfmiddlewaretoken": {token}}.Encode()
	r, err := http.NewRequest("POST", b.server.URL, strings.NewReader(form))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// gorilla/csrf CVE-2025-24358, nosurf CVE-2025-46721: on a server's request
// the URL has no scheme, so that the checks for TLS never ran.
func TestSourceOverTLS(t *testing.T) {
	b := visit(t, httptest.NewTLSServer(protect(t, csrf.Options{}).Handler(view)))
	own := b.server.URL
	twin := strings.Replace(own, "https:", "http:", 1)
	token := b.token()
	for _, c := range []struct {
		about   string
		headers []string
		want    int
	}{
		{"own origin", []string{"Origin", own}, http.StatusOK},
		{"own page", []string{"Referer", own + "/form?a=b#c"}, http.StatusOK},
		{"own origin, no Referer", []string{"Origin", own, "Referer", ""}, http.StatusOK},
		{"neither", nil, http.StatusForbidden},
		{"HTTP twin", []string{"Origin", twin}, http.StatusForbidden},
		{"page of the HTTP twin", []string{"Referer", twin + "/"}, http.StatusForbidden},
		{"other origin", []string{"Origin", "https://evil.com"}, http.StatusForbidden},
		{"other page", []string{"Referer", "https://evil.com/"}, http.StatusForbidden},
		{"other origin, own page", []string{"Origin", "https://evil.com", "Referer", own}, http.StatusForbidden},
		{"sandboxed frame", []string{"Origin", "null"}, http.StatusForbidden},
		{"other port", []string{"Origin", "https://127.0.0.1"}, http.StatusForbidden},
		{"page on another port", []string{"Referer", "https://127.0.0.1/"}, http.StatusForbidden},
		{"own host as user", []string{"Referer", own + "@evil.com/"}, http.StatusForbidden},
		{"own host as path", []string{"Referer", "https://evil.com/" + own}, http.StatusForbidden},
		{"own host as prefix", []string{"Origin", own + ".evil.com"}, http.StatusForbidden},
		{"two origins", []string{"Origin", own + "," + own}, http.StatusForbidden},
	} {
		if got := b.send(token, c.headers...); got != c.want {
			t.Errorf("%s: %d, want %d", c.about, got, c.want)
		}
	}
	if got := b.send(other, "Origin", own); got != http.StatusForbidden {
		t.Errorf("own origin and a wrong token: %d", got)
	}
}

func TestSourceOverPlainHTTP(t *testing.T) {
	b := visit(t, httptest.NewServer(protect(t, csrf.Options{}).Handler(view)))
	own := b.server.URL
	token := b.token() // the loopback host gets a cookie that is not Secure
	for _, c := range []struct {
		about   string
		headers []string
		want    int
	}{
		{"own origin", []string{"Origin", own}, http.StatusOK},
		{"old browser", nil, http.StatusOK},
		{"HTTPS twin", []string{"Origin", strings.Replace(own, "http:", "https:", 1)}, http.StatusForbidden},
		{"other origin", []string{"Origin", "http://evil.com"}, http.StatusForbidden},
		{"sandboxed frame", []string{"Origin", "null"}, http.StatusForbidden},
	} {
		if got := b.send(token, c.headers...); got != c.want {
			t.Errorf("%s: %d, want %d", c.about, got, c.want)
		}
	}
}

// gokapi CVE-2026-29084: a login form is a target, too, before there is any
// session.
func TestForgedLoginIsRefused(t *testing.T) {
	b := visit(t, httptest.NewTLSServer(protect(t, csrf.Options{}).Handler(view)))
	if got := b.send(secret, "Origin", "https://evil.com"); got != http.StatusForbidden {
		t.Errorf("from another site: %d", got)
	}
	if got := b.send(secret, "Origin", b.server.URL); got != http.StatusForbidden {
		t.Errorf("without cookie: %d", got)
	}
}

// gorilla/csrf CVE-2025-47909: of a trusted origin only the host counted.
func TestTrustedOriginsKeepTheirScheme(t *testing.T) {
	h := protect(t, csrf.Options{TrustedOrigins: []string{
		"https://a.com", "https://*.b.com", "http://c.com", "https://d.com:8443", "capacitor://localhost",
	}}).Handler(view)
	for _, c := range []struct {
		origin string
		want   int
	}{
		{"https://a.com", http.StatusOK},
		{"https://b.com", http.StatusOK},
		{"https://x.y.b.com", http.StatusOK},
		{"http://c.com", http.StatusOK},
		{"https://d.com:8443", http.StatusOK},
		{"capacitor://localhost", http.StatusOK},
		{"http://a.com", http.StatusForbidden},
		{"http://x.b.com", http.StatusForbidden},
		{"https://c.com", http.StatusForbidden},
		{"https://d.com", http.StatusForbidden},
		{"https://d.com:8444", http.StatusForbidden},
		{"https://x.a.com", http.StatusForbidden},
		{"https://xb.com", http.StatusForbidden},
		{"https://x.b.com:444", http.StatusForbidden},
		{"https://x.b.com/", http.StatusForbidden},
		{"https://b.com.evil.com", http.StatusForbidden},
		{`https://evil.com\.b.com`, http.StatusForbidden},
		{"HTTPS://a.com", http.StatusForbidden},
		{"", http.StatusForbidden},
	} {
		r := post(secret, secret)
		r.Header.Set("Origin", c.origin)
		if res := serve(h, r); res.StatusCode != c.want {
			t.Errorf("Origin %q: %s", c.origin, res.Status)
		}
		if !strings.HasPrefix(c.origin, "http") || strings.HasSuffix(c.origin, "/") {
			continue
		}
		r = post(secret, secret)
		r.TLS = &tls.ConnectionState{}
		r.Header.Del("Origin")
		r.Header.Set("Referer", c.origin+"/page")
		want := c.want
		if strings.HasPrefix(c.origin, "http:") {
			want = http.StatusForbidden // over HTTPS the Referer must be, too
		}
		if res := serve(h, r); res.StatusCode != want {
			t.Errorf("Referer %s: %s", c.origin, res.Status)
		}
	}
}

func TestRefererOfTheCookieDomain(t *testing.T) {
	for _, c := range []struct {
		domain, host, referer string
		want                  error
	}{
		{".example.com", "a.example.com", "https://b.example.com/", nil},
		{".example.com", "a.example.com:8443", "https://example.com:8443/", nil},
		{".example.com", "a.example.com:443", "https://example.com/", nil},
		{".example.com", "a.example.com:8443", "https://example.com/", csrf.ErrReferer},
		{"example.com", "a.example.com", "https://a.example.com/", csrf.ErrReferer},
		{"", "a.example.com", "https://example.com/", csrf.ErrReferer},
		{"", "", "https:///", csrf.ErrReferer},
	} {
		r := post(secret, secret)
		r.TLS, r.Host = &tls.ConnectionState{}, c.host
		r.Header.Del("Origin")
		r.Header.Set("Referer", c.referer)
		if err := protect(t, csrf.Options{Cookie: cookie.Options{Domain: c.domain}}).Check(r); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestMissingHostMatchesNothing(t *testing.T) {
	r := post(secret, secret)
	r.Host = ""
	r.Header.Set("Origin", "http://")
	if err := protect(t, csrf.Options{}).Check(r); !errors.Is(err, csrf.ErrOrigin) {
		t.Errorf("got %v", err)
	}
}

func TestEveryOtherMethodIsChecked(t *testing.T) {
	h := protect(t, csrf.Options{}).Handler(nothing)
	for method, want := range map[string]int{
		"GET": http.StatusOK, "HEAD": http.StatusOK, "OPTIONS": http.StatusOK, "TRACE": http.StatusOK,
		"POST": http.StatusForbidden, "PUT": http.StatusForbidden, "PATCH": http.StatusForbidden,
		"DELETE": http.StatusForbidden, "CONNECT": http.StatusForbidden, "get": http.StatusForbidden,
		"QUERY": http.StatusForbidden, "PROPFIND": http.StatusForbidden,
	} {
		r := httptest.NewRequest("POST", "/?_method=GET", strings.NewReader("_method=GET"))
		r.Method = method
		r.Header.Set("X-HTTP-Method-Override", "GET")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if res := serve(h, r); res.StatusCode != want {
			t.Errorf("%s: %s", method, res.Status)
		}
	}
}

// CVE-2025-47910: a pattern to exempt matched paths that reached others.
func TestExemptHandlerStandsOutside(t *testing.T) {
	reached := ""
	mark := func(name string) http.Handler {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = name })
	}
	site := http.NewServeMux()
	site.Handle("/", mark("site"))
	site.Handle("/hook/admin", mark("admin"))
	mux := http.NewServeMux()
	mux.Handle("POST /hook/", mark("hook"))
	mux.Handle("/", protect(t, csrf.Options{}).Handler(site))
	for _, path := range []string{
		"/hook/", "/hook/admin", "/hook/../pay", "/hook/%2e%2e/pay", "//hook/", "/Hook/", "/pay",
		"/hook%2fadmin", "/hook", "/x/../hook/admin",
	} {
		reached = ""
		serve(mux, httptest.NewRequest("POST", path, nil))
		if reached != "" && reached != "hook" {
			t.Errorf("POST %s reached %s unchecked", path, reached)
		}
	}
	reached = ""
	serve(mux, httptest.NewRequest("POST", "/hook/x", nil))
	if reached != "hook" {
		t.Error("the exempt handler did not run")
	}
}

func TestSecureBehindProxy(t *testing.T) {
	o := csrf.Options{IsSecure: func(r *http.Request) bool {
		return r.Header.Get("X-Forwarded-Proto") == "https"
	}}
	h := protect(t, o).Handler(view)
	r := post(secret, secret)
	r.Header.Set("X-Forwarded-Proto", "https")
	r.Header.Set("Origin", "https://example.com")
	if res := serve(h, r); res.StatusCode != http.StatusOK {
		t.Errorf("got %s", res.Status)
	}
	r.Header.Del("Origin")
	if err := protect(t, o).Check(r); !errors.Is(err, csrf.ErrReferer) {
		t.Errorf("no Referer: %v", err)
	}
	// Without the option nobody's header counts.
	r = post(secret, secret)
	r.Header.Set("X-Forwarded-Proto", "https")
	r.Header.Set("Origin", "https://example.com")
	if err := protect(t, csrf.Options{}).Check(r); !errors.Is(err, csrf.ErrOrigin) {
		t.Errorf("untrusted header: %v", err)
	}
}
