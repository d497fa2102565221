package sessiontest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jamsession/jamsession/session"
)

// rounds is how often each race is run. A store that takes two steps in place
// of an atomic one loses some of them.
const rounds = 300

// raceCases try concurrent calls. Each round waits until all callers are ready.
var raceCases = []contractCase{
	{
		"RaceOfSaves",
		"Save compares and replaces in one atomic step: of several saves of one old record, one succeeds.",
		func(x *trial) {
			for range rounds {
				old := x.created(`{"n":0}`)
				errs := together(6, func(i int) error {
					return x.store.Save(x.ctx, old, with(old, numbered(i)))
				})
				winner := x.oneOf(errs, session.ErrConflict)
				x.holds(with(old, numbered(winner)))
			}
		},
	},
	{
		"RaceOfCreates",
		"Create must return ErrExists if the key is taken: of several, one succeeds.",
		func(x *trial) {
			for range rounds {
				rec := x.record(`{}`)
				errs := together(4, func(i int) error {
					return x.store.Create(x.ctx, with(rec, numbered(i)))
				})
				winner := x.oneOf(errs, session.ErrExists)
				x.holds(with(rec, numbered(winner)))
			}
		},
	},
	{
		"RaceOfSaveAndDelete",
		"Save never creates a record: after a Delete the record is gone, whichever came first.",
		func(x *trial) {
			for range rounds {
				old := x.created(`{"n":0}`)
				errs := together(4, func(i int) error {
					if i == 0 {
						return x.store.Delete(x.ctx, old.Key)
					}
					return x.store.Save(x.ctx, old, with(old, numbered(i)))
				})
				x.want("Delete", errs[0], nil)
				x.lacks(old.Key)
			}
		},
	},
	{
		"RaceOfMoves",
		"A record moves in one atomic step: of several moves of one old record, one succeeds.",
		func(x *trial) {
			for range rounds {
				old := x.created(`{"n":0}`)
				news := []session.Record{moved(old), moved(old), moved(old)}
				errs := together(len(news), func(i int) error {
					return x.store.Save(x.ctx, old, news[i])
				})
				winner := x.oneOf(errs, session.ErrNotFound)
				x.lacks(old.Key)
				for i, new := range news {
					if i == winner {
						x.holds(new)
					} else {
						x.lacks(new.Key)
					}
				}
			}
		},
	},
	{
		"RaceOfMoveAndSave",
		"Of a move and a save of one old record, one succeeds.",
		func(x *trial) {
			for range rounds {
				old := x.created(`{"n":0}`)
				new, changed := moved(old), with(old, `{"n":1}`)
				errs := together(2, func(i int) error {
					return x.store.Save(x.ctx, old, []session.Record{new, changed}[i])
				})
				if x.oneOf(errs, session.ErrNotFound, session.ErrConflict) == 0 {
					x.holds(new)
					x.lacks(old.Key)
				} else {
					x.holds(changed)
					x.lacks(new.Key)
				}
			}
		},
	},
	{
		"RaceOfDeletes",
		"Of several Deletes, one succeeds.",
		func(x *trial) {
			for range rounds {
				rec := x.created(`{"n":0}`)
				errs := together(4, func(int) error { return x.store.Delete(x.ctx, rec.Key) })
				x.oneOf(errs, session.ErrNotFound)
				x.lacks(rec.Key)
			}
		},
	},
	{
		"RaceOfDeleteAndItsContext",
		"ErrNotFound must never be about this call's own deletion.",
		func(x *trial) {
			for i := range rounds {
				rec := x.created(`{"n":0}`)
				ctx, cancel := context.WithCancel(x.ctx)
				timer := time.AfterFunc(time.Duration(i)*5*time.Microsecond, cancel)
				err := x.store.Delete(ctx, rec.Key)
				timer.Stop()
				cancel()
				if err == nil {
					x.lacks(rec.Key)
				} else {
					x.want("Delete that was interrupted", err, context.Canceled)
				}
			}
		},
	},
	{
		"RaceOfMoveAndDelete",
		"Of a Delete and a Save that moves the record, one succeeds.",
		func(x *trial) {
			for range rounds {
				old := x.created(`{"n":0}`)
				new := moved(old)
				errs := together(2, func(i int) error {
					if i == 0 {
						return x.store.Delete(x.ctx, old.Key)
					}
					return x.store.Save(x.ctx, old, new)
				})
				x.lacks(old.Key)
				if x.oneOf(errs, session.ErrNotFound) == 1 {
					x.holds(new)
				} else {
					x.lacks(new.Key)
				}
			}
		},
	},
	{
		"RaceOfLoads",
		"Load returns the record of its key, whatever else the store loads at the same time.",
		func(x *trial) {
			recs := make([]session.Record, 8)
			for i := range recs {
				recs[i] = x.created(numbered(i))
			}
			errs := together(len(recs), func(i int) error {
				for range rounds {
					got, err := x.store.Load(x.ctx, recs[i].Key)
					if err != nil {
						return err
					}
					if string(got.Data) != numbered(i) {
						return errors.New("got the data of another record")
					}
				}
				return nil
			})
			x.want("Load", errors.Join(errs...), nil)
		},
	},
}

func numbered(i int) string { return fmt.Sprintf(`{"n":%d}`, i+100) }

// together calls fn(0) to fn(n-1) at the same moment and returns their errors.
func together(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var ready, done sync.WaitGroup
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			errs[i] = fn(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return errs
}

// oneOf fails unless one error is nil and each other is among losers. It
// returns the index of the nil.
func (x *trial) oneOf(errs []error, losers ...error) int {
	winner, count := -1, 0
	for i, err := range errs {
		switch {
		case err == nil:
			winner, count = i, count+1
		case !isAny(err, losers):
			x.failf("caller %d: got error %v, want one of %v", i, err, losers)
		}
	}
	if count != 1 {
		x.failf("%d of %d callers succeeded, want 1", count, len(errs))
	}
	return winner
}

func isAny(err error, targets []error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
