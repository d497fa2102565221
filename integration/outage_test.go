package integration

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jamsession/jamsession/session"
)

// A phase of an outage. Between them it is neither there nor gone.
type phase int32

const (
	before phase = iota
	beginning
	down
	healing
	healed
)

const (
	// askTime bounds each call of a store and each request.
	askTime = 300 * time.Millisecond

	// patience is when a call has ended that was to end after askTime, or
	// after twice that: a request loads and saves. The rest is for a busy
	// machine.
	patience = 3500 * time.Millisecond

	// needed is how many answers a worker wants before the outage, and after.
	needed = 10
)

// An outage is the time around a fault: workers use a store before it, while
// it lasts and afterwards, and compare all that they are told.
type outage struct {
	t     testing.TB
	e     engine
	place place
	fault fault
	proxy *proxy
	wait  time.Duration // for the first answers after it

	phase   atomic.Int32
	history *history
	site    *site
	verdict onceError // why the workers give up
	ready   sync.WaitGroup
	workers sync.WaitGroup
}

// survive returns what is wrong with how the engine meets the fault. The place
// must be fresh, but may have been through other faults.
func survive(t testing.TB, e engine, p place, f fault, wait time.Duration) error {
	t.Helper()
	o := &outage{t: t, e: e, place: p, fault: f, proxy: newProxy(t, p.addr), wait: wait}
	store := p.open(t, o.proxy.addr)
	o.history = newHistory(store, false, false)
	o.site = newSite(store, session.Options{Timeout: askTime})
	seed := newSeed()
	visitors := o.start(seed)
	o.ready.Wait()
	o.happen()
	o.workers.Wait()
	if err := o.check(visitors); err != nil {
		return fmt.Errorf("-seed %d: %w", seed, err)
	}
	return nil
}

func (o *outage) now() phase { return phase(o.phase.Load()) }

// happen makes the fault begin, last and end.
func (o *outage) happen() {
	if o.verdict.get() != nil {
		return
	}
	o.phase.Store(int32(beginning))
	o.fault.begin(o)
	o.phase.Store(int32(down))
	time.Sleep(o.fault.hold)
	o.phase.Store(int32(healing))
	o.fault.end(o)
	o.phase.Store(int32(healed))
}

// A onceError is the first of its errors.
type onceError struct {
	mu  sync.Mutex
	err error
}

func (e *onceError) set(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err == nil {
		e.err = err
	}
}

func (e *onceError) get() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

// start begins the work of clients, which call the store, and of visitors,
// who call pages.
func (o *outage) start(seed uint64) []*visitor {
	const each = 3
	var visitors []*visitor
	o.ready.Add(2 * each)
	for i := range each {
		c := newClient(o.history, o.e, i, seed)
		c.ask = func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, askTime)
		}
		o.workers.Go(func() { o.work(func(ctx context.Context) (bool, error) { return o.call(ctx, c) }) })
		v := &visitor{
			site: o.site, uid: fmt.Sprint(100 + i), rand: rand.New(rand.NewPCG(seed, uint64(100+i))),
			now: o.now, forgets: o.place.forgets && o.fault.kills,
		}
		visitors = append(visitors, v)
		o.workers.Go(func() { o.work(func(ctx context.Context) (bool, error) { return o.visit(ctx, v) }) })
	}
	return visitors
}

// work asks until there were answers after the outage, or something is wrong.
func (o *outage) work(ask func(context.Context) (answered bool, err error)) {
	count, deadline := 0, time.Now().Add(o.wait)
	ready := sync.OnceFunc(o.ready.Done)
	defer ready()
	for last := before; o.verdict.get() == nil; {
		at := o.now()
		answered, err := ask(o.t.Context())
		switch {
		case err != nil:
			o.verdict.set(err)
		case at == down && o.now() == down && answered && o.fault.total && !o.place.spares:
			o.verdict.set(errors.New("an answer while the server could give none"))
		}
		if at != last {
			last, count, deadline = at, 0, time.Now().Add(o.wait)
		}
		if answered {
			count++
		}
		if count == needed {
			ready()
			if at == healed {
				return
			}
		}
		if count < needed && (at == before || at == healed) && time.Now().After(deadline) {
			o.verdict.set(fmt.Errorf("no %d answers %v", needed, at))
		}
		time.Sleep(rand.N(10 * time.Millisecond))
	}
}

// visit asks for a page.
func (o *outage) visit(ctx context.Context, v *visitor) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return v.visit(ctx)
}

// call makes a call of the store. After a change whose outcome is unknown the
// client only loads until it is answered; see maxUnknown.
func (o *outage) call(ctx context.Context, c *client) (bool, error) {
	begin := time.Now()
	err := c.next(ctx)
	c.loads = err != nil
	switch took := time.Since(begin); {
	case took > patience:
		return false, fmt.Errorf("client %d: a call took %v", c.id, took)
	case err != nil && o.shows(err):
		return false, errors.New("an error shows the key or the data")
	case err != nil && o.now() == before && !errors.Is(err, context.DeadlineExceeded): // a busy machine
		return false, err
	}
	return err == nil, nil
}

// shows reports whether an error contains what it must not.
func (o *outage) shows(err error) bool {
	text := errors.Unwrap(err).Error()
	for _, set := range o.history.sets {
		for _, key := range set.keys {
			if strings.Contains(text, key) {
				return true
			}
		}
	}
	return strings.Contains(text, `{"n":`)
}

// check looks at what is there after the outage.
func (o *outage) check(visitors []*visitor) error {
	if err := o.verdict.get(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(o.t.Context(), o.wait)
	defer cancel()
	for _, v := range visitors {
		if err := v.check(ctx); err != nil {
			return err
		}
	}
	if err := o.history.loadAll(ctx); err != nil {
		return err
	}
	return o.history.check(o.e)
}

// String says when it is.
func (p phase) String() string {
	return [...]string{
		"before the outage", "as it began", "while it lasted", "as it ended", "after the outage",
	}[p]
}
