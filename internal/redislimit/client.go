// Package redislimit lets no call of rueidis outlive its context.
package redislimit

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/internal/panics"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// alert is how long after a failure calls are watched: longer than it takes
// rueidis to give a silent connection up.
const alert = time.Minute

// A client ends Do and DoCache with their contexts. While rueidis connects it
// does not look at them: every call that needs the connection waits for the one
// that makes it, which in a cluster may be rueidis itself. So for a while after
// a failure each call is watched by another goroutine; what goes well is not,
// and costs nothing more.
type client struct {
	rueidis.Client
	alerted atomic.Int64 // until when, in nanoseconds since 1970
}

// New returns the client with limits. A call whose context has no end has five
// seconds.
func New(c rueidis.Client) rueidis.Client {
	if limited, ok := c.(*client); ok {
		return limited
	}
	return &client{Client: c}
}

// Do implements [rueidis.Client].
func (c *client) Do(ctx context.Context, cmd rueidis.Completed) rueidis.RedisResult {
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	if c.calm() {
		return c.note(c.Client.Do(ctx, cmd))
	}
	return c.watch(ctx, func(ctx context.Context) rueidis.RedisResult { return c.Client.Do(ctx, cmd) })
}

// DoCache implements [rueidis.Client].
func (c *client) DoCache(ctx context.Context, cmd rueidis.Cacheable, ttl time.Duration) rueidis.RedisResult {
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	if c.calm() {
		return c.note(c.Client.DoCache(ctx, cmd, ttl))
	}
	return c.watch(ctx, func(ctx context.Context) rueidis.RedisResult {
		return c.Client.DoCache(ctx, cmd, ttl)
	})
}

func (c *client) calm() bool {
	until := c.alerted.Load()
	return until == 0 || time.Now().UnixNano() >= until
}

// note raises the alert if the server could not be asked.
func (c *client) note(result rueidis.RedisResult) rueidis.RedisResult {
	if err := result.NonRedisError(); err != nil {
		c.alerted.Store(time.Now().Add(alert).UnixNano())
	}
	return result
}

// watch returns what call returns, or an error when ctx is done. A call that was
// left alone ends in its own time: if it is the one that connects, others wait
// for it, and would get the error of a visitor who has gone.
func (c *client) watch(
	ctx context.Context, call func(context.Context) rueidis.RedisResult,
) rueidis.RedisResult {
	if err := ctx.Err(); err != nil {
		return rueidis.NewErrorResult(err)
	}
	done := make(chan rueidis.RedisResult, 1)
	panics.Go(func() {
		own := context.WithoutCancel(ctx)
		if end, ok := ctx.Deadline(); ok {
			var cancel context.CancelFunc
			own, cancel = context.WithDeadline(own, end)
			defer cancel()
		}
		done <- call(own)
	}, func(err error) { done <- rueidis.NewErrorResult(err) })
	select {
	case result := <-done:
		return c.note(result)
	case <-ctx.Done():
		return c.note(rueidis.NewErrorResult(ctx.Err()))
	}
}
