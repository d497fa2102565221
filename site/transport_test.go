package site_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
)

// withoutUsers opens a site that keeps its sessions in memory.
func withoutUsers(t *testing.T, o *site.Options) (*site.Site, error) {
	t.Helper()
	o.NoUsers = true
	here, err := site.Open(t.Context(), settingsOf(t, tempFile(t), map[string]string{
		"SESSION_ENGINE": "cache", "CACHE_URL": "memory://", "SESSION_COOKIE_NAME": "sid",
	}), o)
	if err == nil {
		t.Cleanup(func() { _ = here.Close() })
	}
	return here, err
}

// TestHookCanSetATransport: the cookie of the settings gives way to it, and can
// be one of its own parts.
func TestHookCanSetATransport(t *testing.T) {
	here, err := withoutUsers(t, &site.Options{Sessions: func(o *session.Options) {
		if cookies, err := session.Cookies(&o.Cookie); err == nil { // else Open says so
			o.Transport = session.Bearer(cookies)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	page := here.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		session.From(r).Set("a", 1)
	}))
	browser, mobile := httptest.NewRecorder(), httptest.NewRecorder()
	page.ServeHTTP(browser, httptest.NewRequest(http.MethodGet, "/", nil))
	if c := browser.Result().Cookies(); len(c) != 1 || c[0].Name != "sid" || browser.Header().Get(session.KeyHeader) != "" {
		t.Errorf("a browser: %v", browser.Header())
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer")
	page.ServeHTTP(mobile, r)
	if h := mobile.Header(); h.Get(session.KeyHeader) == "" || h.Get("Set-Cookie") != "" {
		t.Errorf("a mobile program: %v", h)
	}
}

// TestHookCannotContradictItself, as no options of the packages can.
func TestHookCannotContradictItself(t *testing.T) {
	if _, err := withoutUsers(t, &site.Options{CSRF: func(o *csrf.Options) { o.UseSessions = true }}); err != nil {
		t.Errorf("the secret in the session: %v", err)
	}
	for name, o := range map[string]*site.Options{
		"session": {Sessions: func(o *session.Options) {
			o.Transport, o.Cookie = session.Bearer(nil), cookie.Options{Name: "other"}
		}},
		"csrf": {CSRF: func(o *csrf.Options) { o.UseSessions, o.Cookie.Name = true, "other" }},
	} {
		if _, err := withoutUsers(t, o); err == nil {
			t.Errorf("%s: a cookie that is never sent is taken", name)
		}
	}
}
