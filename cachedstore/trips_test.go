package cachedstore_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// A tripDB notes what it is asked.
type tripDB struct {
	session.Store
	note func(trip string)
}

func (d tripDB) Load(ctx context.Context, key string) (session.Record, error) {
	d.note("Load")
	return d.Store.Load(ctx, key)
}

func (d tripDB) Save(ctx context.Context, old, new session.Record) error {
	d.note("Save")
	return d.Store.Save(ctx, old, new)
}

func (d tripDB) Delete(ctx context.Context, key string) error {
	d.note("Delete")
	return d.Store.Delete(ctx, key)
}

func (tripDB) KeepsBytes() bool { return true }

// TestTripsOfCachedDB: what a request asks the database and the cache, in this order. A
// logout writes once to each.
func TestTripsOfCachedDB(t *testing.T) {
	moved := under(record("one"), otherKey)
	for name, c := range map[string]struct {
		request func(s session.Store, rec session.Record) error
		want    string
	}{
		"read": {requests["load"], "cache Get"},
		"save": {requests["save"], "cache Swap, Save, cache Swap"},
		"move, then read": {func(s session.Store, rec session.Record) error {
			if err := requests["move"](s, rec); err != nil {
				return err
			}
			return requests["load"](s, moved)
		}, "cache Set, Save, cache Add, cache Get, cache Get"},
		"delete": {requests["delete"], "cache Set, Delete, cache Get"},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var trips []string
			note := func(trip string) {
				mu.Lock()
				defer mu.Unlock()
				trips = append(trips, trip)
			}
			cache := newMapCache()
			s := process(t, tripDB{memstore.New(), note}, cache)
			rec := cached(t, s)
			cache.hook(func(method, _ string) { note("cache " + method) }, nil)
			trips = nil
			must(t, c.request(s, rec))
			if name == "move, then read" {
				slices.Sort(trips[2:4]) // these two go at the same time
			}
			if got := strings.Join(trips, ", "); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// TestBothKeysOfARotationAtTheSameTime: the visitor waits for one of the two.
func TestBothKeysOfARotationAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails if all wait
		s, _, cache := open(t)
		rec := cached(t, s)
		var both sync.WaitGroup
		both.Add(2)
		cache.hook(func(method, _ string) {
			if method != "Set" { // before the change
				both.Done()
				both.Wait()
			}
		}, nil)
		must(t, s.Save(t.Context(), rec, under(rec, otherKey)))
	})
}
