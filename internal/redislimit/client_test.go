package redislimit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
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

func (d *deaf) DoMulti(ctx context.Context, multi ...rueidis.Completed) []rueidis.RedisResult {
	return slices.Repeat([]rueidis.RedisResult{d.Do(ctx, rueidis.Completed{})}, len(multi))
}

// calls are all ways to ask.
var calls = map[string]func(context.Context, rueidis.Client) error{
	"Do": func(ctx context.Context, c rueidis.Client) error {
		return c.Do(ctx, rueidis.Completed{}).NonRedisError()
	},
	"DoCache": func(ctx context.Context, c rueidis.Client) error {
		return c.DoCache(ctx, rueidis.Cacheable{}, time.Minute).NonRedisError()
	},
	"DoMulti": func(ctx context.Context, c rueidis.Client) error {
		return c.DoMulti(ctx, rueidis.Completed{})[0].NonRedisError()
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
	ready chan struct{}

	mu   sync.Mutex
	dial *attempt // the one that goes on
}

// An attempt to connect has ended when done is closed.
type attempt struct {
	done chan struct{}
	err  error
}

func (s *shared) Do(ctx context.Context, _ rueidis.Completed) rueidis.RedisResult {
	if s.down {
		return rueidis.NewErrorResult(errDown)
	}
	s.mu.Lock()
	dial, first := s.dial, s.dial == nil
	if first {
		dial = &attempt{done: make(chan struct{})}
		s.dial = dial
	}
	s.mu.Unlock()
	if first {
		select {
		case <-ctx.Done():
			dial.err = ctx.Err()
		case <-s.ready:
		}
		s.mu.Lock()
		s.dial = nil
		s.mu.Unlock()
		close(dial.done)
	}
	<-dial.done
	return rueidis.NewErrorResult(dial.err)
}

func (s *shared) DoCache(ctx context.Context, _ rueidis.Cacheable, _ time.Duration) rueidis.RedisResult {
	return s.Do(ctx, rueidis.Completed{})
}

func (s *shared) DoMulti(ctx context.Context, _ ...rueidis.Completed) []rueidis.RedisResult {
	return []rueidis.RedisResult{s.Do(ctx, rueidis.Completed{})}
}

// TestVisitorWhoLeavesDisturbsNobody: it is their call that connects. They leave, or have
// little time; the server works, or has just failed; the other visitor has much time, or
// little.
func TestVisitorWhoLeavesDisturbsNobody(t *testing.T) {
	leave := func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		time.AfterFunc(500*time.Millisecond, cancel)
		return ctx, cancel
	}
	for name, call := range calls {
		for _, failed := range []bool{false, true} {
			for way, first := range map[string]func(context.Context) (context.Context, context.CancelFunc){
				"leaves":          leave,
				"has little time": within(500 * time.Millisecond),
				"has some time":   within(3 * time.Second),
			} {
				for _, limit := range []time.Duration{3500 * time.Millisecond, 5 * time.Second, time.Hour} {
					t.Run(fmt.Sprintf("%s/failed=%v/%s/%v", name, failed, way, limit), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) { visitorGoes(t, call, failed, first, within(limit)) })
					})
				}
			}
		}
	}
}

func within(limit time.Duration) func(context.Context) (context.Context, context.CancelFunc) {
	return func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithTimeout(ctx, limit)
	}
}

func visitorGoes(
	t *testing.T, call func(context.Context, rueidis.Client) error, failed bool,
	first, second func(context.Context) (context.Context, context.CancelFunc),
) {
	s := &shared{down: failed, ready: make(chan struct{})}
	c := redislimit.New(s)
	if failed {
		_ = call(t.Context(), c) // after this failure calls are watched
		s.down = false
	}
	time.AfterFunc(3200*time.Millisecond, func() { close(s.ready) })
	gone := make(chan error)
	go func() {
		ctx, cancel := first(t.Context())
		defer cancel()
		gone <- call(ctx, c)
	}()
	synctest.Wait() // the first visitor's call connects
	ctx, cancel := second(t.Context())
	defer cancel()
	other := make(chan error)
	go func() { other <- call(ctx, c) }()
	if err := <-gone; !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the visitor's own error", err)
	}
	if err := <-other; err != nil {
		t.Errorf("the other visitor got %v", err)
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
		if name == "DoMulti" {
			continue // waits for many answers
		}
		c := redislimit.New(&deaf{})
		if n := testing.AllocsPerRun(100, func() { _ = call(ctx, c) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// BenchmarkDo compares calls that rueidis is trusted with and calls that are
// watched by a goroutine, as all are after a failure.
func BenchmarkDo(b *testing.B) {
	inner := &deaf{}
	client := redislimit.New(inner)
	ctx, cancel := context.WithTimeout(b.Context(), time.Hour)
	defer cancel()
	run := func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			client.Do(ctx, rueidis.Completed{})
		}
	}
	b.Run("trusted", run)
	inner.fails = true
	client.Do(ctx, rueidis.Completed{})
	inner.fails = false
	b.Run("watched", run)
}

// A crowded client has room for so many calls, and then waits for room without a look at
// the context, as rueidis does. It answers nobody before it is told to.
type crowded struct {
	rueidis.Client
	room   chan struct{}
	answer chan struct{}
}

func (c *crowded) Do(ctx context.Context, _ rueidis.Completed) rueidis.RedisResult {
	c.room <- struct{}{}
	defer func() { <-c.room }()
	select {
	case <-c.answer:
		return rueidis.RedisResult{}
	case <-ctx.Done():
		return rueidis.NewErrorResult(ctx.Err())
	}
}

func (c *crowded) DoCache(ctx context.Context, _ rueidis.Cacheable, _ time.Duration) rueidis.RedisResult {
	return c.Do(ctx, rueidis.Completed{})
}

func (c *crowded) DoMulti(ctx context.Context, _ ...rueidis.Completed) []rueidis.RedisResult {
	return []rueidis.RedisResult{c.Do(ctx, rueidis.Completed{})}
}

// TestNobodyInACrowdWaitsForLongerThanTheirContext, and the last of a very large one not
// at all. When the crowd has gone, all is well.
func TestNobodyInACrowdWaitsForLongerThanTheirContext(t *testing.T) {
	for name, call := range calls {
		synctest.Test(t, func(t *testing.T) {
			d := &crowded{room: make(chan struct{}, 1024), answer: make(chan struct{})}
			c := redislimit.New(d)
			var wg sync.WaitGroup
			for range 10_000 {
				wg.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
					defer cancel()
					began := time.Now()
					err := call(ctx, c)
					if took := time.Since(began); took > 5*time.Second || !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("%s: %v after %v", name, err, took)
					}
				})
			}
			synctest.Wait()
			began := time.Now()
			if err := call(t.Context(), c); err == nil || time.Since(began) > 0 {
				t.Errorf("%s: one too many: %v after %v", name, err, time.Since(began))
			}
			wg.Wait()
			close(d.answer)
			time.Sleep(time.Minute)
			if err := call(t.Context(), c); err != nil {
				t.Errorf("%s: when all is well: %v", name, err)
			}
		})
	}
}

// A partly client sends the first command of several, and loses the connection.
type partly struct {
	rueidis.Client
	calls int
	sent  int // of each call
}

func (p *partly) DoMulti(_ context.Context, multi ...rueidis.Completed) []rueidis.RedisResult {
	p.calls++
	results := slices.Repeat([]rueidis.RedisResult{rueidis.NewErrorResult(context.Canceled)}, len(multi))
	copy(results, make([]rueidis.RedisResult, p.sent))
	return results
}

// TestCommandsAreRepeatedOnlyIfNoneWasSent.
func TestCommandsAreRepeatedOnlyIfNoneWasSent(t *testing.T) {
	for sent, want := range []int{2, 1, 1} {
		p := &partly{sent: sent}
		redislimit.New(p).DoMulti(t.Context(), make([]rueidis.Completed, 3)...)
		if p.calls != want {
			t.Errorf("%d of 3 sent: %d calls, want %d", sent, p.calls, want)
		}
	}
}

// TestEachCommandCounts: ten times a thousand are as many as ten thousand.
func TestEachCommandCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &deaf{hold: time.Minute}
		c := redislimit.New(d)
		for range 10 {
			go c.DoMulti(t.Context(), make([]rueidis.Completed, 1000)...)
		}
		synctest.Wait()
		began := time.Now()
		results := c.DoMulti(t.Context(), make([]rueidis.Completed, 2)...)
		if len(results) != 2 || results[0].Error() == nil || results[1].Error() == nil || time.Since(began) > 0 {
			t.Errorf("one too many: %v after %v", results, time.Since(began))
		}
		time.Sleep(time.Minute)
	})
}
