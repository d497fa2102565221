package redislimit_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/internal/redislimit"
)

// A deaf client fails, or does not look at its context at all.
type deaf struct {
	rueidis.Client
	fails bool
	hold  time.Duration
}

var errDown = errors.New("down")

func (d *deaf) Do(context.Context, rueidis.Completed) rueidis.RedisResult {
	if d.fails {
		return rueidis.NewErrorResult(errDown)
	}
	time.Sleep(d.hold)
	return rueidis.RedisResult{}
}

func (d *deaf) DoCache(ctx context.Context, _ rueidis.Cacheable, _ time.Duration) rueidis.RedisResult {
	return d.Do(ctx, rueidis.Completed{})
}

// calls are both ways to ask.
var calls = map[string]func(context.Context, rueidis.Client) error{
	"Do": func(ctx context.Context, c rueidis.Client) error {
		return c.Do(ctx, rueidis.Completed{}).NonRedisError()
	},
	"DoCache": func(ctx context.Context, c rueidis.Client) error {
		return c.DoCache(ctx, rueidis.Cacheable{}, time.Minute).NonRedisError()
	},
}

// TestCallEndsWithItsContextAfterAFailure, whatever the client does, and also
// if that failed for as long as a minute.
func TestCallEndsWithItsContextAfterAFailure(t *testing.T) {
	for name, call := range calls {
		synctest.Test(t, func(t *testing.T) {
			d := &deaf{fails: true}
			c := redislimit.New(d)
			if err := call(t.Context(), c); !errors.Is(err, errDown) {
				t.Errorf("%s: %v", name, err)
			}
			d.fails, d.hold = false, 10*time.Second
			for range 20 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				begin := time.Now()
				err := call(ctx, c)
				cancel()
				if took := time.Since(begin); took != time.Second || !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("%s: %v after %v, want the context's error after 1s", name, err, took)
				}
				time.Sleep(9 * time.Second)
			}
		})
	}
}

// A shared client connects once for all calls, as rueidis does: a call that
// comes while another one connects gets what that one gets.
type shared struct {
	rueidis.Client
	down  bool
	first context.Context
	ready chan struct{}
}

func (s *shared) Do(ctx context.Context, _ rueidis.Completed) rueidis.RedisResult {
	if s.down {
		return rueidis.NewErrorResult(errDown)
	}
	if s.first == nil {
		s.first = ctx
	}
	select {
	case <-s.first.Done():
		return rueidis.NewErrorResult(s.first.Err())
	case <-s.ready:
		return rueidis.RedisResult{}
	}
}

func (s *shared) DoCache(ctx context.Context, _ rueidis.Cacheable, _ time.Duration) rueidis.RedisResult {
	return s.Do(ctx, rueidis.Completed{})
}

// TestVisitorWhoGoesDisturbsNobody: their call is the one that connects.
func TestVisitorWhoGoesDisturbsNobody(t *testing.T) {
	for name, call := range calls {
		synctest.Test(t, func(t *testing.T) {
			s := &shared{down: true, ready: make(chan struct{})}
			c := redislimit.New(s)
			_ = call(t.Context(), c) // after this failure calls are watched
			s.down = false

			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				synctest.Wait()
				cancel()
			}()
			if err := call(ctx, c); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v, want the visitor's own error", name, err)
			}
			time.AfterFunc(time.Second, func() { close(s.ready) })
			if err := call(t.Context(), c); err != nil {
				t.Errorf("%s: the next visitor got %v", name, err)
			}
		})
	}
}

// TestCallWithoutAnEndHasFiveSeconds.
func TestCallWithoutAnEndHasFiveSeconds(t *testing.T) {
	for name, call := range calls {
		synctest.Test(t, func(t *testing.T) {
			d := &deaf{fails: true}
			c := redislimit.New(d)
			_ = call(t.Context(), c)
			d.fails, d.hold = false, time.Minute
			begin := time.Now()
			err := call(context.WithoutCancel(t.Context()), c)
			if took := time.Since(begin); took != 5*time.Second || err == nil {
				t.Errorf("%s: %v after %v", name, err, took)
			}
			time.Sleep(time.Minute) // what was left alone ends
		})
	}
}

// TestCallIsNotWatchedWhileAllIsWell: it is the client's own, in the same
// goroutine.
func TestCallIsNotWatchedWhileAllIsWell(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for name, call := range calls {
		c := redislimit.New(&deaf{})
		if n := testing.AllocsPerRun(100, func() { _ = call(ctx, c) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
