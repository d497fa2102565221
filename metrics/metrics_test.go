package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/health"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/metrics"
	"github.com/jamsession/jamsession/session"
)

// read returns what Prometheus would read.
func read(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if got := w.Header().Get("Content-Type"); got != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("Content-Type is %q", got)
	}
	return w.Body.String()
}

// expect fails for each line that is not there.
func expect(t *testing.T, m *metrics.Metrics, lines ...string) {
	t.Helper()
	got := strings.Split(read(t, m), "\n")
	for _, line := range lines {
		if slices.Contains(got, line) {
			continue
		}
		name := line[:strings.LastIndex(line, " ")]
		i := slices.IndexFunc(got, func(l string) bool { return strings.HasPrefix(l, name+" ") })
		if i < 0 {
			t.Errorf("there is not %s", name)
			continue
		}
		t.Errorf("%s, want %s", got[i], line)
	}
}

func TestWorkIsCounted(t *testing.T) {
	m := metrics.New(nil)
	for _, w := range []session.Work{
		{Op: session.OpLoad, Took: 200 * time.Microsecond},
		{Op: session.OpLoad, Took: 3 * time.Millisecond, Err: fmt.Errorf("x: %w", session.ErrNotFound)},
		{Op: session.OpLoad, Took: time.Minute, Err: context.DeadlineExceeded},
		{Op: session.OpLoad, Err: fmt.Errorf("x: %w", context.Canceled)},
		{Op: session.OpCreate},
		{Op: session.OpSave},
		{Op: session.OpSave},
		{Op: session.OpSave, Err: session.ErrConflict},
		{Op: session.OpSave, Err: session.ErrNotFound},
		{Op: session.OpSave, Err: session.ErrTooLarge},
		{Op: session.OpDelete},
		{Op: session.OpDelete, Err: session.ErrNotFound},
		{Op: session.OpClear, N: 41},
		{Op: session.OpClear, N: 1, Err: errors.New("down")},
		{Op: session.OpLimit, Took: time.Second},
		{Op: session.OpLimit, Err: session.ErrUnavailable},
		{Op: session.OpLogin, Err: auth.ErrNoMatch},
		{Op: session.OpHash},
		{Op: session.OpHash, Took: -time.Second}, // by a clock that was set
		{Op: session.OpHashWait, Err: password.ErrBusy},
		{Op: -1},
		{Op: session.OpHash + 1}, // of a later version
	} {
		m.End(m.Begin(t.Context(), w.Op), w)
	}
	expect(
		t, m,
		`jamsession_store_seconds_bucket{op="load",le="0.0001"} 1`,
		`jamsession_store_seconds_bucket{op="load",le="0.00025"} 2`,
		`jamsession_store_seconds_bucket{op="load",le="0.0025"} 2`,
		`jamsession_store_seconds_bucket{op="load",le="0.005"} 3`,
		`jamsession_store_seconds_bucket{op="load",le="10"} 3`,
		`jamsession_store_seconds_bucket{op="load",le="+Inf"} 4`,
		`jamsession_store_seconds_sum{op="load"} 60.0032`,
		`jamsession_store_seconds_count{op="load"} 4`,
		`jamsession_store_errors_total{op="load"} 1`,
		`jamsession_store_errors_total{op="save"} 0`,
		`jamsession_store_errors_total{op="delete"} 0`,
		`jamsession_store_errors_total{op="clear"} 1`,
		`jamsession_sessions_total{event="loaded"} 1`,
		`jamsession_sessions_total{event="missed"} 1`,
		`jamsession_sessions_total{event="created"} 1`,
		`jamsession_sessions_total{event="saved"} 2`,
		`jamsession_sessions_total{event="conflict"} 1`,
		`jamsession_sessions_total{event="interrupted"} 1`,
		`jamsession_sessions_total{event="deleted"} 1`,
		`jamsession_sessions_total{event="cleared"} 42`,
		`jamsession_limiter_seconds_count 2`,
		`jamsession_limiter_seconds_bucket{le="1"} 2`,
		`jamsession_limiter_seconds_bucket{le="0.5"} 1`,
		`jamsession_limiter_errors_total 1`,
		`jamsession_login_seconds_count 1`,
		`jamsession_hash_seconds_count 2`,
		`jamsession_hash_seconds_sum 0`,
		`jamsession_hash_wait_seconds_count 1`,
		`jamsession_hash_refused_total 1`,
	)
	if n := m.CountSessions("conflict"); n != 1 {
		t.Errorf("CountSessions(conflict) = %d", n)
	}
	if n := m.CountSessions("none such"); n != 0 {
		t.Errorf("CountSessions of another word = %d", n)
	}
}

func TestEventsAreCounted(t *testing.T) {
	m := metrics.New(nil)
	for _, e := range []auth.Event{
		{Kind: auth.EventLogin, Method: "password"},
		{Kind: auth.EventLogin, Method: "other"},
		{Kind: auth.EventLoginFailed, Method: "password"},
		{Kind: auth.EventLoginFailed, Method: `a label of a visitor"}`},
		{Kind: auth.EventLoginUnavailable, Method: "password"},
		{Kind: auth.EventLimited, Purpose: "login", Bucket: "device source"},
		{Kind: auth.EventLimited, Purpose: "password reset", Bucket: "source"},
		{Kind: auth.EventLimited, Purpose: "of a program", Bucket: ""},
		{Kind: auth.EventCSRFFailed, Reason: "token"},
		{Kind: auth.EventCSRFFailed, Reason: "a text"},
		{Kind: auth.EventDeviceEnded},
		{Kind: "of a program"},
	} {
		m.Event(t.Context(), e)
	}
	expect(
		t, m,
		`jamsession_logins_total{result="ok",method="password"} 1`,
		`jamsession_logins_total{result="ok",method="other"} 1`,
		`jamsession_logins_total{result="failed",method="password"} 1`,
		`jamsession_logins_total{result="failed",method="other"} 1`,
		`jamsession_logins_total{result="unavailable",method="password"} 1`,
		`jamsession_logins_total{result="limited",method="password"} 1`,
		`jamsession_throttled_total{purpose="login",bucket="device source"} 1`,
		`jamsession_throttled_total{purpose="password reset",bucket="source"} 1`,
		`jamsession_throttled_total{purpose="other",bucket="other"} 1`,
		`jamsession_csrf_failures_total{reason="token"} 1`,
		`jamsession_csrf_failures_total{reason="other"} 1`,
		`jamsession_security_events_total{event="limited"} 3`,
		`jamsession_security_events_total{event="device_ended"} 1`,
		`jamsession_security_events_total{event="other"} 1`,
	)
	if text := read(t, m); strings.Contains(text, "visitor") || strings.Contains(text, "program") {
		t.Error("a label is not of the closed set")
	}
	if n := m.Count(auth.EventLimited); n != 3 {
		t.Errorf("Count(limited) = %d", n)
	}
}

// TestPromtoolReadsTheMetrics: what Prometheus itself says of them.
func TestPromtoolReadsTheMetrics(t *testing.T) {
	tool, err := exec.LookPath("promtool")
	if err != nil {
		servertest.Missing(t, "promtool")
	}
	h := noerror.In(health.New(nil, health.Store(memstore.New())))
	m := metrics.New(&metrics.Options{Health: h, Sockets: func() int { return 7 }})
	m.Event(t.Context(), auth.Event{Kind: auth.EventLimited, Purpose: "login", Bucket: "device source"})
	m.End(t.Context(), session.Work{Op: session.OpLoad, Took: time.Millisecond})
	cmd := exec.CommandContext(t.Context(), tool, "check", "metrics")
	cmd.Stdin = strings.NewReader(read(t, m))
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool: %v\n%s", err, out)
	}
	cmd = exec.CommandContext(t.Context(), tool, "check", "metrics")
	cmd.Stdin = strings.NewReader("# TYPE x counter\nx{a=\"b\"} one\n")
	if err := cmd.Run(); err == nil {
		t.Error("promtool takes everything")
	}
}

func TestOnlyReadsAreAnswered(t *testing.T) {
	for method, status := range map[string]int{"GET": 200, "HEAD": 200, "POST": 405, "DELETE": 405} {
		w := httptest.NewRecorder()
		metrics.New(nil).ServeHTTP(w, httptest.NewRequest(method, "/metrics", nil))
		if w.Code != status {
			t.Errorf("%s: %d, want %d", method, w.Code, status)
		}
	}
}

// TestHistoryIsOfTheLastDay: each event is in the minute in which it came, for a day.
func TestHistoryIsOfTheLastDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := metrics.New(nil)
		event := func(n int) {
			for range n {
				m.Event(t.Context(), auth.Event{Kind: auth.EventLogin})
			}
		}
		if got := m.History(auth.EventLogin, 1, 3); !slices.Equal(got, []int{0, 0, 0}) {
			t.Errorf("before the first: %v", got)
		}
		event(1)
		time.Sleep(time.Minute)
		event(2)
		time.Sleep(2 * time.Minute)
		event(3)
		if got := m.History(auth.EventLogin, 1, 5); !slices.Equal(got, []int{0, 1, 2, 0, 3}) {
			t.Errorf("by minutes: %v", got)
		}
		if got := m.History(auth.EventLogin, 2, 2); !slices.Equal(got, []int{3, 3}) {
			t.Errorf("by two minutes: %v", got)
		}
		if got := m.History(auth.EventLogout, 5, 2); !slices.Equal(got, []int{0, 0}) {
			t.Errorf("of another kind: %v", got)
		}
		time.Sleep(24*time.Hour - 3*time.Minute)
		if got := m.History(auth.EventLogin, 24*60, 1); got[0] != 5 {
			t.Errorf("a day after the first: %v, want 5", got)
		}
		time.Sleep(48 * time.Hour)
		event(1)
		if got := m.History(auth.EventLogin, 60, 25); got[24] != 1 || slices.Max(got[:24]) != 0 {
			t.Errorf("two days later: %v", got)
		}
	})
}

// TestSocketsAreCounted when somebody reads, if there is who knows.
func TestSocketsAreCounted(t *testing.T) {
	n := 0
	m := metrics.New(&metrics.Options{Sockets: func() int { n += 1_000_000; return n }})
	expect(t, m, `jamsession_sockets_open 1000000`)
	expect(t, m, `jamsession_sockets_open 2000000`)
	if strings.Contains(read(t, metrics.New(nil)), "jamsession_sockets_open") {
		t.Error("it is there, and nobody knows")
	}
}

// TestUpIsAsked: the metrics say which parts answer.
func TestUpIsAsked(t *testing.T) {
	h := noerror.In(health.New(
		&health.Options{Logger: slog.New(slog.DiscardHandler)}, health.Store(memstore.New()),
		health.Check{Name: "mail", Ask: func(context.Context) error { return errors.New("down") }},
	))
	expect(t, metrics.New(&metrics.Options{Health: h}), `jamsession_up{part="store"} 1`, `jamsession_up{part="mail"} 0`)
}

// TestCountingAtOnce: nothing is lost, and what is read is whole.
func TestCountingAtOnce(t *testing.T) {
	m := metrics.New(nil)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				m.End(t.Context(), session.Work{Op: session.OpLoad})
				m.Event(t.Context(), auth.Event{Kind: auth.EventLogin, Method: "password"})
			}
		})
	}
	all.Go(func() {
		last := uint64(0)
		for range 100 {
			read(t, m)
			if n := m.CountSessions("loaded"); n < last {
				t.Errorf("a counter goes from %d to %d", last, n)
			} else {
				last = n
			}
		}
	})
	all.Wait()
	expect(
		t, m, `jamsession_store_seconds_count{op="load"} 8000`, `jamsession_sessions_total{event="loaded"} 8000`,
		`jamsession_logins_total{result="ok",method="password"} 8000`,
	)
	if got := m.History(auth.EventLogin, 2, 1); got[0] != 8000 {
		t.Errorf("the history has %d", got[0])
	}
}
