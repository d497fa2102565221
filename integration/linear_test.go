package integration

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/jamsession/jamsession/session"
)

// TestLinearizable: what clients are told agrees with some order of their
// calls, in which each takes its effect at one moment between its beginning
// and its end.
func TestLinearizable(t *testing.T) {
	each(t, func(e engine) bool { return e.swaps }, func(t *testing.T, e engine) {
		t.Parallel()
		if err := linearizable(t.Context(), e, e.open(t)); err != nil {
			t.Error(err)
		}
	})
}

// TestLinearizableRejects: the check finds each mistake that a store could
// make, and the store from which they are made is right.
func TestLinearizableRejects(t *testing.T) {
	e := engine{swaps: true}
	if err := linearizable(t.Context(), e, newWrong(nothing)); err != nil {
		t.Errorf("rejected though nothing is wrong: %v", err)
	}
	for mistake, name := range mistakes {
		t.Run(name, func(t *testing.T) {
			for range tries {
				if linearizable(t.Context(), e, newWrong(mistake)) != nil {
					return
				}
			}
			t.Error("the check accepts it")
		})
	}
}

// TestContractAllowsALoadThatWaited: a load that began before a record was made
// whose expiry had then passed may find it. MariaDB answered so, once in some
// hundred rounds.
func TestContractAllowsALoadThatWaited(t *testing.T) {
	short := version{n: 1, expiry: 13440}
	h := newHistory(nil, true)
	h.ops = []porcupine.Operation{
		{
			Call: 10450, Return: 19797, Input: call{from: 10450, until: 19797},
			Output: answer{got: short}, ClientId: 1,
		},
		{
			Call: 13441, Return: 18260, Input: call{method: create, new: short, from: 13441, until: 18260},
			Output: answer{}, ClientId: 2,
		},
	}
	if err := h.check(engine{}); err != nil {
		t.Error(err)
	}
	h.ops[0].Call, h.ops[0].Input = 15450, call{from: 15450, until: 19797}
	if h.check(engine{}) == nil {
		t.Error("a load may find what had expired when it began")
	}
}

const (
	clients = 8
	rounds  = 5
	calls   = 40 // of a client in a round

	// Some mistakes show only where two calls overlap, which a busy machine seldom lets happen.
	tries = 10
)

// linearizable runs rounds of clients on new keys, and returns what the check
// says of the first that was wrong.
func linearizable(ctx context.Context, e engine, store session.Store) error {
	for range rounds {
		seed := newSeed()
		h := newHistory(store, true, false)
		err := h.run(ctx, e, seed)
		if err == nil {
			err = h.check(e)
		}
		if err != nil {
			return fmt.Errorf("-seed %d: %w", seed, err)
		}
	}
	return nil
}

// run makes the clients begin together, while expired records are cleared, and
// returns when all have ended.
func (h *history) run(ctx context.Context, e engine, seed uint64) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	errs := make([]error, clients+1)
	start := make(chan struct{})
	var working, clearing sync.WaitGroup
	for i := range clients {
		working.Go(func() {
			<-start
			errs[i] = h.work(ctx, e, i, seed)
		})
	}
	clearingCtx, stop := context.WithCancel(ctx)
	clearing.Go(func() { errs[clients] = h.clear(clearingCtx) })
	close(start)
	working.Wait()
	stop()
	clearing.Wait()
	return errors.Join(append(errs, h.loadAll(ctx))...)
}

// work makes the calls of one client. It pauses now and then, so that records
// expire meanwhile.
func (h *history) work(ctx context.Context, e engine, id int, seed uint64) error {
	c := newClient(h, e, id, seed)
	c.cut = true
	for range calls {
		if err := c.next(ctx); err != nil {
			return err
		}
		time.Sleep(c.random(max(time.Millisecond, e.tick/40)))
	}
	return nil
}

// clear clears expired records until it is told to stop. It may not change
// any answer.
func (h *history) clear(ctx context.Context) error {
	for ctx.Err() == nil {
		_, err := h.store.ClearExpired(ctx, time.Now())
		if err != nil && ctx.Err() == nil {
			return err
		}
		time.Sleep(3 * time.Millisecond)
	}
	return nil
}
