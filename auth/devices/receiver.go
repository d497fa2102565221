package devices

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jamsession/jamsession/internal/jitter"
	"github.com/jamsession/jamsession/internal/panics"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// echoTime is how long a message to oneself may take.
const echoTime = 2 * time.Second

// errDeaf is what a process finds out about itself.
var errDeaf = errors.New("its own messages do not come back: a PgBouncer in its transaction mode" +
	" cannot carry LISTEN; the push needs the address of PostgreSQL itself")

// A receiver hears what other processes tell. It has one goroutine from the first start to
// its end, and comes back after a loss.
type receiver struct {
	push   Push
	sender string // of this process: what it says itself is not news
	logger *slog.Logger
	wake   func(user string) // has somebody look

	mu    sync.Mutex
	stop  context.CancelFunc
	ended chan struct{}
}

// start has the receiver receive.
func (r *receiver) start() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended != nil {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	r.stop, r.ended = stop, ended
	broke := panics.Log(r.logger, "devices: hear from other processes")
	panics.Go(func() {
		defer close(ended)
		for ctx.Err() == nil { // after a panic, such as of the site's logger
			panics.Guard(func() { r.run(ctx) }, broke)()
			_ = timelimit.Sleep(ctx, echoTime)
		}
	}, broke)
}

// close ends it, for good.
func (r *receiver) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended == nil {
		r.ended = make(chan struct{})
		close(r.ended)
		return
	}
	if r.stop != nil {
		r.stop()
	}
	<-r.ended
}

// run receives until ctx ends. The log has one line when others cannot be heard, and one when
// they can again.
func (r *receiver) run(ctx context.Context) {
	var deaf atomic.Bool
	for round := 0; ctx.Err() == nil; round++ {
		var heard atomic.Bool
		err := r.receive(ctx, func() {
			heard.Store(true)
			if deaf.Swap(false) {
				r.logger.InfoContext(ctx, "devices: other processes can be heard again")
			}
		})
		if heard.Load() {
			round = 0
		}
		if ctx.Err() == nil && !deaf.Swap(true) {
			r.logger.WarnContext(ctx, "devices: other processes cannot be heard; what ends there is "+
				"noticed within a second", slog.Any("error", err))
		}
		_ = jitter.Back(ctx, round)
	}
}

// receive runs one Receive. It calls works when a message has come back to its sender.
func (r *receiver) receive(ctx context.Context, works func()) (err error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	heard := make(chan struct{})
	hear := sync.OnceFunc(func() {
		works()
		close(heard)
	})
	connected := func() {
		r.wake(everybody) // what was said before was not heard
		panics.Go(func() { r.test(ctx, heard, fail) }, fail)
	}
	got := func(message string) {
		sender, user, isNews := readNews(message)
		switch {
		case sender == r.sender:
			hear()
		case isNews:
			r.wake(user)
		}
	}
	panicked := panics.Try(func() { err = r.push.Receive(ctx, connected, got) })
	return cmp.Or(context.Cause(ctx), panicked, err)
}

// test finds out whether a message to oneself arrives.
func (r *receiver) test(ctx context.Context, heard <-chan struct{}, fail func(error)) {
	ctx, cancel := context.WithTimeout(ctx, echoTime)
	defer cancel()
	if err := r.push.Publish(ctx, echo+r.sender); err != nil {
		fail(err)
		return
	}
	select {
	case <-heard:
	case <-ctx.Done():
		fail(errDeaf)
	}
}
