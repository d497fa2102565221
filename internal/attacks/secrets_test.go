package attacks

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/settings"
	sites "github.com/jamsession/jamsession/site"
)

// TestA15RotationOfTheSecret: what was signed with an older secret is valid
// while that is a fallback, is signed anew with the newest when it is used,
// and is worthless when the fallback is gone.
func TestA15RotationOfTheSecret(t *testing.T) {
	for _, engine := range []string{"db", "signed_cookies"} {
		t.Run(engine, func(t *testing.T) {
			database := "sqlite:///" + filepath.Join(t.TempDir(), "site.db")
			at := func(secret, fallbacks string) *site {
				return open(t, map[string]string{
					"SECRET_KEY": secret, "SECRET_KEY_FALLBACKS": fallbacks,
					"SESSION_ENGINE": engine, "DATABASE_URL": database,
				})
			}
			one, two, three := secretKey, secretKey[10:]+secretKey[:10], secretKey[20:]+secretKey[:20]
			v := at(one, "").visitor(t)
			v.login("alice")
			away := v.site.visitor(t) // does not come between the two rotations
			away.login("alice")
			user, err := v.site.Users().ByUsername(t.Context(), "alice")
			if err != nil {
				t.Fatal(err)
			}
			link := v.site.Tokens.Make(user)

			v.site = v.moveTo(at(two, one))
			if who := v.get("/whoami"); who != "[alice]" {
				t.Fatalf("with the old secret as a fallback: %s", who)
			}
			user, err = v.site.Users().ByUsername(t.Context(), "alice")
			if err != nil || !v.site.Tokens.Check(user, link) {
				t.Errorf("a link that was mailed before is not good, error %v", err)
			}
			v.site = v.moveTo(at(three, two))
			if who := v.get("/whoami"); who != "[alice]" {
				t.Errorf("after a second rotation: %s", who)
			}
			if who := v.site.thief(t, away.key()); who != "" {
				t.Errorf("a session with the first secret is still %s", who)
			}
			if v.site.Tokens.Check(user, link) {
				t.Error("a link with the first secret is still good")
			}
		})
	}
}

// moveTo takes the visitor's cookies to another program of the same site.
func (v *visitor) moveTo(next *site) *site {
	v.t.Helper()
	from, to := mustURL(v.t, v.site.url), mustURL(v.t, next.url)
	v.http.Jar.SetCookies(to, v.http.Jar.Cookies(from))
	return next
}

// TestA21NothingSecretIsLogged: a whole site is used and abused with all logs
// on, and no password, key, token or hash is in them, in its audit log, or in its metrics.
func TestA21NothingSecretIsLogged(t *testing.T) {
	for engine, vars := range engines {
		t.Run(engine, func(t *testing.T) {
			audit := &syncBuffer{}
			s := openWith(t, vars, &sites.Options{AuditLogger: slog.New(slog.NewJSONHandler(audit, nil))})
			v := s.visitor(t)
			v.get("/set?x=1")
			secrets := map[string]string{
				"password": "SENTINEL", "SECRET_KEY": secretKey, "anonymous key": v.key(), "token": v.get("/form"),
			}
			v.login("alice", "remember", "1")
			secrets["key"], secrets["csrf cookie"] = v.key(), v.cookie("csrftoken")
			user, err := s.Users().ByUsername(t.Context(), "alice")
			if err != nil {
				t.Fatal(err)
			}
			secrets["hash"] = user.Password
			v.abuse(secrets["key"])
			v.changesPassword()
			secrets["new key"] = v.key()
			v.post("/logout")
			if err := s.Close(); err != nil { // all stores fail from now on
				t.Error(err)
			}
			v.http.Jar.SetCookies(mustURL(t, s.url), []*http.Cookie{{Name: "sessionid", Value: secrets["new key"]}})
			v.abuse(secrets["new key"])
			log := s.log.String() + audit.String() + s.metrics()
			for _, kind := range []auth.EventKind{
				auth.EventLogin, auth.EventLoginFailed, auth.EventPasswordWrong, auth.EventPasswordChanged,
				auth.EventLogout, auth.EventCSRFFailed,
			} {
				if !strings.Contains(audit.String(), `"event":"`+string(kind)+`"`) || s.Metrics.Count(kind) == 0 {
					t.Errorf("%s is not in the audit log, or not counted", kind)
				}
			}
			if !strings.Contains(log, "goroutine") || !strings.Contains(log, "csrf") {
				t.Errorf("the log has no panic, or no refusal: %.300s", log)
			}
			for name, secret := range secrets {
				if secret == "" || strings.Contains(log, secret) {
					t.Errorf("%s %.6q is in the log, or empty", name, secret)
				}
			}
		})
	}
}

// metrics returns what Prometheus reads.
func (s *site) metrics() string {
	w := httptest.NewRecorder()
	s.Metrics.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

// abuse sends what a site logs.
func (v *visitor) abuse(key string) {
	v.t.Helper()
	v.do(http.MethodPost, "/login", url.Values{"password": {password}, "username": {password}}, nil)
	v.post("/login", "username", "alice", "password", password+"x")
	v.post("/password", "old", password+"x", "new", password)
	v.do(http.MethodPost, "/logout", nil, map[string]string{"X-CSRFToken": key})
	v.http.Timeout = 0
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, v.site.url+"/panic", nil)
	if err != nil {
		v.t.Fatal(err)
	}
	if resp, err := v.http.Do(r); err == nil { // a panic cuts the connection
		_ = resp.Body.Close()
	}
	for _, cookie := range []string{
		"sessionid=" + key + "x", "sessionid=" + strings.ToUpper(key), "messages=" + key, "csrftoken=" + key,
	} {
		v.do(http.MethodGet, "/notes", nil, map[string]string{"Cookie": cookie})
	}
}

// TestA30NoValueSplitsAHeader: what a visitor sends comes back in cookies and
// in Location, and makes no header of its own; nor does a setting.
func TestA30NoValueSplitsAHeader(t *testing.T) {
	for _, name := range []string{
		"SESSION_COOKIE_NAME", "SESSION_COOKIE_DOMAIN", "SESSION_COOKIE_PATH", "CSRF_COOKIE_NAME", "CSRF_COOKIE_DOMAIN",
		"CSRF_COOKIE_PATH",
	} {
		_, err := settings.Load(settings.Sources{Flags: map[string]string{name: "/a\r\nX-Evil: 1"}})
		if err == nil {
			t.Errorf("%s with a line break is taken", name)
		}
	}
	s := open(t, map[string]string{"SESSION_ENGINE": "signed_cookies"})
	for _, evil := range []string{
		"/\r\nX-Evil: 1", "\r\nX-Evil: 1", "/%0d%0aX-Evil: 1", "/\nX-Evil: 1", "/\rX-Evil: 1", "/\u2028X-Evil: 1",
		"/\x00X-Evil: 1", "/\u560d\u560aX-Evil: 1",
	} {
		v := s.visitor(t)
		form := url.Values{
			"username": {"alice"}, "password": {password}, "next": {evil}, "csrfmiddlewaretoken": {v.get("/form")},
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/login", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := v.http.Do(r)
		if err != nil {
			t.Fatalf("%q: %v", evil, err)
		}
		_ = resp.Body.Close()
		if resp.Header.Get("X-Evil") != "" || resp.StatusCode != http.StatusSeeOther {
			t.Errorf("%q: %d, headers %v", evil, resp.StatusCode, resp.Header)
		}
		v.get("/set?x=" + url.QueryEscape(evil))
		if who := v.get("/whoami"); who != "[alice]" {
			t.Errorf("%q: the visitor is %s", evil, who)
		}
	}
}
