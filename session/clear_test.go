package session_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// clearings counts the calls of ClearExpired, and fails them.
type clearings struct {
	session.Store
	n atomic.Int32
}

func (c *clearings) ClearExpired(context.Context, time.Time) (int, error) {
	c.n.Add(1)
	return 0, errors.New("down")
}

// TestClearPeriodically: about once in each interval, also after an error,
// and not after the context is done.
func TestClearPeriodically(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &clearings{Store: memstore.New()}
		m := noerror.In(session.New(store, &session.Options{Logger: slog.New(slog.DiscardHandler)}))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			m.ClearPeriodically(ctx, time.Hour)
			close(done)
		}()
		time.Sleep(29 * time.Minute)
		if n := store.n.Load(); n != 0 {
			t.Errorf("cleared %d times in the first half of an interval", n)
		}
		time.Sleep(1000 * time.Hour)
		if n := store.n.Load(); n < 900 || n > 1100 {
			t.Errorf("cleared %d times in 1000 hours", n)
		}
		cancel()
		<-done
		n := store.n.Load()
		time.Sleep(10 * time.Hour)
		if store.n.Load() != n {
			t.Error("cleared after the context was done")
		}
	})
}

// TestClearPeriodicallyDoesNotRunInStep: two processes that start together
// clear at different times.
func TestClearPeriodicallyDoesNotRunInStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		first := make(chan time.Time, 2)
		for range 2 {
			m := noerror.In(session.New(&clock{Store: memstore.New(), first: first}, nil))
			go m.ClearPeriodically(ctx, time.Hour)
		}
		if a, b := <-first, <-first; a.Equal(b) {
			t.Errorf("both clear at %v", a)
		}
	})
}

// clock tells when it is cleared.
type clock struct {
	session.Store
	first chan time.Time
}

func (c *clock) ClearExpired(context.Context, time.Time) (int, error) {
	c.first <- time.Now()
	return 0, nil
}

// panicking is a store that cannot be cleared at all.
type panicking struct {
	session.Store
	n atomic.Int32
}

func (p *panicking) ClearExpired(context.Context, time.Time) (int, error) {
	p.n.Add(1)
	panic("SENTINEL")
}

// TestClearPeriodicallyOutlivesAPanic of the store, or of an observer, which
// would end the program; the log does not show its value.
func TestClearPeriodicallyOutlivesAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &panicking{Store: memstore.New()}
		var log bytes.Buffer
		m := noerror.In(session.New(store, &session.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			m.ClearPeriodically(ctx, time.Hour)
		}()
		time.Sleep(10 * time.Hour)
		cancel()
		<-done
		text := log.String()
		if n := store.n.Load(); n < 6 || !strings.Contains(text, "expired sessions not cleared") ||
			!strings.Contains(text, "clear_test.go") || strings.Contains(text, "SENTINEL") {
			t.Errorf("cleared %d times, log %s", n, text)
		}
	})
}
