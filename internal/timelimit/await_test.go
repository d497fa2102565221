package timelimit_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/internal/timelimit"
)

// awaited are contexts of a minute, with what their parent's end does to them.
var awaited = map[string]func(parent context.Context) (ctx context.Context, end func(), parents error){
	"following": func(parent context.Context) (context.Context, func(), error) {
		c := &timelimit.Context{}
		c.Begin(parent, time.Minute)
		return c, c.End, context.Canceled
	},
	"following, somebody waits": func(parent context.Context) (context.Context, func(), error) {
		c := &timelimit.Context{}
		c.Begin(parent, time.Minute)
		_ = c.Done()
		return c, c.End, context.Canceled
	},
	"following, somebody begins to wait": func(parent context.Context) (context.Context, func(), error) {
		c := &timelimit.Context{}
		c.Begin(parent, time.Minute)
		time.AfterFunc(time.Second, func() { _ = c.Done() })
		return c, c.End, context.Canceled
	},
	"detached": func(parent context.Context) (context.Context, func(), error) {
		c := timelimit.Detached(parent, time.Minute)
		return c, c.End, nil
	},
	"the standard library's": func(parent context.Context) (context.Context, func(), error) {
		ctx, cancel := context.WithTimeout(parent, time.Minute)
		return ctx, cancel, context.Canceled
	},
}

// TestAwaitEndsWithWhatIsFirst: what is waited for, the parent's end, or the instant.
func TestAwaitEndsWithWhatIsFirst(t *testing.T) {
	for name, begin := range awaited {
		for _, first := range []string{"done", "parent", "instant"} {
			t.Run(fmt.Sprint(name, "/", first), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					parent, leave := context.WithCancel(t.Context())
					defer leave()
					ctx, end, parents := begin(parent)
					defer end()
					done := make(chan struct{})
					time.AfterFunc(30*time.Second, map[string]func(){
						"done": func() { close(done) }, "parent": leave, "instant": func() {},
					}[first])
					began := time.Now()
					err := timelimit.Await(ctx, done)
					want, took := context.DeadlineExceeded, time.Minute
					if first == "done" {
						want, took = nil, 30*time.Second
					} else if first == "parent" && parents != nil {
						want, took = parents, 30*time.Second
					}
					if !errors.Is(err, want) || (err == nil) != (want == nil) || time.Since(began) != took {
						t.Errorf("%v after %v, want %v after %v", err, time.Since(began), want, took)
					}
				})
			})
		}
	}
}

// TestAwaitMakesNoContext: it makes a timer with its channel only.
func TestAwaitMakesNoContext(t *testing.T) {
	parent, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan struct{})
	close(done)
	var c timelimit.Context
	if n := testing.AllocsPerRun(100, func() {
		c = timelimit.Context{}
		c.Begin(parent, time.Minute)
		_ = timelimit.Await(&c, done)
	}); n > 3 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkAwait compares it with a wait for the context's end.
func BenchmarkAwait(b *testing.B) {
	parent, cancel := context.WithCancel(b.Context())
	defer cancel()
	done := make(chan struct{})
	close(done)
	for name, wait := range map[string]func(context.Context){
		"Await": func(ctx context.Context) { _ = timelimit.Await(ctx, done) },
		"Done": func(ctx context.Context) {
			select {
			case <-done:
			case <-ctx.Done():
			}
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var c timelimit.Context
				c.Begin(parent, time.Minute)
				wait(&c)
				c.End()
			}
		})
	}
}
