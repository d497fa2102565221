package site

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/session"
)

// allChanged is a value other than the default for every setting that becomes
// an option of another package.
var allChanged = map[string]string{
	"PBKDF2_ITERATIONS": "7", "STORE_TIMEOUT": "6",
	"SESSION_COOKIE_NAME": "s", "SESSION_COOKIE_AGE": "1", "SESSION_COOKIE_DOMAIN": "d.example",
	"SESSION_COOKIE_PATH": "/p", "SESSION_COOKIE_SECURE": "true", "SESSION_COOKIE_HTTPONLY": "false",
	"SESSION_COOKIE_SAMESITE": "Strict", "SESSION_EXPIRE_AT_BROWSER_CLOSE": "true",
	"SESSION_SAVE_EVERY_REQUEST": "true", "SESSION_IDLE_TIMEOUT": "2",
	"SESSION_ABSOLUTE_TIMEOUT": "3", "SESSION_REFRESH_INTERVAL": "-1",
	"CSRF_COOKIE_NAME": "c", "CSRF_COOKIE_AGE": "4", "CSRF_COOKIE_DOMAIN": "e.example", "CSRF_COOKIE_PATH": "/q",
	"CSRF_COOKIE_SECURE": "false", "CSRF_COOKIE_HTTPONLY": "true", "CSRF_COOKIE_SAMESITE": "false",
	"CSRF_HEADER_NAME": "HTTP_X_T", "CSRF_TRUSTED_ORIGINS": "https://o.example",
	"SECURE_PROXY_SSL_HEADER": "HTTP_X_P,https", "LOGIN_URL": "/in", "LOGIN_REDIRECT_URL": "/home",
}

func TestSettingsBecomeOptions(t *testing.T) {
	s := described(t, allChanged)
	got := sessionOptionsOf(t, s)
	want := &session.Options{
		CookieAge: time.Second, Cookie: cookie.Options{
			Name: "s", Domain: "d.example", Path: "/p", SameSite: http.SameSiteStrictMode,
			Scriptable: true, Secure: cookie.SecureAlways,
		},
		ExpireAtBrowserClose: true, SaveEveryRequest: true, RefreshInterval: -time.Second,
		IdleTimeout: 2 * time.Second, AbsoluteTimeout: 3 * time.Second, Timeout: 6 * time.Second,
		Probe: s.probe,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("session options %+v", got)
	}
	forms := s.csrfOptions()
	forms.IsSecure = nil
	wantForms := &csrf.Options{
		TrustedOrigins: []string{"https://o.example"}, CrossOrigin: http.NewCrossOriginProtection(), CookieAge: 4 * time.Second,
		Cookie: cookie.Options{
			Name: "c", Domain: "e.example", Path: "/q", SameSite: http.SameSiteDefaultMode,
			Secure: cookie.SecureNeverUnsafe,
		},
		HeaderName: "X-T",
	}
	if !reflect.DeepEqual(forms, wantForms) {
		t.Errorf("CSRF options %+v", forms)
	}
	login, err := s.authOptions()
	if err != nil {
		t.Fatal(err)
	}
	if login.Hashers == nil ||
		login.LoginURL != "/in" || login.LoginRedirectURL != "/home" || login.IsSecure == nil ||
		login.Timeout != 6*time.Second || login.FloorAge != time.Second {
		t.Errorf("auth options %+v", login)
	}
	hash, err := login.Hashers.Hash(t.Context(), "x")
	if err != nil || !strings.HasPrefix(hash, "pbkdf2_sha256$7$") {
		t.Errorf("hash of another cost, error %v", err)
	}
}

func TestSettingsBecomeOptionsTheOtherWayRound(t *testing.T) {
	s := described(t, map[string]string{
		"SESSION_COOKIE_SECURE": "false", "CSRF_COOKIE_SECURE": "true",
		"CSRF_COOKIE_AGE": "0", "SESSION_COOKIE_DOMAIN": "d.example", "CSRF_COOKIE_DOMAIN": "e.example",
	})
	if o := sessionOptionsOf(t, s); o.Cookie.Secure != cookie.SecureNeverUnsafe || o.Cookie.Scriptable {
		t.Errorf("session options %+v", o)
	}
	o := s.csrfOptions()
	if o.Cookie.Secure != cookie.SecureAlways || !o.Cookie.Scriptable || o.CookieAge >= 0 || o.UseSessions {
		t.Errorf("CSRF options %+v", o)
	}
	s = described(t, map[string]string{"CSRF_USE_SESSIONS": "true", "CSRF_COOKIE_DOMAIN": "e.example"})
	if o := s.csrfOptions(); !o.UseSessions || o.Cookie != (cookie.Options{}) || o.CookieAge != 0 {
		t.Errorf("CSRF options with sessions %+v", o)
	}
}

func TestProxyHeaderDecidesAsInDjango(t *testing.T) {
	tests := []struct {
		setting string
		values  []string
		tls     bool
		want    bool
	}{
		{"", nil, false, false},
		{"", nil, true, true},
		{"", []string{"https"}, false, false},
		{"HTTP_X_FORWARDED_PROTO,https", nil, false, false},
		{"HTTP_X_FORWARDED_PROTO,https", nil, true, true},
		{"HTTP_X_FORWARDED_PROTO,https", []string{"https"}, false, true},
		{"HTTP_X_FORWARDED_PROTO,https", []string{" https , http"}, false, true},
		{"HTTP_X_FORWARDED_PROTO,https", []string{"http, https"}, true, false},
		{"HTTP_X_FORWARDED_PROTO,https", []string{"http", "https"}, false, false},
		{"HTTP_X_FORWARDED_PROTO,https", []string{"HTTPS"}, false, false},
		{"HTTP_X_FORWARDED_PROTO,https", []string{""}, true, false},
	}
	for _, test := range tests {
		s := described(t, map[string]string{"SECURE_PROXY_SSL_HEADER": test.setting})
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.TLS = nil
		if test.tls {
			r.TLS = &tls.ConnectionState{}
		}
		for _, v := range test.values {
			r.Header.Add("X-Forwarded-Proto", v)
		}
		if got := secure(s.conf)(r); got != test.want {
			t.Errorf("%+v: got %t", test, got)
		}
	}
}

// sessionOptionsOf leaves out the fields that are not settings and cannot be compared.
func sessionOptionsOf(t *testing.T, s *Site) *session.Options {
	t.Helper()
	o, err := s.sessionOptions(nil)
	if err != nil || o.MayCreate == nil {
		t.Fatal("no bound for new sessions", err)
	}
	o.MayCreate = nil
	return o
}
