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

type visitor struct{}

// kinds are both kinds of a context of a minute.
var kinds = map[string]func(context.Context) *timelimit.Context{
	"detached": func(parent context.Context) *timelimit.Context {
		return timelimit.Detached(parent, time.Minute)
	},
	"following": func(parent context.Context) *timelimit.Context {
		c := &timelimit.Context{}
		c.Begin(parent, time.Minute)
		return c
	},
}

// each tries both kinds, with and without somebody who waits from the start.
func each(t *testing.T, try func(t *testing.T, kind string, begin func(context.Context) *timelimit.Context)) {
	t.Helper()
	for kind, begin := range kinds {
		for _, waits := range []bool{false, true} {
			t.Run(fmt.Sprint(kind, ", somebody waits: ", waits), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					try(t, kind, func(parent context.Context) *timelimit.Context {
						c := begin(parent)
						if waits {
							_ = c.Done()
						}
						return c
					})
				})
			})
		}
	}
}

// TestContextEndsAtItsInstant, as the standard library's.
func TestContextEndsAtItsInstant(t *testing.T) {
	each(t, func(t *testing.T, _ string, begin func(context.Context) *timelimit.Context) {
		c := begin(context.WithValue(t.Context(), visitor{}, "x"))
		defer c.End()
		if at, ok := c.Deadline(); !ok || !at.Equal(time.Now().Add(time.Minute)) || c.Value(visitor{}) != "x" {
			t.Errorf("Deadline %v, Value %v", at, c.Value(visitor{}))
		}
		time.Sleep(time.Minute - time.Nanosecond)
		if c.Err() != nil {
			t.Errorf("it has ended early: %v", c.Err())
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if err := c.Err(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Err is %v after the end", err)
		}
		<-c.Done()
	})
}

// TestContextEndsWithItsParentUnlessItIsDetached.
func TestContextEndsWithItsParentUnlessItIsDetached(t *testing.T) {
	each(t, func(t *testing.T, kind string, begin func(context.Context) *timelimit.Context) {
		parent, leave := context.WithCancel(t.Context())
		c := begin(parent)
		defer c.End()
		leave()
		synctest.Wait()
		var want error
		if kind == "following" {
			want = context.Canceled
		}
		if !errors.Is(c.Err(), want) || !errors.Is(context.Cause(c), want) {
			t.Errorf("Err %v, Cause %v, want %v", c.Err(), context.Cause(c), want)
		}
	})
}

// TestContextEndsNoLaterThanTheParentThatItFollows.
func TestContextEndsNoLaterThanTheParentThatItFollows(t *testing.T) {
	each(t, func(t *testing.T, kind string, begin func(context.Context) *timelimit.Context) {
		parent, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c, want := begin(parent), time.Now().Add(time.Second)
		defer c.End()
		if kind == "detached" {
			want = time.Now().Add(time.Minute)
		}
		if at, _ := c.Deadline(); !at.Equal(want) {
			t.Errorf("it ends at %v, want %v", at, want)
		}
	})
}

// TestContextEndsThoseMadeOfIt at its instant, and when it is given up.
func TestContextEndsThoseMadeOfIt(t *testing.T) {
	for want, end := range map[error]func(*timelimit.Context){
		context.Canceled:         (*timelimit.Context).End,
		context.DeadlineExceeded: func(*timelimit.Context) { time.Sleep(time.Minute) },
	} {
		each(t, func(t *testing.T, _ string, begin func(context.Context) *timelimit.Context) {
			c := begin(t.Context())
			child, cancel := context.WithCancel(c)
			defer cancel()
			end(c)
			<-child.Done()
			if !errors.Is(child.Err(), want) || !errors.Is(c.Err(), want) {
				t.Errorf("%v and %v, want %v", child.Err(), c.Err(), want)
			}
			c.End()
		})
	}
}

// TestContextThatNobodyWaitedForIsEnded.
func TestContextThatNobodyWaitedForIsEnded(t *testing.T) {
	for kind, begin := range kinds {
		c := begin(t.Context())
		c.End()
		if !errors.Is(c.Err(), context.Canceled) {
			t.Errorf("%s: Err is %v, want context.Canceled", kind, c.Err())
		}
		select {
		case <-c.Done():
		default:
			t.Errorf("%s: Done is open", kind)
		}
	}
}

func TestContextPrintsNothingOfItsVisitor(t *testing.T) {
	for kind, begin := range kinds {
		c := begin(context.WithValue(t.Context(), visitor{}, "SENTINEL"))
		defer c.End()
		if got := fmt.Sprintf("%v %+v %#v", c, c, c); got != "time limit time limit time limit" {
			t.Errorf("%s: printed is %s", kind, got)
		}
	}
}

// TestContextCostsNoAllocationIfNobodyWaits.
func TestContextCostsNoAllocationIfNobodyWaits(t *testing.T) {
	parent := t.Context()
	holder := new(struct{ limit timelimit.Context })
	if n := testing.AllocsPerRun(100, func() {
		holder.limit.Begin(parent, time.Minute)
		_ = holder.limit.Err()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestWithinEndsAtTheSoonerOfTwo, and is the context itself if that ends
// first.
func TestWithinEndsAtTheSoonerOfTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct{ has, limit, want time.Duration }{
			{0, time.Second, time.Second},
			{time.Minute, time.Second, time.Second},
			{time.Second, time.Minute, time.Second},
			{time.Second, time.Second, time.Second},
		} {
			parent := t.Context()
			if c.has > 0 {
				var cancel context.CancelFunc
				parent, cancel = context.WithTimeout(parent, c.has)
				defer cancel()
			}
			ctx, cancel := timelimit.Within(parent, c.limit)
			defer cancel()
			if at, _ := ctx.Deadline(); !at.Equal(time.Now().Add(c.want)) {
				t.Errorf("%v within %v ends at %v", c.has, c.limit, at)
			}
			if same := ctx == parent; same != (c.has > 0 && c.has <= c.limit) {
				t.Errorf("%v within %v: the same context: %v", c.has, c.limit, same)
			}
		}
	})
}

// TestEnsureLeavesAnEndAlone, however late, and sets one where there is none.
func TestEnsureLeavesAnEndAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if ctx, cancel := timelimit.Ensure(late, time.Second); ctx != late {
			t.Error("a context that has an end was replaced")
			cancel()
		}
		ctx, cancel := timelimit.Ensure(t.Context(), time.Second)
		defer cancel()
		if at, _ := ctx.Deadline(); !at.Equal(time.Now().Add(time.Second)) {
			t.Errorf("it ends at %v", at)
		}
	})
}
