package password_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/internal/hashqueue"
	"github.com/jamsession/jamsession/session"
)

// blocked hashes until it is released, and has strings of its own.
type blocked struct {
	slow
	verified *atomic.Int64
}

func block() blocked {
	return blocked{slow{cheap, new(atomic.Int64), new(atomic.Int64), make(chan struct{})}, new(atomic.Int64)}
}

func (b blocked) Verify(pw, encoded string) (bool, error) {
	b.verified.Add(1)
	_, _ = b.Encode(pw)
	return strings.HasSuffix(encoded, "$"+pw), nil
}

// each is every way to ask for a hash, of a string that is known and of others.
func each(h *password.Hashers) map[string]func(context.Context) error {
	verify := func(encoded string) func(context.Context) error {
		return func(ctx context.Context) error { _, _, err := h.Verify(ctx, "secret", encoded); return err }
	}
	return map[string]func(context.Context) error{
		"Hash":              func(ctx context.Context) error { _, err := h.Hash(ctx, "secret"); return err },
		"Burn":              func(ctx context.Context) error { return h.Burn(ctx, "secret") },
		"Verify":            verify("pbkdf2_sha256$10$salt$secret"),
		"Verify of a wrong": verify("pbkdf2_sha256$10$salt$other"),
		"Verify unusable":   verify("!"),
		"Verify unknown":    verify("unknown$x"),
	}
}

// TestQueueIsBounded: with all processors and places taken, the next call of
// any method is refused at once, and no hash is made for it.
func TestQueueIsBounded(t *testing.T) {
	for name := range each(nil) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := block()
				h := hashers(t, password.Options{Hashers: []password.Hasher{b}, Parallel: 2, Queue: 3, Wait: time.Minute})
				var wg sync.WaitGroup
				for range 5 {
					wg.Go(func() {
						if err := h.Burn(t.Context(), "x"); err != nil {
							t.Errorf("one who has a place: %v", err)
						}
					})
				}
				synctest.Wait()
				begin, work := time.Now(), hashqueue.Work(h)
				for range 100 {
					err := each(h)[name](t.Context())
					if _, ok := errors.AsType[*session.RetryError](err); !ok || !errors.Is(err, password.ErrBusy) {
						t.Fatalf("error %v, want ErrBusy in a RetryError", err)
					}
				}
				if took := time.Since(begin); took != 0 || hashqueue.Work(h) != work || b.inside.Load() != 2 {
					t.Errorf("it took %v, the work %d and %d hashes at once", took, hashqueue.Work(h)-work, b.inside.Load())
				}
				close(b.release)
				wg.Wait()
				if got := hashqueue.Work(h); got != 5*10 {
					t.Errorf("the work %d, want that of 5 hashes", got)
				}
			})
		})
	}
}

// TestDefaultQueue: four wait for each that runs, and for a second.
func TestDefaultQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := block()
		h := hashers(t, password.Options{Hashers: []password.Hasher{b}, Parallel: 3, Logger: slog.New(slog.DiscardHandler)})
		begin := time.Now()
		took := make(chan time.Duration, 100)
		for range 100 {
			go func() {
				if err := h.Burn(t.Context(), "x"); err != nil {
					took <- time.Since(begin)
				}
			}()
		}
		synctest.Wait()
		if n := len(took); n != 100-3-12 {
			t.Errorf("%d of 100 are refused at once, want all but 3 that run and 12 that wait", n)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(took); n != 97 {
			t.Errorf("%d of 100 are refused after a second, want all but 3 that run", n)
		}
		close(b.release)
	})
}

// TestNobodyWaitsWithoutQueue: a negative Queue means that there is none.
func TestNobodyWaitsWithoutQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := block()
		h := hashers(t, password.Options{Hashers: []password.Hasher{b}, Parallel: 1, Queue: -1})
		go func() { _ = h.Burn(t.Context(), "x") }()
		synctest.Wait()
		if err := h.Burn(t.Context(), "x"); !errors.Is(err, password.ErrBusy) {
			t.Errorf("error %v", err)
		}
		close(b.release)
	})
}

// TestPlaceOfAVisitorWhoHasLeft: it is free at once, and the error is ErrBusy.
func TestPlaceOfAVisitorWhoHasLeft(t *testing.T) {
	for name := range each(nil) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := block()
				h := hashers(t, password.Options{Hashers: []password.Hasher{b}, Parallel: 1, Queue: 1, Wait: time.Minute})
				go func() { _ = h.Burn(t.Context(), "x") }()
				synctest.Wait()
				for range 10 { // only one of them has room at a time
					ctx, cancel := context.WithCancel(t.Context())
					got := make(chan error)
					go func() { got <- each(h)[name](ctx) }()
					synctest.Wait()
					cancel()
					err := <-got
					if !errors.Is(err, password.ErrBusy) || !errors.Is(err, context.Canceled) {
						t.Fatalf("error %v, want ErrBusy and context.Canceled", err)
					}
				}
				if err := each(h)[name](canceled(t)); !errors.Is(err, password.ErrBusy) {
					t.Errorf("already gone: error %v", err)
				}
				close(b.release)
			})
		})
	}
}

func canceled(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// TestVerifyEntersOnce: a wrong password costs one turn, though it may take
// several hashes. Nobody comes between them.
func TestVerifyEntersOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := block()
		h := hashers(t, password.Options{
			Hashers:  []password.Hasher{must(password.PBKDF2SHA1(10)), b},
			Parallel: 1, Queue: 2, Wait: time.Second, Logger: slog.New(slog.DiscardHandler),
		})
		errs := make(chan error, 3)
		go func() { _, _, err := h.Verify(t.Context(), "wrong", "pbkdf2_sha256$10$salt$other"); errs <- err }()
		synctest.Wait()
		for range 2 {
			go func() { errs <- h.Burn(t.Context(), "x") }()
		}
		synctest.Wait()
		close(b.release)
		for range 3 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	})
}

// TestHalfDoneAttemptIsNotRefused: of hashes that belong together the first may
// be refused, and the others wait, in a full queue and for longer than a
// stranger would.
func TestHalfDoneAttemptIsNotRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := block()
		h := hashers(t, password.Options{
			Hashers: []password.Hasher{b}, Parallel: 1, Queue: 1, Wait: time.Second, Logger: slog.New(slog.DiscardHandler),
		})
		visitor, gone := context.WithCancel(t.Context())
		together := hashqueue.Together(visitor, h)
		if hashqueue.Together(together, h) != together {
			t.Error("what is together is made so once more")
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := h.Burn(together, "first"); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		b.release <- struct{}{}
		wg.Wait()
		for range 2 { // one runs, one waits
			go func() { _ = h.Burn(t.Context(), "x") }()
		}
		synctest.Wait()
		if err := h.Burn(hashqueue.Together(t.Context(), h), "x"); !errors.Is(err, password.ErrBusy) {
			t.Errorf("another attempt: %v", err)
		}
		second := make(chan error)
		go func() { second <- h.Burn(together, "second") }()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		select {
		case err := <-second:
			t.Fatalf("the second hash was refused: %v", err)
		default:
		}
		go func() { gone() }()
		if err := <-second; !errors.Is(err, password.ErrBusy) || !errors.Is(err, context.Canceled) {
			t.Errorf("a visitor who has gone: %v", err)
		}
		close(b.release)
		if err := h.Burn(hashqueue.Together(t.Context(), h), "x"); err != nil {
			t.Error(err)
		}
	})
}

// TestDearHashesAreNotRefusedMore: a user's string that takes all the memory
// waits for it, which others do not, but it is not refused: a guess would show
// that there is such a user.
func TestDearHashesAreNotRefusedMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := block()
		h := hashers(t, password.Options{
			Hashers: []password.Hasher{cheap, dear{b}}, Parallel: 4, Queue: 1, Memory: 1 << 20, Wait: time.Second,
		})
		errs := make(chan error, 3)
		for range 3 {
			go func() { _, _, err := h.Verify(t.Context(), "x", "dear$secret"); errs <- err }()
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := b.inside.Load(); n != 1 {
			t.Errorf("%d run at once", n)
		}
		if err := h.Burn(t.Context(), "x"); err != nil {
			t.Errorf("a hash without memory waits for memory: %v", err)
		}
		close(b.release)
		for range 3 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	})
}

// dear takes more memory than there is.
type dear struct{ blocked }

func (dear) Algorithm() string                            { return "dear" }
func (dear) Cost(encoded string) (work int, memory int64) { return 10, 1 << 30 }

// TestBusyErrorServesItself: 503, and when to come back.
func TestBusyErrorServesItself(t *testing.T) {
	for wait, want := range map[time.Duration]string{
		time.Nanosecond: "1", time.Second: "1", 1500 * time.Millisecond: "2", time.Minute: "60",
	} {
		h := hashers(t, password.Options{Wait: wait})
		busy, ok := errors.AsType[*session.RetryError](h.Burn(canceled(t), "x"))
		if !ok || busy.RetryAfter != wait {
			t.Fatalf("%v: %v", wait, busy)
		}
		w := httptest.NewRecorder()
		var answer http.Handler = busy
		answer.ServeHTTP(w, nil)
		if w.Code != 503 || w.Header().Get("Retry-After") != want || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%v: %d, %v", wait, w.Code, w.Header())
		}
	}
}

// TestRefusalsAreLoggedOnceInTenSeconds: not for each visitor, and not for one
// who has gone.
func TestRefusalsAreLoggedOnceInTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		b := block()
		h := hashers(t, password.Options{
			Hashers: []password.Hasher{b}, Parallel: 1, Queue: -1, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		go func() { _ = h.Burn(t.Context(), "x") }()
		synctest.Wait()
		_ = h.Burn(canceled(t), "x")
		if log.Len() > 0 {
			t.Errorf("logged of one who has gone: %s", &log)
		}
		for range 3 {
			for range 50 {
				_ = h.Burn(t.Context(), "x")
			}
			time.Sleep(10 * time.Second)
		}
		if n := strings.Count(log.String(), "too many calls wait"); n != 3 {
			t.Errorf("%d lines in 30 seconds:\n%s", n, &log)
		}
		close(b.release)
	})
}

// turnstile hashes one at a time, in the order that it notes, when it is let.
type turnstile struct {
	password.Hasher
	order chan string
	next  chan struct{}
}

func (h turnstile) Encode(pw string) (string, error) {
	h.order <- pw
	<-h.next
	return "", nil
}

// TestSourcesTakeTurns: one source has taken every place. Others get in all the
// same, and before it, one each as long as it has more; a waiter that loses its
// place is told so at once.
func TestSourcesTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := turnstile{cheap, make(chan string, 100), make(chan struct{})}
		hs := hashers(t, password.Options{
			Hashers: []password.Hasher{h}, Parallel: 1, Queue: 4, Wait: time.Minute, Logger: slog.New(slog.DiscardHandler),
		})
		var mu sync.Mutex
		refused := map[string]int{}
		come := func(source, name string) {
			go func() {
				if err := hs.Burn(hashqueue.WithSource(t.Context(), source), name); errors.Is(err, password.ErrBusy) {
					mu.Lock()
					defer mu.Unlock()
					refused[source]++
				}
			}()
			synctest.Wait()
		}
		for _, name := range []string{"e1", "e2", "e3", "e4", "e5", "e6"} { // e6 is refused
			come("evil", name)
		}
		come("a", "a1") // takes the place of e5
		come("b", "b1") // of e4
		come("a", "a2") // e has two, and a would have two
		come("c", "c1") // of e3
		come("d", "d1") // all have one
		for range 5 {
			h.next <- struct{}{}
			synctest.Wait()
		}
		close(h.order)
		var order []string
		for name := range h.order {
			order = append(order, name)
		}
		if got := strings.Join(order, " "); got != "e1 a1 b1 c1 e2" {
			t.Errorf("the order is %s", got)
		}
		if refused["evil"] != 4 || refused["a"] != 1 || refused["d"] != 1 || len(refused) != 3 {
			t.Errorf("refused: %v", refused)
		}
	})
}

// TestTurnsGoRound: sources that wait are served in turn, however many
// waiters each has.
func TestTurnsGoRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := turnstile{cheap, make(chan string, 100), make(chan struct{})}
		hs := hashers(t, password.Options{Hashers: []password.Hasher{h}, Parallel: 1, Queue: 9, Wait: time.Minute})
		for _, name := range []string{"x0", "a1", "a2", "a3", "b1", "b2", "c1"} {
			go func() { _ = hs.Burn(hashqueue.WithSource(t.Context(), name[:1]), name) }()
			synctest.Wait()
		}
		for range 7 {
			h.next <- struct{}{}
			synctest.Wait()
		}
		close(h.order)
		var order []string
		for name := range h.order {
			order = append(order, name)
		}
		if got := strings.Join(order, " "); got != "x0 a1 b1 c1 a2 b2 a3" {
			t.Errorf("the order is %s", got)
		}
	})
}

// TestQueueIsEmptyInTheEnd: whatever visitors do, at once and in disorder, no
// processor and no place is lost.
func TestQueueIsEmptyInTheEnd(t *testing.T) {
	h := hashers(t, password.Options{Parallel: 2, Queue: 3, Wait: time.Millisecond, Logger: slog.New(slog.DiscardHandler)})
	for round := range 300 {
		var wg sync.WaitGroup
		for i := range 12 {
			wg.Go(func() {
				ctx, leave := context.WithCancel(hashqueue.WithSource(t.Context(), string(rune('a'+i%4))))
				defer leave()
				if i%3 == 0 {
					go leave()
				}
				ctx = hashqueue.Together(ctx, h)
				_ = h.Burn(ctx, "x")
				_ = h.Burn(ctx, "x")
			})
		}
		wg.Wait()
		if busy, waiting := h.InQueue(); busy+waiting > 0 {
			t.Fatalf("round %d: %d run and %d wait", round, busy, waiting)
		}
	}
}

// vanishing is a context that is done as soon as somebody looks, and not before.
type vanishing struct {
	context.Context
	gone *atomic.Bool
}

func (v vanishing) Err() error {
	if v.gone.Load() {
		return context.Canceled
	}
	return nil
}

// TestTurnOfAVisitorWhoHasLeft: the processor is given to the next one, if the
// visitor goes at the moment at which it is free.
func TestTurnOfAVisitorWhoHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := block()
		h := hashers(t, password.Options{Hashers: []password.Hasher{b}, Parallel: 1, Queue: 1, Wait: time.Minute})
		go func() { _ = h.Burn(t.Context(), "x") }()
		synctest.Wait()
		visitor := vanishing{t.Context(), new(atomic.Bool)}
		got := make(chan error, 1)
		go func() { got <- h.Burn(visitor, "x") }()
		synctest.Wait()
		visitor.gone.Store(true)
		close(b.release)
		if err := <-got; !errors.Is(err, password.ErrBusy) || !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		if busy, waiting := h.InQueue(); busy+waiting > 0 || hashqueue.Work(h) != 10 {
			t.Errorf("%d run and %d wait, the work %d", busy, waiting, hashqueue.Work(h))
		}
	})
}
