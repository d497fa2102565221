package site_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/site"
)

// headerCases are settings in the words of both sides.
var headerCases = []struct {
	here   map[string]string
	django string
}{
	{nil, ""},
	{map[string]string{"SECURE_HSTS_SECONDS": "31536000"}, "SECURE_HSTS_SECONDS=31536000"},
	{
		map[string]string{"SECURE_HSTS_SECONDS": "60", "SECURE_HSTS_INCLUDE_SUBDOMAINS": "true"},
		"SECURE_HSTS_SECONDS=60, SECURE_HSTS_INCLUDE_SUBDOMAINS=True",
	},
	{
		map[string]string{
			"SECURE_HSTS_SECONDS": "60", "SECURE_HSTS_INCLUDE_SUBDOMAINS": "true", "SECURE_HSTS_PRELOAD": "true",
		},
		"SECURE_HSTS_SECONDS=60, SECURE_HSTS_INCLUDE_SUBDOMAINS=True, SECURE_HSTS_PRELOAD=True",
	},
	{map[string]string{"SECURE_HSTS_PRELOAD": "true"}, "SECURE_HSTS_PRELOAD=True"},
	{
		map[string]string{"SECURE_CONTENT_TYPE_NOSNIFF": "false", "SECURE_REFERRER_POLICY": ""},
		"SECURE_CONTENT_TYPE_NOSNIFF=False, SECURE_REFERRER_POLICY=None",
	},
	{
		map[string]string{"SECURE_REFERRER_POLICY": "no-referrer, strict-origin", "X_FRAME_OPTIONS": "sameorigin"},
		"SECURE_REFERRER_POLICY='no-referrer, strict-origin', X_FRAME_OPTIONS='sameorigin'",
	},
	{map[string]string{"SECURE_SSL_REDIRECT": "true"}, "SECURE_SSL_REDIRECT=True"},
	{
		map[string]string{"SECURE_SSL_REDIRECT": "true", "SECURE_SSL_HOST": "secure.example.com:8443"},
		"SECURE_SSL_REDIRECT=True, SECURE_SSL_HOST='secure.example.com:8443'",
	},
	{
		map[string]string{"SECURE_SSL_REDIRECT": "true", "SECURE_REDIRECT_EXEMPT": "^healthz$,^a/"},
		"SECURE_SSL_REDIRECT=True, SECURE_REDIRECT_EXEMPT=['^healthz$', '^a/']",
	},
}

// headerPaths are asked for over HTTP and HTTPS. The page sets headers of its own
// if its name says so.
var headerPaths = []string{"/", "/healthz", "/a/b?c=d%20e&f", "/healthz/x", "/own", "/%C3%A9?%0d%0aX:y"}

var headerNames = []string{
	"Strict-Transport-Security", "X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options", "Location",
}

type headerAnswer struct {
	Status  int
	Headers map[string]string
}

// TestHeadersAreDjangos compares with SecurityMiddleware and
// XFrameOptionsMiddleware.
func TestHeadersAreDjangos(t *testing.T) {
	var cases []string
	for _, c := range headerCases {
		cases = append(cases, "dict("+c.django+")")
	}
	paths, _ := json.Marshal(headerPaths)
	names, _ := json.Marshal(headerNames)
	out := djangotest.Site(t, tempFile(t), goodKey).Run(`
import json
from django.http import HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django.test import RequestFactory, override_settings
def page(request):
    response = HttpResponse("page")
    if request.path == "/own":
        response["X-Frame-Options"], response["Referrer-Policy"] = "ALLOW", "origin"
        response["Strict-Transport-Security"] = "max-age=1"
    return response
def ask(path, secure):
    request = RequestFactory().generic("GET", path, secure=secure, SERVER_NAME="example.com",
        SERVER_PORT="443" if secure else "80")
    response = XFrameOptionsMiddleware(SecurityMiddleware(page))(request)
    return {"Status": response.status_code, "Headers": {n: response[n] for n in ` + string(names) + ` if n in response}}
answers = []
for case in [` + strings.Join(cases, ", ") + `]:
    with override_settings(ALLOWED_HOSTS=["example.com"], **case):
        answers.append([[ask(p, s) for s in (False, True)] for p in ` + string(paths) + `])
print(json.dumps(answers))
`)
	var want [][][2]headerAnswer
	if err := json.Unmarshal([]byte(out), &want); err != nil {
		t.Fatal(err)
	}
	for i, c := range headerCases {
		site := migrated(t, c.here)
		h := site.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/own" {
				w.Header().Set("X-Frame-Options", "ALLOW")
				w.Header().Set("Referrer-Policy", "origin")
				w.Header().Set("Strict-Transport-Security", "max-age=1")
			}
		}))
		for j, path := range headerPaths {
			for k, scheme := range []string{"http", "https"} {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, scheme+"://example.com"+path, nil))
				got := headerAnswer{w.Code, map[string]string{}}
				for _, name := range headerNames {
					if lines := w.Header().Values(name); len(lines) > 0 {
						got.Headers[name] = strings.Join(lines, " and ")
					}
				}
				if !reflect.DeepEqual(got, want[i][j][k]) {
					t.Errorf("%s, %s over %s:\n got %v\nwant %v", c.django, path, scheme, got, want[i][j][k])
				}
			}
		}
	}
}

// migrated opens a site of its own with these settings.
func migrated(t *testing.T, vars map[string]string) *site.Site {
	t.Helper()
	return open(t, tempFile(t), vars)
}

// TestEveryAnswerHasTheSecureHeaders, also those that no page of the site makes.
func TestEveryAnswerHasTheSecureHeaders(t *testing.T) {
	site := migrated(t, map[string]string{
		"ALLOWED_HOSTS": "example.com", "SECURE_HSTS_SECONDS": "31536000", "SECURE_SSL_REDIRECT": "true",
	})
	h := site.Handler(site.Auth.RequireLogin(http.NotFoundHandler()))
	for about, c := range map[string]struct {
		method, url string
		status      int
		down        bool
	}{
		"redirect to HTTPS": {"GET", "http://example.com/", 301, false},
		"redirect to login": {"GET", "https://example.com/", 302, false},
		"foreign host":      {"GET", "https://example.org/", 400, false},
		"forged":            {"POST", "https://example.com/", 403, false},
		"database is down":  {"GET", "https://example.com/", 503, true},
	} {
		if c.down {
			defer func() {
				_ = site.Database.DB.Close()
				_ = site.Database.Readers.Close()
				checkHeaders(t, h, about, c.method, c.url, c.status)
			}()
			continue
		}
		checkHeaders(t, h, about, c.method, c.url, c.status)
	}
}

func checkHeaders(t *testing.T, h http.Handler, about, method, url string, status int) {
	t.Helper()
	r := httptest.NewRequest(method, url, nil)
	r.Header.Set("Cookie", "sessionid="+strings.Repeat("a", 32))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != status {
		t.Errorf("%s: %d, want %d", about, w.Code, status)
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY",
		"Cross-Origin-Opener-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000",
	} {
		if status == http.StatusMovedPermanently && name == "Strict-Transport-Security" {
			want = "" // over plain HTTP
		}
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %s: %q, want %q", about, name, got, want)
		}
	}
	isAnswerOfTheLibrary := status != http.StatusFound
	if policy := w.Header().Get("Content-Security-Policy"); isAnswerOfTheLibrary &&
		(!strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'")) {
		t.Errorf("%s: Content-Security-Policy: %q", about, policy)
	}
}

// TestRedirectToHTTPSLeadsNowhereElse, whatever the target of the request is.
func TestRedirectToHTTPSLeadsNowhereElse(t *testing.T) {
	h := migrated(t, map[string]string{"SECURE_SSL_REDIRECT": "true"}).Handler(http.NotFoundHandler())
	for _, target := range []string{"/", "*", ".evil.com/", "@evil.com/", "//evil.com/", ":80@evil.com"} {
		r := httptest.NewRequest(http.MethodGet, "http://example.com/", nil)
		r.URL.Path, r.URL.Opaque = "", target
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if to := w.Header().Get("Location"); !strings.HasPrefix(to, "https://example.com/") {
			t.Errorf("%s: to %s", target, to)
		}
	}
	for _, host := range []string{"", "evil.com/x", "a b", "evil.com@example.com", "example.com\\.evil.com"} {
		r := httptest.NewRequest(http.MethodGet, "http://example.com/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest {
			t.Errorf("Host %q: %d to %s", host, w.Code, w.Header().Get("Location"))
		}
	}
}

// TestProxySaysHTTPS: behind a proxy that ends TLS, its header counts.
func TestProxySaysHTTPS(t *testing.T) {
	h := migrated(t, map[string]string{
		"SECURE_SSL_REDIRECT": "true", "SECURE_HSTS_SECONDS": "60",
		"SECURE_PROXY_SSL_HEADER": "HTTP_X_FORWARDED_PROTO,https",
	}).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for proto, want := range map[string]int{"https": 200, "http": 301} {
		r := httptest.NewRequest(http.MethodGet, "http://example.com/", nil)
		r.Header.Set("X-Forwarded-Proto", proto)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if hsts := w.Header().Get("Strict-Transport-Security"); w.Code != want || (hsts != "") != (want == 200) {
			t.Errorf("%s: %d, HSTS %q", proto, w.Code, hsts)
		}
	}
}
