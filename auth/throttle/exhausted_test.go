package throttle_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// asked counts the questions to a store.
type asked struct {
	throttle.Store
	takes atomic.Int64
}

func (a *asked) Take(ctx context.Context, key string, limit throttle.Limit, now time.Time) (time.Duration, error) {
	a.takes.Add(1)
	return a.Store.Take(ctx, key, limit, now)
}

// openAsked is a limiter on a store that counts, with a clock.
func openAsked(t *testing.T, now *time.Time, o throttle.Options) (*site, *asked) {
	t.Helper()
	store := &asked{Store: noerror.In(throttle.NewMemory(100_000))}
	o.Logger = slog.New(slog.DiscardHandler)
	l, err := throttle.NewAt(func() time.Time { return *now }, store, keys, &o)
	if err != nil {
		t.Fatal(err)
	}
	return &site{T: t, Limiter: l}, store
}

// TestExhaustedSourceIsRefusedBeforeAnybodyIsLookedUp, and asking counts
// nothing; a device is asked about, since it may be a known one.
func TestExhaustedSourceIsRefusedBeforeAnybodyIsLookedUp(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	l, store := openAsked(t, &now, throttle.Options{PerSource: throttle.Limit{Burst: 3, Every: time.Minute}})
	cookie := l.login(from(home), "ann")
	for i := range 4 {
		if err := l.Refuse(from(evil)); err != nil {
			t.Errorf("attempt %d: %v", i, err)
		}
		_ = l.Check(from(evil), "ann")
	}
	asked := store.takes.Load()
	var limited *session.RetryError
	if err := l.Refuse(from(evil)); !errors.As(err, &limited) || throttle.BucketOf(limited) != throttle.BucketSource ||
		limited.RetryAfter != time.Minute {
		t.Errorf("exhausted: %v", err)
	}
	if err := l.Refuse(from(evil, cookie)); err != nil {
		t.Errorf("with a device: %v", err)
	}
	forged := &http.Cookie{Name: cookie.Name, Value: cookie.Value[1:]}
	if err := l.Refuse(from(evil, forged)); !errors.Is(err, throttle.ErrLimited) {
		t.Errorf("with a forged device: %v", err)
	}
	if err := l.Refuse(from(office)); err != nil {
		t.Errorf("another source: %v", err)
	}
	if n := store.takes.Load() - asked; n > 0 {
		t.Errorf("%d questions to the store", n)
	}
	now = now.Add(time.Minute)
	if err := l.Refuse(from(evil)); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

// TestExhaustedSourceCostsTheStoreNothing until it may try again; then each
// attempt costs a question again. Others are not affected.
func TestExhaustedSourceCostsTheStoreNothing(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	limited := 0
	l, store := openAsked(t, &now, throttle.Options{
		PerSource: throttle.Limit{Burst: 3, Every: time.Minute},
		OnLimited: func(*http.Request, string, time.Duration) { limited++ },
	})
	for i := range 4 { // the last is refused by the store
		_ = l.Check(from(evil), fmt.Sprint("user", i))
	}
	if n := store.takes.Load(); n != 3+3+1 {
		t.Fatalf("%d questions, want one for each bucket", n)
	}
	for i := range 100 {
		now = now.Add(time.Minute / 200)
		var err *session.RetryError
		if !errors.As(l.Check(from(evil), fmt.Sprint("user", i)), &err) || throttle.BucketOf(err) != throttle.BucketSource ||
			err.RetryAfter != time.Minute-time.Duration(i+1)*time.Minute/200 {
			t.Fatalf("attempt %d: %+v", i, err)
		}
	}
	if n := store.takes.Load(); n != 7 {
		t.Errorf("%d questions for 100 attempts that are refused", n-7)
	}
	if limited != 101 {
		t.Errorf("OnLimited was called %d times, want 101", limited)
	}
	if err := l.Check(from(home), "john_doe"); err != nil || store.takes.Load() != 9 {
		t.Errorf("an honest source: %v, %d questions", err, store.takes.Load()-7)
	}
	now = now.Add(time.Minute / 2)
	if err := l.Check(from(evil), "john_doe"); err != nil {
		t.Errorf("when it may try again: %v", err)
	}
	if err := l.Check(from(evil), "john_doe"); !errors.Is(err, throttle.ErrLimited) || store.takes.Load() != 12 {
		t.Errorf("after that: %v, %d questions", err, store.takes.Load()-9)
	}
}

// TestRefusalsFromMemoryAreThoseOfTheStore: at whatever instants attempts come,
// also between two microseconds, the answers are those of a limiter that asks
// for each.
func TestRefusalsFromMemoryAreThoseOfTheStore(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	now := time.Unix(1_800_000_000, 0)
	limit := throttle.Limit{Burst: 3, Every: 7 * time.Microsecond}
	l, _ := openAsked(t, &now, throttle.Options{PerSource: limit, PerAccount: throttle.Limit{Burst: 1_000_000, Every: time.Microsecond}})
	reference := noerror.In(throttle.NewMemory(100_000))
	refused := 0
	for i := range 20_000 {
		now = now.Add(time.Duration(random.IntN(9000)))
		want, err := reference.Take(t.Context(), "source", limit, now)
		if err != nil {
			t.Fatal(err)
		}
		got := l.Check(from(evil), "john_doe")
		if (got != nil) != (want > 0) {
			t.Fatalf("attempt %d at %v: %v, want a wait of %v", i, now.UnixNano(), got, want)
		}
		if got != nil {
			refused++
		}
		if refused > 1000 {
			return // the rest would only be paced
		}
	}
}

// TestMemoryOfSourcesIsBounded, and a source that is forgotten is refused by
// the store.
func TestMemoryOfSourcesIsBounded(t *testing.T) {
	now := time.Now()
	l, store := openAsked(t, &now, throttle.Options{PerSource: throttle.Limit{Burst: 1, Every: time.Hour}})
	source := func(i int) string { return fmt.Sprintf("198.%d.%d.%d:1", 18+i>>16, i>>8&255, i&255) }
	for i := range 12_000 {
		_ = l.Check(from(source(i)), "x")
		_ = l.Check(from(source(i)), "x")
	}
	if n := l.Exhausted(); n != 10_000 {
		t.Errorf("%d sources are remembered", n)
	}
	before := store.takes.Load()
	for i := range 100 {
		if err := l.Check(from(source(i)), "x"); !errors.Is(err, throttle.ErrLimited) {
			t.Errorf("source %d: %v", i, err)
		}
	}
	if n := store.takes.Load() - before; n > 100 {
		t.Errorf("%d questions for 100 attempts", n)
	}
	now = now.Add(2 * time.Hour)
	for i := range 12_000 { // those whose time is over go first
		_ = l.Check(from(source(i)), "x")
		_ = l.Check(from(source(i)), "x")
	}
	if n := l.Exhausted(); n > 10_000 {
		t.Errorf("%d sources are remembered", n)
	}
}

// TestFailureIsNotRemembered: a store that is back decides.
func TestFailureIsNotRemembered(t *testing.T) {
	store := &flaky{Store: noerror.In(throttle.NewMemory(100_000)), err: errDown}
	l, err := throttle.NewAt(time.Now, store, keys, &throttle.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Check(from(evil), auth.Attempt{Username: "x"}); !errors.Is(err, session.ErrUnavailable) {
		t.Error(err)
	}
	store.err = nil
	if err := l.Check(from(evil), auth.Attempt{Username: "x"}); err != nil {
		t.Error(err)
	}
}

type flaky struct {
	throttle.Store
	err error
}

func (f *flaky) Take(ctx context.Context, key string, limit throttle.Limit, now time.Time) (time.Duration, error) {
	if f.err != nil {
		return 0, f.err
	}
	return f.Store.Take(ctx, key, limit, now)
}

// TestRefusalsHaveAPace: many connections of one source that ask again as soon as
// they have an answer get one in two seconds each, the first ones at once, and
// nobody waits longer. A single one that does so hardly waits.
func TestRefusalsHaveAPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		l, _ := openAsked(t, &now, throttle.Options{PerSource: throttle.Limit{Burst: 1, Every: time.Hour}})
		_, _ = l.Check(from(evil), "x"), l.Check(from(evil), "x")
		begin := time.Now()
		for range 200 { // of a single one
			_ = l.Check(from(evil), "x")
		}
		if took := time.Since(begin); took > 0 {
			t.Errorf("200 refusals in a row take %v", took)
		}
		var answers atomic.Int64
		var longest atomic.Int64
		ctx, stop := context.WithTimeout(t.Context(), 6*time.Second)
		defer stop()
		var wg sync.WaitGroup
		for range 1500 {
			wg.Go(func() {
				for ctx.Err() == nil {
					asked := time.Now()
					_ = l.Check(from(evil), "x")
					answers.Add(1)
					if took := int64(time.Since(asked)); took > longest.Load() {
						longest.Store(took)
					}
				}
			})
		}
		time.Sleep(time.Second / 2)
		if err := l.Check(from(home), "john_doe"); err != nil || time.Since(begin) != time.Second/2 {
			t.Errorf("an honest attempt meanwhile: %v after %v", err, time.Since(begin))
		}
		wg.Wait()
		if n := answers.Load(); n > 1500*6/2+6000/4+256+1500 {
			t.Errorf("%d answers in six seconds to 1500 connections", n)
		}
		if longest := time.Duration(longest.Load()); longest > 2*time.Second {
			t.Errorf("one waited %v", longest)
		}
		time.Sleep(time.Minute)
		begin = time.Now()
		for range 1256 {
			_ = l.Check(from(evil), "x")
		}
		if took := time.Since(begin); took > time.Second {
			t.Errorf("1256 refusals in a row take %v", took)
		}
	})
}

// TestClientThatLeftIsNotHeld, and neither are more than four thousand at a time.
func TestClientThatLeftIsNotHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		l, _ := openAsked(t, &now, throttle.Options{PerSource: throttle.Limit{Burst: 1, Every: time.Hour}})
		_, _ = l.Check(from(evil), "x"), l.Check(from(evil), "x")
		ctx, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 256 + 4096 {
			wg.Go(func() { _ = l.Check(from(evil).WithContext(ctx), "x") })
		}
		synctest.Wait()
		begin := time.Now()
		_ = l.Check(from(evil), "x")
		leave()
		wg.Wait()
		if took := time.Since(begin); took != 0 {
			t.Errorf("it took %v", took)
		}
	})
}

// slowStore answers when it is told to.
type slowStore struct {
	throttle.Store
	inside atomic.Int64
	answer chan struct{}
}

func (s *slowStore) Take(ctx context.Context, key string, limit throttle.Limit, now time.Time) (time.Duration, error) {
	s.inside.Add(1)
	defer s.inside.Add(-1)
	<-s.answer
	return s.Store.Take(ctx, key, limit, now)
}

// TestOneSourceDoesNotFillTheStore: of a thousand attempts of one source at
// once four are counted at a time, and an honest one beside them. Once the
// store has refused one, it is not asked about the others.
func TestOneSourceDoesNotFillTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slowStore{Store: noerror.In(throttle.NewMemory(100_000)), answer: make(chan struct{})}
		counted := &asked{Store: store}
		l, err := throttle.NewAt(time.Now, counted, keys, &throttle.Options{
			PerSource: throttle.Limit{Burst: 10, Every: time.Hour}, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		var passed, limited atomic.Int64
		var wg sync.WaitGroup
		for i := range 1000 {
			wg.Go(func() {
				switch err := l.Check(from(evil), auth.Attempt{Username: fmt.Sprint("user", i)}); {
				case err == nil:
					passed.Add(1)
				case errors.Is(err, throttle.ErrLimited):
					limited.Add(1)
				}
			})
		}
		wg.Go(func() { _ = l.Check(from(home), auth.Attempt{Username: "john_doe"}) })
		synctest.Wait()
		if n := store.inside.Load(); n != 4+1 {
			t.Errorf("%d questions at once, want 4 of one source and 1 of another", n)
		}
		close(store.answer)
		wg.Wait()
		if passed.Load() != 10 || limited.Load() != 990 {
			t.Errorf("%d passed, %d were limited", passed.Load(), limited.Load())
		}
		if n := counted.takes.Load(); n > 2+2*10+4 {
			t.Errorf("%d questions", n)
		}
		if n := l.Turns(); n != 0 {
			t.Errorf("%d sources are kept", n)
		}
	})
}

// TestWaitForTheStoreEnds: with a store that does not answer, for the others of
// one source too, and at once for a visitor who has gone.
func TestWaitForTheStoreEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slowStore{Store: noerror.In(throttle.NewMemory(100_000)), answer: make(chan struct{})}
		l, err := throttle.NewAt(time.Now, store, keys, &throttle.Options{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			go func() { _ = l.Check(from(evil), auth.Attempt{Username: "x"}) }()
		}
		synctest.Wait()
		begin := time.Now()
		if err := l.Check(from(evil), auth.Attempt{Username: "x"}); !errors.Is(err, session.ErrUnavailable) || time.Since(begin) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		begin = time.Now()
		if err := l.Check(from(evil).WithContext(gone), auth.Attempt{Username: "x"}); !errors.Is(err, session.ErrUnavailable) || time.Since(begin) != 0 {
			t.Errorf("gone: %v after %v", err, time.Since(begin))
		}
		close(store.answer)
		synctest.Wait()
		if n := l.Turns(); n != 0 {
			t.Errorf("%d sources are kept", n)
		}
	})
}
