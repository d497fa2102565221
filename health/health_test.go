package health_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/health"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
)

// A database counts how often it is asked.
type database struct {
	asked atomic.Int64
	err   atomic.Pointer[error]
	block chan struct{} // it is silent until this is closed; nil: never
}

func (d *database) Ask(context.Context) error {
	d.asked.Add(1)
	if d.block != nil {
		<-d.block
	}
	if err := d.err.Load(); err != nil {
		return *err
	}
	return nil
}

func (d *database) fail(err error) { d.err.Store(&err) }

// readyz returns the status and the text for those who ask whether the site is ready.
func readyz(h *health.Health) (int, string) {
	w := httptest.NewRecorder()
	h.Ready().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	return w.Code, w.Body.String()
}

// TestAPartIsAskedOnceASecond, however many ask.
func TestAPartIsAskedOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &database{}
		h := noerror.In(health.New(nil, health.Check{Name: "database", Ask: db.Ask}))
		for second := range 3 {
			var all sync.WaitGroup
			for range 50 {
				all.Go(func() {
					if status, text := readyz(h); status != 200 || text != "database: ok\n" {
						t.Errorf("%d %q", status, text)
					}
				})
			}
			all.Wait()
			time.Sleep(999 * time.Millisecond)
			readyz(h)
			if n := db.asked.Load(); n != int64(second)+1 {
				t.Fatalf("in second %d it was asked %d times", second, n)
			}
			time.Sleep(time.Millisecond)
		}
	})
}

// TestASilentPartIsUnavailable: nobody waits longer than the limit, and it is not asked again
// before it has answered, even if it does not give up.
func TestASilentPartIsUnavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &database{block: make(chan struct{})}
		h := noerror.In(health.New(
			&health.Options{Timeout: time.Second, Logger: slog.New(slog.DiscardHandler)},
			health.Check{Name: "database", Ask: db.Ask}, health.Store(memstore.New()),
		))
		for range 5 {
			began := time.Now()
			status, text := readyz(h)
			if status != 503 || text != "database: unavailable\nstore: ok\n" {
				t.Errorf("%d %q", status, text)
			}
			if took := time.Since(began); took > 1100*time.Millisecond {
				t.Errorf("an answer took %v", took)
			}
			time.Sleep(10 * time.Second)
		}
		if n := db.asked.Load(); n != 1 {
			t.Errorf("it was asked %d times before it answered", n)
		}
		close(db.block)
		time.Sleep(2 * time.Second)
		if status, _ := readyz(h); status != 200 {
			t.Errorf("after it answered: %d", status)
		}
	})
}

// TestTheAnswerHasNoSecret: strangers read which part it is, and the log has the reason, once.
func TestTheAnswerHasNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		db := &database{}
		h := noerror.In(health.New(
			&health.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, health.Check{Name: "database", Ask: db.Ask},
		))
		db.fail(errors.New("dial 10.1.2.3: refused"))
		for range 3 {
			if status, text := readyz(h); status != 503 || text != "database: unavailable\n" {
				t.Errorf("%d %q", status, text)
			}
			time.Sleep(2 * time.Second)
		}
		db.err.Store(nil)
		readyz(h)
		synctest.Wait() // nobody waits for the log
		if n := strings.Count(log.String(), "10.1.2.3"); n != 1 || !strings.Contains(log.String(), "answers again") {
			t.Errorf("the log: %s", log.String())
		}
	})
}

// TestAPanicIsAnOutage of the part, and nobody waits for it.
func TestAPanicIsAnOutage(t *testing.T) {
	h := noerror.In(health.New(
		&health.Options{Logger: slog.New(slog.DiscardHandler)},
		health.Check{Name: "part", Ask: func(context.Context) error { panic("x") }},
	))
	if status, text := readyz(h); status != 503 || text != "part: unavailable\n" {
		t.Errorf("%d %q", status, text)
	}
}

// TestAPartThatEndsItsGoroutineIsAskedAgain, as after any other answer.
func TestAPartThatEndsItsGoroutineIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := false
		h := noerror.In(health.New(
			&health.Options{Logger: slog.New(slog.DiscardHandler)},
			health.Check{Name: "part", Ask: func(context.Context) error {
				if !left {
					left = true
					runtime.Goexit()
				}
				return nil
			}},
		))
		for _, want := range []int{503, 200} {
			if status, text := readyz(h); status != want {
				t.Errorf("%d %q, want %d", status, text, want)
			}
			time.Sleep(2 * time.Second)
		}
	})
}

// brittle is a handler of logs that panics with each line.
type brittle struct{ slog.Handler }

func (brittle) Handle(context.Context, slog.Record) error { panic("a handler") }

// TestALoggerThatPanicsStopsNothing: the next question is asked and answered as the first.
func TestALoggerThatPanicsStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &database{}
		h := noerror.In(health.New(
			&health.Options{Logger: slog.New(brittle{slog.Default().Handler()})},
			health.Check{Name: "database", Ask: db.Ask},
		))
		for i, err := range []error{errors.New("down"), nil, errors.New("down")} {
			if db.err.Store(nil); err != nil {
				db.fail(err)
			}
			want := map[bool]int{true: 200, false: 503}[err == nil]
			if status, text := readyz(h); status != want || db.asked.Load() != int64(i)+1 {
				t.Errorf("%d %q after %d questions", status, text, db.asked.Load())
			}
			time.Sleep(2 * time.Second)
		}
	})
}

// TestASilentPartIsLogged, once, though it never answers; and again when it does.
func TestASilentPartIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		db := &database{block: make(chan struct{})}
		h := noerror.In(health.New(
			&health.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, health.Check{Name: "database", Ask: db.Ask},
		))
		for range 3 {
			readyz(h)
			time.Sleep(2 * time.Second)
		}
		synctest.Wait()
		if n := strings.Count(log.String(), "does not answer"); n != 1 {
			t.Errorf("%d lines: %s", n, log.String())
		}
		close(db.block)
		time.Sleep(2 * time.Second)
		readyz(h)
		synctest.Wait()
		if n := strings.Count(log.String(), "\n"); n != 2 || !strings.Contains(log.String(), "answers again") {
			t.Errorf("after it answered: %s", log.String())
		}
	})
}

// TestAQuestionOutlivesItsVisitor: others wait for the answer.
func TestAQuestionOutlivesItsVisitor(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := noerror.In(health.New(nil, health.Check{Name: "part", Ask: func(ctx context.Context) error { return ctx.Err() }}))
	if all := h.Ask(ctx); !all[0].OK {
		t.Error("a visitor who left makes the part unavailable")
	}
}

// TestDrain: a process that is about to end is alive, and not ready.
func TestDrain(t *testing.T) {
	db := &database{}
	h := noerror.In(health.New(nil, health.Check{Name: "database", Ask: db.Ask}))
	h.Drain()
	if status, text := readyz(h); status != 503 || text != "ending\n" || db.asked.Load() != 0 {
		t.Errorf("%d %q", status, text)
	}
	w := httptest.NewRecorder()
	h.Live().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/livez", nil))
	if w.Code != 200 || w.Body.String() != "alive\n" {
		t.Errorf("/livez: %d %q", w.Code, w.Body)
	}
}

func TestOnlyReadsAreAnswered(t *testing.T) {
	h := noerror.In(health.New(nil))
	for method, status := range map[string]int{"GET": 200, "HEAD": 200, "POST": 405} {
		for _, handler := range []http.Handler{h.Live(), h.Ready()} {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequest(method, "/", nil))
			if w.Code != status || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d %v", method, w.Code, w.Header())
			}
		}
	}
}

func TestChecksAreChecked(t *testing.T) {
	ok := func(context.Context) error { return nil }
	for name, checks := range map[string][]health.Check{
		"no name":   {{Ask: ok}},
		"a label":   {{Name: `x"} 1`, Ask: ok}},
		"capitals":  {{Name: "Store", Ask: ok}},
		"no Ask":    {{Name: "store"}},
		"two":       {{Name: "store", Ask: ok}, {Name: "store", Ask: ok}},
		"long name": {{Name: strings.Repeat("x", 41), Ask: ok}},
	} {
		if _, err := health.New(nil, checks...); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := health.New(&health.Options{Timeout: -1}); err == nil {
		t.Error("a negative Timeout is taken")
	}
}
