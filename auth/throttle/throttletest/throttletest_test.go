package throttletest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/internal/noerror"
)

func TestRunAcceptsMemory(t *testing.T) {
	Run(t, func(*testing.T) throttle.Store { return noerror.In(throttle.NewMemory(100_000)) })
}

// TestKitNoticesBrokenStores runs the kit against stores that each break one
// sentence of the contract.
func TestKitNoticesBrokenStores(t *testing.T) {
	for _, b := range []struct {
		noticedBy string
		take      func(s *faulty) takeFunc
	}{
		{"a full bucket holds Burst", func(s *faulty) takeFunc { return s.offBy(1, 0) }},
		{"a full bucket holds Burst", func(s *faulty) takeFunc { return s.offBy(-1, 0) }},
		{"one attempt comes back", func(s *faulty) takeFunc { return s.offBy(0, time.Millisecond) }},
		{"a bucket is never more", func(s *faulty) takeFunc { return s.hoards }},
		{"buckets do not affect", func(s *faulty) takeFunc { return s.oneForAll }},
		{"a clock that was wrong", func(s *faulty) takeFunc { return s.believes }},
		{"it counts as a leaky", func(s *faulty) takeFunc { return s.windows }},
		{"of calls at the same time", func(s *faulty) takeFunc { return s.twoSteps }},
		{"a context that is done", func(s *faulty) takeFunc { return s.noContext }},
	} {
		s := newFaulty()
		s.take = b.take(s)
		noticed := false
		for _, c := range checks {
			if strings.HasPrefix(c.promise, b.noticedBy) {
				noticed = c.run(t.Context(), s) != nil
			}
		}
		if !noticed {
			t.Errorf("%q did not notice", b.noticedBy)
		}
	}
	for _, b := range []struct {
		noticedBy string
		give      func(s *faulty) giveFunc
	}{
		{"Give gives one", func(s *faulty) giveFunc { return s.keeps }},
		{"Give gives one", func(s *faulty) giveFunc { return s.givesAll }},
		{"calls that take and give", func(s *faulty) giveFunc { return s.givesInTwoSteps }},
	} {
		s := newFaulty()
		s.take, s.give = s.atomic, b.give(s)
		for _, c := range checks {
			err := c.run(t.Context(), s)
			if strings.HasPrefix(c.promise, b.noticedBy) && err == nil {
				t.Errorf("%q did not notice", c.promise)
			}
			if !strings.Contains(c.promise, "give") && !strings.Contains(c.promise, "done") &&
				!strings.Contains(c.promise, "wrong") && err != nil {
				t.Errorf("%q is about Take: %v", c.promise, err)
			}
		}
	}
}

type (
	takeFunc func(ctx context.Context, key string, l throttle.Limit, now time.Time) (time.Duration, error)
	giveFunc func(key string, l throttle.Limit)
)

// faulty is a store that can be broken.
type faulty struct {
	throttle.Store
	take takeFunc
	give giveFunc // nil: as Memory does

	step  sync.Mutex // makes one of two
	mu    sync.Mutex
	full  map[string]time.Time
	count map[string]int
}

func newFaulty() *faulty {
	return &faulty{
		Store: noerror.In(throttle.NewMemory(100_000)),
		full:  make(map[string]time.Time), count: make(map[string]int),
	}
}

func (s *faulty) Take(
	ctx context.Context, key string, l throttle.Limit, now time.Time,
) (time.Duration, error) {
	return s.take(ctx, key, l, now)
}

func (s *faulty) Give(ctx context.Context, key string, l throttle.Limit) error {
	if s.give == nil {
		return s.Store.Give(ctx, key, l)
	}
	s.give(key, l)
	return nil
}

func (s *faulty) keeps(string, throttle.Limit) {}

func (s *faulty) givesAll(key string, _ throttle.Limit) { s.put(key, time.Time{}, 0) }

func (s *faulty) givesInTwoSteps(key string, l throttle.Limit) {
	full, _ := s.get(key)
	time.Sleep(time.Millisecond)
	s.put(key, full.Add(-l.Every), 0)
}

// offBy has another limit than it was told.
func (s *faulty) offBy(burst int, every time.Duration) takeFunc {
	return func(ctx context.Context, key string, l throttle.Limit, now time.Time) (time.Duration, error) {
		l.Burst += burst
		l.Every += every
		return s.Store.Take(ctx, key, l, now)
	}
}

func (s *faulty) oneForAll(
	ctx context.Context, _ string, l throttle.Limit, now time.Time,
) (time.Duration, error) {
	return s.Store.Take(ctx, "one", l, now)
}

func (s *faulty) noContext(
	ctx context.Context, key string, l throttle.Limit, now time.Time,
) (time.Duration, error) {
	return s.Store.Take(context.WithoutCancel(ctx), key, l, now)
}

// get and put are the halves of the stores that look and take in separate
// steps.
func (s *faulty) get(key string) (time.Time, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.full[key], s.count[key]
}

func (s *faulty) put(key string, full time.Time, count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.full[key], s.count[key] = full, count
}

// hoards lets attempts add up without end.
func (s *faulty) hoards(
	_ context.Context, key string, l throttle.Limit, now time.Time,
) (time.Duration, error) {
	full, _ := s.get(key)
	if full.IsZero() {
		full = now
	}
	return s.decide(key, full, l, now), nil
}

// believes trusts each clock.
func (s *faulty) believes(
	_ context.Context, key string, l throttle.Limit, now time.Time,
) (time.Duration, error) {
	full, _ := s.get(key)
	if full.Before(now) {
		full = now
	}
	return s.decide(key, full, l, now), nil
}

// atomic looks and takes in one step.
func (s *faulty) atomic(
	ctx context.Context, key string, l throttle.Limit, now time.Time,
) (time.Duration, error) {
	s.step.Lock()
	defer s.step.Unlock()
	return s.believes(ctx, key, l, now)
}

// twoSteps looks, and then takes.
func (s *faulty) twoSteps(
	_ context.Context, key string, l throttle.Limit, now time.Time,
) (time.Duration, error) {
	full, _ := s.get(key)
	time.Sleep(time.Millisecond)
	if full.Before(now) {
		full = now
	}
	return s.decide(key, full, l, now), nil
}

func (s *faulty) decide(key string, full time.Time, l throttle.Limit, now time.Time) time.Duration {
	if wait := full.Sub(now) - time.Duration(l.Burst-1)*l.Every; wait > 0 {
		return wait
	}
	s.put(key, full.Add(l.Every), 0)
	return 0
}

// windows gives all attempts back at once, when a window of time ends.
func (s *faulty) windows(
	_ context.Context, key string, l throttle.Limit, now time.Time,
) (time.Duration, error) {
	end, count := s.get(key)
	if !now.Before(end) {
		end, count = now.Add(time.Duration(l.Burst)*l.Every), 0
	}
	if count >= l.Burst {
		return end.Sub(now), nil
	}
	s.put(key, end, count+1)
	return 0, nil
}

// TestKitNoticesBrokenLedgers does the same for what a Ledger promises.
func TestKitNoticesBrokenLedgers(t *testing.T) {
	for _, b := range []struct {
		noticedBy string
		ledger    faultyLedger
	}{
		{"a Ledger says", faultyLedger{late: time.Microsecond}},
		{"a Ledger says", faultyLedger{late: -time.Microsecond}},
		{"a Ledger says", faultyLedger{noContext: true}},
		{"a Ledger fills", faultyLedger{fillsNothing: true}},
		{"a Ledger fills", faultyLedger{noContext: true}},
	} {
		b.ledger.Ledger = noerror.In(throttle.NewMemory(100_000)).(throttle.Ledger)
		for _, c := range checks {
			err := c.run(t.Context(), &b.ledger)
			if strings.HasPrefix(c.promise, b.noticedBy) && err == nil {
				t.Errorf("%q did not notice", c.promise)
			}
			if !strings.Contains(c.promise, "Ledger") && err != nil {
				t.Errorf("%q is not about Ledgers: %v", c.promise, err)
			}
		}
	}
}

// A faultyLedger breaks the contract of a Ledger.
type faultyLedger struct {
	throttle.Ledger
	late                    time.Duration
	fillsNothing, noContext bool
}

func (l *faultyLedger) FullAt(ctx context.Context, key string) (time.Time, error) {
	if l.noContext {
		ctx = context.WithoutCancel(ctx)
	}
	full, err := l.Ledger.FullAt(ctx, key)
	return full.Add(l.late), err
}

func (l *faultyLedger) Fill(ctx context.Context, key string) error {
	switch {
	case l.fillsNothing:
		return ctx.Err()
	case l.noContext:
		ctx = context.WithoutCancel(ctx)
	}
	return l.Ledger.Fill(ctx, key)
}
