package site_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
)

// A counter is a probe of the program's own.
type counter struct{ begun, ended atomic.Int64 }

func (c *counter) Begin(ctx context.Context, _ session.Op) context.Context {
	c.begun.Add(1)
	return ctx
}

func (c *counter) End(context.Context, session.Work) { c.ended.Add(1) }

// TestASiteIsWatched: its metrics, its audit log and the functions of the program hear of the same.
func TestASiteIsWatched(t *testing.T) {
	var audit bytes.Buffer
	var kinds, ofAuth, ofDevices []string
	var sessions, logins, all counter
	s := settingsOf(t, tempFile(t), map[string]string{
		"LOGIN_LIMIT_ACCOUNT": "2/3600", "DEVICES": "db", "PBKDF2_ITERATIONS": "1",
	})
	o := &site.Options{
		AuditLogger: slog.New(slog.NewTextHandler(&audit, nil)),
		OnEvent:     func(_ context.Context, e auth.Event) { kinds = append(kinds, string(e.Kind)) },
		Probe:       &all,
		Sessions:    func(o *session.Options) { o.Probe = &sessions },
		Auth: func(o *auth.Options) {
			o.Probe = &logins
			o.OnEvent = func(_ context.Context, e auth.Event) { ofAuth = append(ofAuth, string(e.Kind)) }
		},
		Devices: func(o *devices.Options) {
			o.OnEvent = func(e devices.Event) { ofDevices = append(ofDevices, string(e.Kind)) }
		},
	}
	if err := site.Migrate(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	here := openWith(t, s, o)
	addUser(t, here)
	h := here.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		user, err := here.Auth.Authenticate(r, "alice", r.PostFormValue("password"))
		if err == nil {
			err = here.Auth.Login(r, user)
		}
		if err == nil && here.Devices().Watching() != 0 {
			t.Error("somebody watches")
		}
		if err == nil {
			_, _, err := here.Devices().Watch(r)
			if text := metricsOf(here); err != nil || !strings.Contains(text, "\njamsession_sockets_open 1\n") {
				t.Errorf("%v, and an open socket is not counted", err)
			}
			here.Auth.Logout(r)
		}
	}))
	if _, err := here.Sessions.ByKey(t.Context(), strings.Repeat("k", 32)); err != nil {
		t.Fatal(err)
	}
	token := strings.Repeat("t", 32)
	post := func(password, token string) int {
		form := url.Values{"password": {password}, "csrfmiddlewaretoken": {token}}
		r := httptest.NewRequest(http.MethodPost, "http://example.com/", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Cookie", "csrftoken="+strings.Repeat("t", 32))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	for _, guess := range []string{"wonderland", "hunter2", "hunter2", "hunter2"} {
		if status := post(guess, token); status == http.StatusForbidden {
			t.Fatal("the form is refused")
		}
	}
	if status := post("hunter2", "x"); status != http.StatusForbidden {
		t.Errorf("a forged form: %d", status)
	}
	want := []string{
		"device_started", "login", "device_ended", "logout", "login_failed", "login_failed", "limited", "csrf_failed",
	}
	if !slices.Equal(kinds, want) {
		t.Errorf("events %q\nwant %q", kinds, want)
	}
	inAuth := slices.DeleteFunc(slices.Clone(want), func(kind string) bool { return strings.HasPrefix(kind, "device_") })
	if !slices.Equal(ofAuth, inAuth) || !slices.Equal(ofDevices, []string{"started", "ended"}) {
		t.Errorf("the program's own functions heard %q and %q", ofAuth, ofDevices)
	}
	for _, kind := range want {
		if !strings.Contains(audit.String(), "event="+kind+" ") {
			t.Errorf("%s is not in the audit log:\n%s", kind, audit.String())
		}
	}
	if strings.Contains(audit.String(), "hunter2") || strings.Contains(audit.String(), token) {
		t.Errorf("the audit log has a secret:\n%s", audit.String())
	}
	text := metricsOf(here)
	for _, line := range []string{
		`jamsession_logins_total{result="ok",method="password"} 1`,
		`jamsession_logins_total{result="failed",method="password"} 2`,
		`jamsession_logins_total{result="limited",method="password"} 1`,
		`jamsession_throttled_total{purpose="login",bucket="account"} 1`,
		`jamsession_csrf_failures_total{reason="token"} 1`,
		`jamsession_security_events_total{event="device_started"} 1`,
		`jamsession_hash_refused_total 0`, `jamsession_login_seconds_count 4`, `jamsession_limiter_seconds_count 4`,
		`jamsession_sessions_total{event="missed"} 1`, `jamsession_up{part="store"} 1`, `jamsession_up{part="database"} 1`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("the metrics lack %s:\n%s", line, text)
		}
	}
	if logins.ended.Load() != 8 || sessions.ended.Load() == 0 ||
		all.ended.Load() < logins.ended.Load()+sessions.ended.Load() || all.begun.Load() != all.ended.Load() {
		t.Errorf("the probes heard %d, %d, %d of %d", logins.ended.Load(), sessions.ended.Load(), all.ended.Load(), all.begun.Load())
	}
}

func metricsOf(here *site.Site) string {
	w := httptest.NewRecorder()
	here.Metrics.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

// TestAClosedSiteIsNotReady, and says so.
func TestAClosedSiteIsNotReady(t *testing.T) {
	s := settingsOf(t, tempFile(t), nil)
	o := &site.Options{Logger: slog.New(slog.DiscardHandler)}
	if err := site.Migrate(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	here := openWith(t, s, o)
	if err := here.Close(); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	here.Health.Ready().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	if w.Code != http.StatusServiceUnavailable || w.Body.String() != "store: unavailable\ndatabase: unavailable\n" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}
