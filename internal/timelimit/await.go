package timelimit

import (
	"context"
	"time"
)

// Await returns nil when done is closed, or the error of ctx if that ends first. If nobody
// else waits for the end of a [Context], Await makes a timer and no other context. Do not call
// its End before Await has returned.
func Await(ctx context.Context, done <-chan struct{}) error {
	if c, ok := ctx.(*Context); ok && !c.waitedFor() {
		return c.await(done)
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// waitedFor reports whether somebody has waited for the end.
func (c *Context) waitedFor() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inner != nil
}

func (c *Context) await(done <-chan struct{}) error {
	parent, timer := c.unlimited(), time.NewTimer(time.Until(c.at))
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-parent.Done():
		return parent.Err()
	case <-timer.C:
		return context.DeadlineExceeded
	}
}
