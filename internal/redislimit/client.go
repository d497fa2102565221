// Package redislimit makes each call of rueidis return when its context is
// done.
package redislimit

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/internal/panics"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// alert is how long after a failure calls are watched: longer than it takes
// rueidis to give a silent connection up.
const alert = time.Minute

// patience is how long rueidis waits before it gives a connection up, whatever
// the visitor of the call that it carries out has.
const patience = timelimit.Default

// How many commands there may be at a time.
const (
	// crowd is how many rueidis may be shown themselves: a connection has room for 1024
	// commands without an answer, and the next call waits for room, without a look
	// at the context.
	crowd = 900

	// most is how many may wait for the server in all. The next is refused, since they
	// would only make others wait longer.
	most = 10_000
)

// errFull says that too many calls are waiting already.
var errFull = errors.New("too many calls are waiting for the server")

// A client ends Do, DoCache and DoMulti with their contexts, and no visitor's context
// ends what another one waits for.
//
// Rueidis shares connections, and does not keep contexts apart: while it
// connects, every call waits for the one that makes the connection, without a
// look at its own context, and fails with it; and a connection that was idle
// is broken by the deadline of the call that uses it, with every call behind
// that one. So rueidis is shown the contexts of calls that have about as much
// time as it would wait itself. The others are watched by another goroutine,
// as are all for a while after a failure. A Do or DoCache that goes well is not, and costs
// nothing more.
type client struct {
	rueidis.Client
	cut     func()       // ends all connections; nil if somebody else has dialed them
	wary    bool         // all calls are watched
	calls   atomic.Int64 // commands under way, those included which nobody waits for any more
	alerted atomic.Int64 // until when, in nanoseconds since 1970
	left    atomic.Int64 // when it left a wrong server, in nanoseconds since 1970
}

// New returns the client with limits. A call whose context has no end has five
// seconds.
func New(c rueidis.Client) rueidis.Client {
	if limited, ok := c.(*client); ok {
		return limited
	}
	return &client{Client: c}
}

// Dialed is [New] for a client that was made here; cut ends all its connections.
func Dialed(c rueidis.Client, cut func()) rueidis.Client { return &client{Client: c, cut: cut} }

// Do implements [rueidis.Client].
func (c *client) Do(ctx context.Context, cmd rueidis.Completed) rueidis.RedisResult {
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	if c.calm(ctx) {
		result := c.call(func() rueidis.RedisResult { return c.Client.Do(ctx, cmd) })
		if !unsent(ctx, result) {
			return result
		}
	}
	return c.watch(ctx, 1, func(ctx context.Context) []rueidis.RedisResult {
		return []rueidis.RedisResult{c.Client.Do(ctx, cmd)}
	})[0]
}

// DoCache implements [rueidis.Client].
func (c *client) DoCache(ctx context.Context, cmd rueidis.Cacheable, ttl time.Duration) rueidis.RedisResult {
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	if c.calm(ctx) {
		result := c.call(func() rueidis.RedisResult { return c.Client.DoCache(ctx, cmd, ttl) })
		if !unsent(ctx, result) {
			return result
		}
	}
	return c.watch(ctx, 1, func(ctx context.Context) []rueidis.RedisResult {
		return []rueidis.RedisResult{c.Client.DoCache(ctx, cmd, ttl)}
	})[0]
}

// DoMulti implements [rueidis.Client]. It is watched always: it waits for many answers.
func (c *client) DoMulti(ctx context.Context, multi ...rueidis.Completed) []rueidis.RedisResult {
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	return c.watch(ctx, len(multi), func(ctx context.Context) []rueidis.RedisResult {
		return c.Client.DoMulti(ctx, multi...)
	})
}

// calm reports whether rueidis may be shown the context itself.
func (c *client) calm(ctx context.Context) bool {
	now := time.Now()
	if end, _ := ctx.Deadline(); c.wary || c.calls.Load() >= crowd || end.Sub(now) < patience*4/5 {
		return false
	}
	return now.UnixNano() >= c.alerted.Load()
}

// call makes a call, in the visitor's goroutine.
func (c *client) call(do func() rueidis.RedisResult) rueidis.RedisResult {
	c.calls.Add(1)
	defer c.calls.Add(-1)
	return c.note(do())
}

// note raises the alert if the server could not be asked, and leaves one that
// is not the right one.
func (c *client) note(result rueidis.RedisResult) rueidis.RedisResult {
	switch {
	case result.NonRedisError() != nil:
		c.alerted.Store(time.Now().Add(alert).UnixNano())
	case isWrong(result):
		c.leave()
	}
	return result
}

// noteAll is note for each.
func (c *client) noteAll(results []rueidis.RedisResult) []rueidis.RedisResult {
	for _, result := range results {
		c.note(result)
	}
	return results
}

// unsent reports whether a call failed because the visitor has gone whose call
// was to connect. Rueidis says "canceled" of a call that is not only then, so
// the command was not sent, and may be repeated.
func unsent(ctx context.Context, result rueidis.RedisResult) bool {
	return ctx.Err() == nil && errors.Is(result.NonRedisError(), context.Canceled)
}

// noneSent reports whether all commands of a call failed so.
func noneSent(ctx context.Context, results []rueidis.RedisResult) bool {
	return !slices.ContainsFunc(results, func(r rueidis.RedisResult) bool { return !unsent(ctx, r) })
}

// failed returns the error for each of n commands.
func failed(n int, err error) []rueidis.RedisResult {
	return slices.Repeat([]rueidis.RedisResult{rueidis.NewErrorResult(err)}, n)
}

// watch returns what a call of n commands returns, or errors when ctx is done. A call that
// was left alone ends in its own time.
func (c *client) watch(
	ctx context.Context, n int, call func(context.Context) []rueidis.RedisResult,
) []rueidis.RedisResult {
	if err := ctx.Err(); err != nil {
		return failed(n, err)
	}
	if c.calls.Add(int64(n)) > most {
		c.calls.Add(-int64(n))
		return failed(n, errFull)
	}
	done := make(chan []rueidis.RedisResult, 1)
	panics.Go(func() {
		defer c.calls.Add(-int64(n))
		own, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		results := call(own)
		if noneSent(own, results) {
			results = call(own)
		}
		done <- results
	}, func(err error) { done <- failed(n, err) })
	select {
	case results := <-done:
		return c.noteAll(results)
	case <-ctx.Done():
		return c.noteAll(failed(n, ctx.Err()))
	}
}
