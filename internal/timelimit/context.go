package timelimit

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// A Context is a context that ends after a while. Unlike the standard
// library's, it starts a timer only if somebody waits for its end, or asks for
// a value: stores in memory do neither. It can be a field of what it is made
// for, which saves an allocation. Begin it once, and do not copy it.
type Context struct {
	parent   context.Context
	at       time.Time
	detached bool // it does not end with its parent

	mu     sync.Mutex
	inner  context.Context // nil until somebody waits
	cancel context.CancelFunc
	err    error // set by End, if nobody waits by then
}

// Detached returns a context that carries the values of its parent, and ends
// after limit, but not with its parent.
func Detached(parent context.Context, limit time.Duration) *Context {
	return &Context{parent: parent, at: time.Now().Add(limit), detached: true}
}

// Begin makes c a context that ends with its parent, or after limit.
func (c *Context) Begin(parent context.Context, limit time.Duration) {
	c.parent, c.at = parent, time.Now().Add(limit)
	if at, ok := parent.Deadline(); ok && at.Before(c.at) {
		c.at = at
	}
}

// Deadline implements [context.Context].
func (c *Context) Deadline() (time.Time, bool) { return c.at, true }

// Done implements [context.Context].
func (c *Context) Done() <-chan struct{} { return c.wait().Done() }

// wait returns the context that can be waited for.
func (c *Context) wait() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inner == nil {
		c.inner, c.cancel = context.WithDeadline(c.unlimited(), c.at)
		if c.err != nil {
			c.cancel()
		}
	}
	return c.inner
}

// unlimited returns what the context is made of.
func (c *Context) unlimited() context.Context {
	if c.detached {
		return context.WithoutCancel(c.parent)
	}
	return c.parent
}

// Err implements [context.Context].
func (c *Context) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.inner != nil:
		return c.inner.Err()
	case c.err != nil:
	case !c.detached && c.parent.Err() != nil:
		c.err = c.parent.Err()
	case !time.Now().Before(c.at):
		c.err = context.DeadlineExceeded
	}
	return c.err
}

// Value also lets contexts that are derived from this one find the timer, and
// never what would end with the parent of a detached one.
func (c *Context) Value(key any) any { return c.wait().Value(key) }

// Format implements [fmt.Formatter]: every verb prints the same, since contexts
// are printed in logs and must not show a visitor.
func (c *Context) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "time limit") }

// End ends the context now.
func (c *Context) End() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inner != nil {
		c.cancel()
	} else if c.err == nil {
		c.err = context.Canceled
	}
}
