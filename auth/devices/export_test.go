package devices

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/secret"
)

// Flush waits until what waits is written.
func (d *Devices) Flush() {
	d.writes.mu.Lock()
	defer d.writes.mu.Unlock()
	for d.writes.busy {
		d.writes.idle.Wait()
	}
}

// Sealed returns the key of the session that a row has.
func (d *Devices) Sealed(ctx context.Context, user, id string) string {
	r, _, _ := d.rows.find(ctx, user, id, secret.Text{})
	key, _ := d.rows.(ownRows).keys.open(r.id, r.seal)
	return key
}

// Expires returns when a row ends.
func (d *Devices) Expires(ctx context.Context, user, id string) time.Time {
	r, _, _ := d.rows.find(ctx, user, id, secret.Text{})
	return time.UnixMicro(r.expires)
}

// BrowserOf is browserOf.
var BrowserOf = browserOf

// MaxWaiting is maxWaiting.
const MaxWaiting = maxWaiting

// Overflow puts n writes into a queue whose writer is stuck until the function that it
// returns is called, which returns how many were written.
func Overflow(n int) (release func() int) {
	written, stuck := 0, make(chan struct{})
	q := newQueue(nil, func(_ context.Context, batch []write) error {
		<-stuck
		written += len(batch)
		return nil
	})
	for i := range n {
		q.put(write{id: string(rune(i + 1))})
		q.put(write{id: string(rune(i + 1))})
	}
	return func() int {
		close(stuck)
		q.close()
		return written
	}
}

// AddressOf is what is kept of a visitor's address.
func AddressOf(source string, kind AddressKind) string {
	d := &Devices{kept: kind, opts: Options{Source: func(*http.Request) string { return source }}}
	return d.addressOf(nil)
}

// Fail has a queue write in vain, and returns how often it has tried for n requests in a row.
func Fail(logger *slog.Logger, n int) int {
	tries := 0
	q := newQueue(logger, func(context.Context, []write) error {
		tries++
		return errors.New("read-only")
	})
	d := &Devices{writes: q}
	for range n {
		q.put(write{id: "a", seen: time.Now()})
		d.Flush()
	}
	q.close()
	return tries
}

// DeleteRemains is what a process does once a minute.
func (d *Devices) DeleteRemains(ctx context.Context) { d.deleteRemains(ctx) }

// ForgetLook has the next write look for what remains of logins, as after a minute.
func (d *Devices) ForgetLook() { d.lookedForRemains.Store(0) }

// IsLooking reports whether there is a goroutine that looks at watches.
func (d *Devices) IsLooking() bool {
	d.watches.mu.Lock()
	defer d.watches.mu.Unlock()
	return d.watches.busy
}

// CountLooks returns a function that waits until so many watches were looked at. Call it
// before there are any.
func (d *Devices) CountLooks() (await func(n int)) {
	looked := make(chan int, 10_000)
	look := d.watches.look
	d.watches.look = func(ctx context.Context, some []*watch) error {
		err := look(ctx, some)
		looked <- len(some)
		return err
	}
	return func(n int) {
		for n > 0 {
			n -= <-looked
		}
	}
}

// SlowLooks has each look take so long at least, and calls before. Call it before there are any.
func (d *Devices) SlowLooks(least time.Duration, before func()) {
	look := d.watches.look
	d.watches.look = func(ctx context.Context, some []*watch) error {
		before()
		time.Sleep(least)
		return look(ctx, some)
	}
}

// Wake is what a message from another process does.
func (d *Devices) Wake(user string) { d.watches.wake(user) }

// ListText is the statement of List.
func (d *Devices) ListText() string { return d.db.Dialect.Rebind(listText) }

// LogWatches has the looks log there. Call it before there are any.
func (d *Devices) LogWatches(to *slog.Logger) { d.watches.logger = to }
