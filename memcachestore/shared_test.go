package memcachestore_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/memcachestore"
	"github.com/jamsession/jamsession/session"
)

// TestLoadsInCompanyGetTheirOwn: of many loads at once, which share questions to two
// servers, each gets the record of its key, or none.
func TestLoadsInCompanyGetTheirOwn(t *testing.T) {
	store := open(t, memcachestore.Options{}, servertest.Memcached(t).Addr, servertest.StartMemcached(t).Addr)
	var recs []session.Record
	for i := range 40 {
		recs = append(recs, created(t, store, fmt.Sprint("data of ", i)))
	}
	var wg sync.WaitGroup
	for visitor := range 32 {
		wg.Go(func() {
			for i := range 100 {
				rec := recs[(i*7+visitor)%len(recs)]
				if got, err := store.Load(t.Context(), rec.Key); err != nil || string(got.Data) != string(rec.Data) {
					t.Errorf("got %q, %v; want %q", got.Data, err, rec.Data)
				}
				if _, err := store.Load(t.Context(), record("").Key); !errors.Is(err, session.ErrNotFound) {
					t.Errorf("of a key that nobody has: %v", err)
				}
			}
		})
	}
	wg.Wait()
}

// TestSavesInCompanyAreTheirOwn: saves of one record that have read it together do not
// write each other's data.
func TestSavesInCompanyAreTheirOwn(t *testing.T) {
	store := open(t, memcachestore.Options{}, servertest.Memcached(t).Addr)
	rec := created(t, store, "first")
	for round := range 100 {
		var wg sync.WaitGroup
		var mu sync.Mutex
		var won []session.Record
		for visitor := range 16 {
			wg.Go(func() {
				next := rec
				next.Data = []byte(fmt.Sprint(round, " by ", visitor))
				err := store.Save(t.Context(), rec, next)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won = append(won, next)
				} else if !errors.Is(err, session.ErrConflict) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		got := noerror.In(store.Load(t.Context(), rec.Key))
		if len(won) != 1 || string(got.Data) != string(won[0].Data) {
			t.Fatalf("round %d: %d saves succeeded, and %q is stored", round, len(won), got.Data)
		}
		rec = got
	}
}

// TestKeyThatCannotBeFailsAlone: those that share a question with it are answered.
func TestKeyThatCannotBeFailsAlone(t *testing.T) {
	bad := strings.Repeat("b", 32)
	store := open(t, memcachestore.Options{KeyFunc: func(key string) string {
		if key == bad {
			return "with a space"
		}
		return key
	}}, servertest.Memcached(t).Addr)
	rec := created(t, store, "good")
	var wg sync.WaitGroup
	for visitor := range 32 {
		wg.Go(func() {
			for range 50 {
				if visitor%4 == 0 {
					if _, err := store.Load(t.Context(), bad); err == nil || errors.Is(err, session.ErrNotFound) {
						t.Errorf("of a key that cannot be: %v", err)
					}
				} else if _, err := store.Load(t.Context(), rec.Key); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
