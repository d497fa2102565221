package scale

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/jamsession/jamsession/session"
)

// A Rate is how many operations come in a second. They come when they come,
// and not when the last one is done: one that must wait delays no other, and
// its waiting counts. So the slowest of them are seen, and the load stays the
// same while the database is busy otherwise.
type Rate struct{ Reads, Updates int }

// times are how long operations took.
type times struct {
	mu     sync.Mutex
	all    []time.Duration
	failed int
	err    error // one of those that failed
}

func (t *times) add(took time.Duration, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, took)
	if err != nil {
		t.failed++
		t.err = err
	}
}

// quantile returns the time within which a part of the operations was done.
func (t *times) quantile(part float64) time.Duration {
	if len(t.all) == 0 {
		return 0
	}
	slices.Sort(t.all)
	return t.all[min(len(t.all)-1, int(part*float64(len(t.all))))]
}

// A spell is what the traffic saw while something went on.
type spell struct {
	reads, updates *times
	took           time.Duration
}

// during lets the traffic run while work does.
func (rate Rate) during(ctx context.Context, t table, work func()) spell {
	s := spell{&times{}, &times{}, 0}
	stop := make(chan struct{})
	var arriving sync.WaitGroup
	arriving.Go(func() { arrive(rate.Reads, stop, s.reads, t.read(ctx)) })
	arriving.Go(func() { arrive(rate.Updates, stop, s.updates, t.update(ctx)) })
	begin := time.Now()
	work()
	s.took = time.Since(begin)
	close(stop)
	arriving.Wait()
	return s
}

// arrive starts operations at a fixed rate until it is stopped, and returns
// when all are done.
func arrive(perSecond int, stop <-chan struct{}, t *times, op func() error) {
	var running sync.WaitGroup
	defer running.Wait()
	begin, gap := time.Now(), time.Second/time.Duration(perSecond)
	for i := 1; ; i++ {
		due := begin.Add(time.Duration(i) * gap)
		select {
		case <-stop:
			return
		case <-time.After(time.Until(due)):
		}
		came := time.Now() // up to a millisecond late, as timers are
		running.Go(func() {
			err := op()
			t.add(time.Since(came), err)
		})
	}
}

func (t table) read(ctx context.Context) func() error {
	return func() error {
		_, err := t.store.Load(ctx, t.hot[rand.IntN(len(t.hot))].Key)
		return err
	}
}

// update saves the hot rows in turn, each with other data and a later expiry.
// No two updates meet in one row, as those of one visitor seldom do.
func (t table) update(ctx context.Context) func() error {
	return func() error {
		var old session.Record
		select {
		case old = <-t.idle:
		case <-ctx.Done():
			return ctx.Err()
		}
		next := old
		next.Data = payloads[rand.IntN(len(payloads))]
		next.Expiry = time.Now().Add(14 * 24 * time.Hour).Truncate(time.Microsecond)
		if err := t.store.Save(ctx, old, next); err != nil {
			return err // and nobody knows what is in the row
		}
		t.idle <- next
		return nil
	}
}
