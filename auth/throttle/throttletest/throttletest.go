// Package throttletest tests whether a [throttle.Store] keeps its contract. The
// stores of this module pass it; yours must, too, and if it is a [throttle.Ledger] that
// contract as well:
//
//	func TestStore(t *testing.T) {
//		throttletest.Run(t, func(t *testing.T) throttle.Store { return open(t) })
//	}
package throttletest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth/throttle"
)

// Run runs the checks, each as a subtest with a store that open returns. It may
// return the same store each time, since each check uses new keys. Instants are
// near the present, so that records may expire by the server's clock, as in
// Redis.
func Run(t *testing.T, open func(t *testing.T) throttle.Store) {
	t.Helper()
	for _, c := range checks {
		t.Run(c.promise, func(t *testing.T) {
			if err := c.run(t.Context(), open(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// A check is a sentence of the contract, and the function that tests it.
type check struct {
	promise string
	try     func(*bench)
}

var checks = []check{
	{"a full bucket holds Burst attempts", burst},
	{"one attempt comes back each Every, to the microsecond", refill},
	{"a bucket is never more than full", full},
	{"buckets do not affect each other", apart},
	{"Give gives one attempt back", give},
	{"a clock that was wrong locks nobody out", wrongClock},
	{"it counts as a leaky bucket does", model},
	{"of calls at the same time no more succeed than there are attempts", race},
	{"calls that take and give at the same time lose no attempt", giveRace},
	{"a context that is done is an error", done},
	{"a Ledger says when a bucket will be full", fullAt},
	{"a Ledger fills one bucket", fill},
}

// run returns how the contract was broken, or nil.
func (c check) run(ctx context.Context, store throttle.Store) (err error) {
	defer func() {
		if r := recover(); r != nil {
			broken, ok := r.(failure)
			if !ok {
				panic(r)
			}
			err = broken
		}
	}()
	c.try(&bench{ctx, store, time.Now().Truncate(time.Microsecond)})
	return nil
}

// A failure ends a check by a panic.
type failure string

func (f failure) Error() string { return string(f) }

// A bench is a store with a clock.
type bench struct {
	ctx   context.Context
	store throttle.Store
	now   time.Time
}

func (b *bench) fail(format string, args ...any) { panic(failure(fmt.Sprintf(format, args...))) }

var limit = throttle.Limit{Burst: 5, Every: time.Hour + 7*time.Microsecond}

// newKey returns a key like a limiter's.
func newKey() string {
	return "a" + strings.ToLower(rand.Text() + rand.Text())[:32]
}

func (b *bench) take(key string) time.Duration {
	return b.takeOf(key, limit)
}

func (b *bench) takeOf(key string, limit throttle.Limit) time.Duration {
	wait, err := b.store.Take(b.ctx, key, limit, b.now)
	if err != nil {
		b.fail("Take: %v", err)
	}
	if wait < 0 {
		b.fail("Take: a wait of %v", wait)
	}
	return wait
}

// drain takes n attempts, which must be there.
func (b *bench) drain(key string, n int) {
	for i := range n {
		if wait := b.take(key); wait != 0 {
			b.fail("attempt %d of %d: wait %v", i+1, n, wait)
		}
	}
}

// empty fails unless the bucket has no attempt left and will have the next one
// after this wait.
func (b *bench) empty(key string, want time.Duration) {
	if wait := b.take(key); wait != want {
		b.fail("wait %v, want %v", wait, want)
	}
}

func burst(b *bench) {
	key := newKey()
	b.drain(key, limit.Burst)
	for range 3 { // a refused attempt costs nothing
		b.empty(key, limit.Every)
	}
}

func refill(b *bench) {
	key := newKey()
	b.drain(key, limit.Burst)
	for range 3 {
		b.now = b.now.Add(limit.Every - time.Microsecond)
		b.empty(key, time.Microsecond)
		b.now = b.now.Add(time.Microsecond)
		b.drain(key, 1)
		b.empty(key, limit.Every)
	}
	b.now = b.now.Add(2*limit.Every + 20*time.Minute)
	b.drain(key, 2)
	b.empty(key, limit.Every-20*time.Minute)
}

func full(b *bench) {
	key := newKey()
	b.drain(key, limit.Burst)
	b.now = b.now.Add(time.Duration(limit.Burst) * limit.Every)
	b.drain(key, limit.Burst)
	b.now = b.now.Add(100 * time.Duration(limit.Burst) * limit.Every)
	b.drain(key, limit.Burst)
	b.empty(key, limit.Every)
}

func apart(b *bench) {
	key := newKey()
	other := "s" + key[1:]
	b.drain(key, limit.Burst)
	b.drain(other, limit.Burst)
	b.empty(key, limit.Every)
	b.empty(other, limit.Every)
}

// give gives n attempts back.
func (b *bench) give(key string, n int) {
	for range n {
		if err := b.store.Give(b.ctx, key, limit); err != nil {
			b.fail("Give: %v", err)
		}
	}
}

func give(b *bench) {
	key, other := newKey(), newKey()
	b.drain(other, limit.Burst)
	b.give(key, 2) // the bucket is not known, and so full
	b.drain(key, 1)
	b.give(key, 3) // the bucket is full after the first
	b.drain(key, limit.Burst)
	b.empty(key, limit.Every)
	for n := range 3 {
		b.give(key, n)
		b.drain(key, n)
		b.empty(key, limit.Every)
	}
	b.now = b.now.Add(20 * time.Minute)
	b.give(key, 1)
	b.drain(key, 1)
	b.empty(key, limit.Every-20*time.Minute)
	b.empty(other, limit.Every-20*time.Minute)
}

func wrongClock(b *bench) {
	key, right := newKey(), b.now
	b.now = right.AddDate(10, 0, 0)
	b.drain(key, 1)
	b.now = right
	b.empty(key, limit.Every)
	b.now = right.Add(limit.Every)
	b.drain(key, 1)
	b.empty(key, limit.Every)
}

// model compares the store with a leaky bucket: each attempt pours Every into a
// bucket of Burst times Every, which leaks over time.
func model(b *bench) {
	const seed = 20251123
	rnd := mathrand.New(mathrand.NewPCG(seed, 1))
	for range 5 {
		key := newKey()
		l := throttle.Limit{
			Burst: 1 + rnd.IntN(6),
			Every: time.Minute + time.Duration(rnd.Int64N(3_600_000_000))*time.Microsecond,
		}
		var level time.Duration
		for range 60 {
			passed := time.Duration(rnd.Int64N(2*l.Every.Microseconds())) * time.Microsecond
			if rnd.IntN(3) == 0 {
				passed = 0
			}
			b.now = b.now.Add(passed)
			level = max(0, level-passed)
			want := max(0, level+l.Every-time.Duration(l.Burst)*l.Every)
			if got := b.takeOf(key, l); got != want {
				b.fail("seed %d, %+v: wait %v, want %v", seed, l, got, want)
			}
			if want == 0 {
				level += l.Every
			}
		}
	}
}

func race(b *bench) {
	const rounds, callers = 20, 16
	for range rounds {
		key := newKey()
		start := make(chan struct{})
		waits, errs := make([]time.Duration, callers), make([]error, callers)
		var group sync.WaitGroup
		for i := range callers {
			group.Go(func() {
				<-start
				waits[i], errs[i] = b.store.Take(b.ctx, key, limit, b.now)
			})
		}
		close(start)
		group.Wait()
		taken := 0
		for i := range callers {
			if errs[i] != nil {
				b.fail("Take: %v", errs[i])
			}
			if waits[i] == 0 {
				taken++
			}
		}
		if taken != limit.Burst {
			b.fail("%d of %d calls took one of %d attempts", taken, callers, limit.Burst)
		}
	}
}

// giveRace gives back all that it takes, so that the bucket is as it was.
func giveRace(b *bench) {
	const rounds, callers = 20, 8
	for range rounds {
		key := newKey()
		b.drain(key, 1)
		start := make(chan struct{})
		errs := make([]error, callers)
		var group sync.WaitGroup
		for i := range callers {
			group.Go(func() {
				<-start
				wait, err := b.store.Take(b.ctx, key, limit, b.now)
				if err == nil && wait == 0 {
					err = b.store.Give(b.ctx, key, limit)
				}
				errs[i] = err
			})
		}
		close(start)
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			b.fail("%v", err)
		}
		b.drain(key, limit.Burst-1)
		b.empty(key, limit.Every)
	}
}

func done(b *bench) {
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	key := newKey()
	if _, err := b.store.Take(ctx, key, limit, b.now); err == nil {
		b.fail("Take: no error")
	}
	b.drain(key, limit.Burst-1)
	if err := b.store.Give(ctx, key, limit); err == nil {
		b.fail("Give: no error")
	}
}

func fullAt(b *bench) {
	ledger, ok := b.store.(throttle.Ledger)
	if !ok {
		return
	}
	key := newKey()
	want := func(used int) {
		full, err := ledger.FullAt(b.ctx, key)
		if err != nil {
			b.fail("FullAt: %v", err)
		}
		left, wanted := full.Sub(b.now), time.Duration(used)*limit.Every
		if used == 0 && left > 0 || used > 0 && left != wanted {
			b.fail("FullAt: in %v, want %d times %v", left, used, limit.Every)
		}
	}
	want(0)
	b.drain(key, 2)
	want(2)
	b.drain(key, limit.Burst-2)
	b.empty(key, limit.Every)
	want(limit.Burst)
	b.give(key, 1)
	want(limit.Burst - 1)
	b.give(key, limit.Burst)
	want(0)
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	if _, err := ledger.FullAt(ctx, key); err == nil {
		b.fail("FullAt: no error of a context that is done")
	}
}

func fill(b *bench) {
	ledger, ok := b.store.(throttle.Ledger)
	if !ok {
		return
	}
	key, other := newKey(), newKey()
	fills := func(key string) {
		if err := ledger.Fill(b.ctx, key); err != nil {
			b.fail("Fill: %v", err)
		}
	}
	fills(key) // it is not known
	for _, used := range []int{1, limit.Burst} {
		b.drain(key, used)
		b.drain(other, 1)
		fills(key)
		fills(key)
	}
	b.drain(key, limit.Burst)
	b.empty(key, limit.Every)
	b.drain(other, limit.Burst-2)
	b.empty(other, limit.Every)
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	if err := ledger.Fill(ctx, key); err == nil {
		b.fail("Fill: no error of a context that is done")
	}
	b.empty(key, limit.Every)
}
