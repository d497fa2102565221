package cachedstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// A stepDB is a database that says before and after each request that it is a step.
type stepDB struct {
	session.Store
	step func()
}

func (d *stepDB) Load(ctx context.Context, key string) (session.Record, error) {
	d.step()
	defer d.step()
	return d.Store.Load(ctx, key)
}

func (d *stepDB) Create(ctx context.Context, rec session.Record) error {
	d.step()
	defer d.step()
	return d.Store.Create(ctx, rec)
}

func (d *stepDB) Save(ctx context.Context, old, new session.Record) error {
	d.step()
	defer d.step()
	return d.Store.Save(ctx, old, new)
}

func (d *stepDB) Delete(ctx context.Context, key string) error {
	d.step()
	defer d.step()
	return d.Store.Delete(ctx, key)
}

func (*stepDB) KeepsBytes() bool { return true }

// steps counts those of one request, and acts at one of them.
type steps struct {
	mu   sync.Mutex
	n    int
	at   int
	act  func()
	done bool
}

func (s *steps) step() {
	s.mu.Lock()
	s.n++
	due := s.n == s.at && !s.done
	s.done = s.done || due
	s.mu.Unlock()
	if due {
		s.act()
	}
}

// end makes the steps that follow no longer count.
func (s *steps) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = true
}

// two processes on one database and one cache. The requests of the first are in steps.
type two struct {
	db            session.Store
	cache         *mapCache
	first, second session.Store
	steps         *steps
	rec           session.Record
}

// newTwo returns them with a record, whose entry is in the cache, or not.
func newTwo(t *testing.T, cold bool) *two {
	t.Helper()
	w := &two{db: memstore.New(), cache: newMapCache(), steps: new(steps)}
	w.first = process(t, &stepDB{w.db, w.steps.step}, steppedCache{w.cache, w.steps.step})
	w.second = process(t, w.db, w.cache)
	w.rec = created(t, w.second)
	if !cold {
		load(t, w.second, w.rec.Key)
	}
	return w
}

// A steppedCache says before and after each request that it is a step.
type steppedCache struct {
	*mapCache
	step func()
}

func (c steppedCache) Get(ctx context.Context, key string) ([]byte, error) {
	c.step()
	defer c.step()
	return c.mapCache.Get(ctx, key)
}

func (c steppedCache) Set(ctx context.Context, key string, v []byte, ttl time.Duration) error {
	c.step()
	defer c.step()
	return c.mapCache.Set(ctx, key, v, ttl)
}

func (c steppedCache) Add(ctx context.Context, key string, v []byte, ttl time.Duration) error {
	c.step()
	defer c.step()
	return c.mapCache.Add(ctx, key, v, ttl)
}

func (c steppedCache) Swap(ctx context.Context, key string, old, v []byte, ttl time.Duration) error {
	c.step()
	defer c.step()
	return c.mapCache.Swap(ctx, key, old, v, ttl)
}

var _ cachedstore.Cache = steppedCache{}

// otherKey is where sessions move to.
var otherKey = strings.Repeat("m", 32)

// requests are what visitors do with a session that they have loaded before.
var requests = map[string]func(s session.Store, rec session.Record) error{
	"load": func(s session.Store, rec session.Record) error {
		_, err := s.Load(context.Background(), rec.Key)
		return err
	},
	"save": func(s session.Store, rec session.Record) error {
		return s.Save(context.Background(), rec, later(with(rec, "two")))
	},
	"load and save": func(s session.Store, rec session.Record) error {
		now, err := s.Load(context.Background(), rec.Key)
		if err != nil {
			return err
		}
		return s.Save(context.Background(), now, later(with(now, string(now.Data)+"+")))
	},
	"refresh": func(s session.Store, rec session.Record) error {
		return s.Save(context.Background(), rec, later(rec))
	},
	"move": func(s session.Store, rec session.Record) error {
		return s.Save(context.Background(), rec, under(rec, otherKey))
	},
	"move and move back": func(s session.Store, rec session.Record) error {
		if err := s.Save(context.Background(), rec, under(rec, otherKey)); err != nil {
			return err
		}
		return s.Save(context.Background(), under(rec, otherKey), rec)
	},
	"shorten": func(s session.Store, rec session.Record) error {
		soon := with(rec, "soon")
		soon.Expiry = rec.Expiry.Add(-time.Minute)
		return s.Save(context.Background(), rec, soon)
	},
	"expire": func(s session.Store, rec session.Record) error {
		dead := rec
		dead.Expiry = time.Now().Add(-time.Second)
		return s.Save(context.Background(), rec, dead)
	},
	"delete": func(s session.Store, rec session.Record) error {
		return s.Delete(context.Background(), rec.Key)
	},
}

func later(rec session.Record) session.Record {
	rec.Expiry = rec.Expiry.Add(time.Minute)
	return rec
}

func under(rec session.Record, key string) session.Record {
	rec.Key = key
	return rec
}

// TestEveryRequestMeetsEveryOther at each of its steps, with an entry in the cache or without,
// and with a cache that loses everything before or after that, or not. Then every process
// has from the store what is in the database.
func TestEveryRequestMeetsEveryOther(t *testing.T) {
	for mode := range 6 {
		cold, before, after := mode%2 == 1, mode/2 == 1, mode/2 == 2
		for firstName, first := range requests {
			for secondName, second := range requests {
				for at := 1; ; at++ {
					w := newTwo(t, cold)
					w.steps.at = at
					w.steps.act = func() {
						if before {
							w.cache.lose()
						}
						wantOutcome(t, second(w.second, w.rec))
						if after {
							w.cache.lose()
						}
						_, _ = w.second.Load(t.Context(), w.rec.Key) // and a reader
					}
					wantOutcome(t, first(w.first, w.rec))
					if !w.steps.done {
						break
					}
					w.wantTruth(t, fmt.Sprintf("cold %t, lost before %t, after %t: %s meets %s at step %d",
						cold, before, after, firstName, secondName, at))
				}
			}
		}
	}
}

// TestNobodyFindsWhatWasBefore, at any step of a change: once somebody may have seen it in the
// database, nobody is served what was there before, in any process.
func TestNobodyFindsWhatWasBefore(t *testing.T) {
	for _, name := range []string{"save", "refresh", "move", "shorten", "expire", "delete"} {
		for at := 1; ; at++ {
			w := newTwo(t, false)
			w.steps.at = at
			w.steps.act = func() {
				want, wantErr := w.db.Load(t.Context(), w.rec.Key)
				for i, s := range []session.Store{w.first, w.second} {
					got, err := s.Load(t.Context(), w.rec.Key)
					if !errors.Is(err, wantErr) || string(got.Data) != string(want.Data) {
						t.Errorf("%s, step %d: process %d loads %q, %v; the database has %q, %v", name, at, i+1,
							got.Data, err, want.Data, wantErr)
					}
				}
			}
			must(t, requests[name](w.first, w.rec))
			if !w.steps.done {
				break
			}
		}
	}
}

// wantOutcome fails for an error that no request can have.
func wantOutcome(t *testing.T, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, session.ErrConflict) && !errors.Is(err, session.ErrNotFound) &&
		!errors.Is(err, session.ErrExists) {
		t.Fatal(err)
	}
}

// wantTruth compares what the stores load with what the database has.
func (w *two) wantTruth(t *testing.T, when string) {
	t.Helper()
	w.steps.end()
	for _, key := range []string{w.rec.Key, otherKey} {
		want, wantErr := w.db.Load(t.Context(), key)
		for i, s := range []session.Store{w.first, w.second} {
			got, err := s.Load(t.Context(), key)
			if !errors.Is(err, wantErr) || string(got.Data) != string(want.Data) {
				t.Errorf("%s: process %d loads %q, %v; the database has %q, %v", when, i+1, got.Data, err,
					want.Data, wantErr)
			}
		}
	}
}

// TestKilledAtAnyStep: the process goes no further. Nobody is served what was there before the
// database changed, and a writer gets through when they try again.
func TestKilledAtAnyStep(t *testing.T) {
	for name, request := range requests {
		for at := 1; ; at++ {
			w := newTwo(t, false)
			w.steps.at = at
			if !w.kill(t, request) {
				break
			}
			when := fmt.Sprintf("%s is killed at step %d", name, at)
			w.wantTruth(t, when)
			w.wantWriter(t, when)
		}
	}
}

// kill runs a request, which stops at the step until the test ends. It reports whether there
// was such a step.
func (w *two) kill(t *testing.T, request func(session.Store, session.Record) error) bool {
	t.Helper()
	died, done, end := make(chan struct{}), make(chan struct{}), make(chan struct{})
	w.steps.act = func() {
		close(died)
		<-end
	}
	t.Cleanup(func() {
		close(end)
		<-done
	})
	go func() {
		defer close(done)
		_ = request(w.first, w.rec)
	}()
	select {
	case <-died:
		return true
	case <-done:
		return false
	}
}

// wantWriter has a writer of the other process save, as the session's handler does, in two rounds.
func (w *two) wantWriter(t *testing.T, when string) {
	t.Helper()
	_, missing := w.db.Load(t.Context(), w.rec.Key)
	var err error
	for range 2 {
		var now session.Record
		if now, err = w.second.Load(t.Context(), w.rec.Key); err != nil {
			break
		}
		if err = w.second.Save(t.Context(), now, later(with(now, "written"))); !errors.Is(err, session.ErrConflict) {
			break
		}
	}
	if !errors.Is(err, missing) {
		t.Errorf("%s: a writer gets %v; the database says %v", when, err, missing)
		return
	}
	want, _ := w.db.Load(t.Context(), w.rec.Key)
	if got, err := w.second.Load(t.Context(), w.rec.Key); !errors.Is(err, missing) || string(got.Data) != string(want.Data) {
		t.Errorf("%s: after that the process loads %q, %v; the database has %q", when, got.Data, err, want.Data)
	}
}
