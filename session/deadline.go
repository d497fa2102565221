package session

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// A deadline is a context that carries its parent's values, and ends at an
// instant but not with its parent. Other than the standard library's it starts
// a timer only if somebody waits for its end, or asks for a value: stores in
// memory do neither.
type deadline struct {
	parent context.Context
	begun  time.Time
	limit  time.Duration

	mu     sync.Mutex
	inner  context.Context // nil until somebody waits
	cancel context.CancelFunc
	err    error // set by end, if nobody waits by then
}

func newDeadline(parent context.Context, limit time.Duration) *deadline {
	return &deadline{parent: parent, begun: time.Now(), limit: limit}
}

func (d *deadline) Deadline() (time.Time, bool) { return d.begun.Add(d.limit), true }

func (d *deadline) Done() <-chan struct{} { return d.wait().Done() }

// wait returns the context that can be waited for.
func (d *deadline) wait() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inner == nil {
		d.inner, d.cancel = context.WithDeadline(context.WithoutCancel(d.parent), d.begun.Add(d.limit))
		if d.err != nil {
			d.cancel()
		}
	}
	return d.inner
}

func (d *deadline) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.inner != nil:
		return d.inner.Err()
	case d.err == nil && time.Since(d.begun) >= d.limit:
		d.err = context.DeadlineExceeded
	}
	return d.err
}

// Value also lets contexts that are derived from this one find the timer, and
// never what would end with the parent.
func (d *deadline) Value(key any) any { return d.wait().Value(key) }

// Format implements [fmt.Formatter]: every verb prints the same, since contexts
// are printed in logs and must not show a visitor.
func (d *deadline) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "session deadline") }

// end lets the context end now.
func (d *deadline) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inner != nil {
		d.cancel()
	} else if d.err == nil {
		d.err = context.Canceled
	}
}
