package site_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
)

// TestALogoutOutlivesItsEvent: a panic in OnEvent is logged, and keeps nobody logged in, whatever
// keeps the sessions.
func TestALogoutOutlivesItsEvent(t *testing.T) {
	for _, engine := range []string{"db", "signed_cookies"} {
		t.Run(engine, func(t *testing.T) {
			var log bytes.Buffer
			s := settingsOf(t, tempFile(t), map[string]string{
				"PBKDF2_ITERATIONS": "1", "DEVICES": "db",
				"SESSION_ENGINE": "django.contrib.sessions.backends." + engine,
			})
			o := &site.Options{
				Logger:  slog.New(slog.NewTextHandler(&log, nil)),
				OnEvent: func(context.Context, auth.Event) { panic("a disk") },
			}
			if err := site.Migrate(t.Context(), s, o); err != nil {
				t.Fatal(err)
			}
			here := openWith(t, s, o)
			addUser(t, here)
			mux := http.NewServeMux()
			mux.HandleFunc("/login", func(_ http.ResponseWriter, r *http.Request) {
				user, err := here.Auth.Authenticate(r, "alice", "wonderland")
				if err == nil {
					err = here.Auth.Login(r, user)
				}
				if err != nil {
					session.Abort(r, err)
				}
			})
			mux.HandleFunc("/logout", func(_ http.ResponseWriter, r *http.Request) { here.Auth.Logout(r) })
			mux.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) {
				_, _ = w.Write([]byte(auth.From(r).Username))
			})
			h := here.Handler(mux)
			visit := func(path, cookie string) *httptest.ResponseRecorder {
				r := httptest.NewRequest(http.MethodGet, "http://example.com"+path, nil)
				r.Header.Set("Cookie", cookie)
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				return w
			}
			cookie := ""
			for _, c := range visit("/login", "").Result().Cookies() {
				cookie += c.Name + "=" + c.Value + "; "
			}
			if who := visit("/who", cookie).Body.String(); who != "alice" {
				t.Fatalf("%q is logged in", who)
			}
			if w := visit("/logout", cookie); w.Code != http.StatusOK {
				t.Errorf("the logout answers %d", w.Code)
			}
			if who := visit("/who", cookie).Body.String(); who != "" {
				t.Errorf("%s is still logged in", who)
			}
			for _, line := range []string{"auth: OnEvent panics", "devices: OnEvent panics"} {
				if !strings.Contains(log.String(), line) || strings.Contains(log.String(), "a disk") {
					t.Errorf("the log: %s", log.String())
				}
			}
		})
	}
}

// TestALogoutOfAnEndedLoginIsOne: when the table says that a login has ended, another process
// may delete its session before the logout does.
func TestALogoutOfAnEndedLoginIsOne(t *testing.T) {
	s := settingsOf(t, tempFile(t), map[string]string{"PBKDF2_ITERATIONS": "1", "DEVICES": "db"})
	if err := site.Migrate(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	here, elsewhere := openWith(t, s, nil), openWith(t, s, nil)
	addUser(t, here)
	var key string
	h := here.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if key != "" {
			here.Auth.Logout(r)
			err := elsewhere.Sessions.Delete(r.Context(), key)
			// The looks of either site may have been sooner.
			if err != nil && !errors.Is(err, session.ErrNotFound) {
				t.Error(err)
			}
			return
		}
		user, err := here.Auth.Authenticate(r, "alice", "wonderland")
		if err == nil {
			err = here.Auth.Login(r, user)
		}
		if err != nil {
			session.Abort(r, err)
		}
	}))
	visit := func() *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "http://example.com/", nil)
		r.Header.Set("Cookie", "sessionid="+key)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for _, c := range visit().Result().Cookies() {
		if c.Name == "sessionid" {
			key = c.Value
		}
	}
	if w := visit(); w.Code != http.StatusOK {
		t.Errorf("the logout answers %d", w.Code)
	}
}
