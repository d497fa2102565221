package memstore_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sessiontest"
)

func record(i int) session.Record {
	return session.Record{Key: fmt.Sprintf("%032d", i), Data: []byte("{}"), Expiry: time.Now().Add(time.Hour)}
}

func TestBoundedContract(t *testing.T) {
	sessiontest.Run(t, func(*testing.T) session.Store { return noerror.In(memstore.NewLimited(10_000)) })
}

// TestBoundHolds even when many make sessions at once, and no session is given
// up for another.
func TestBoundHolds(t *testing.T) {
	const most = 100
	s := noerror.In(memstore.NewLimited(most))
	var made atomic.Int32
	var wg sync.WaitGroup
	for from := range 8 {
		wg.Go(func() {
			for i := range 50 {
				err := s.Create(t.Context(), record(1000*from+i))
				switch {
				case err == nil:
					made.Add(1)
				case !errors.Is(err, memstore.ErrFull):
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	n := 0
	for _, err := range session.List(t.Context(), s) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if made.Load() != most || n != most {
		t.Errorf("%d were made and %d are there, want %d", made.Load(), n, most)
	}
}

// TestFullStoreDropsWhatHasExpired.
func TestFullStoreDropsWhatHasExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := noerror.In(memstore.NewLimited(1))
		if err := s.Create(t.Context(), record(1)); err != nil {
			t.Fatal(err)
		}
		if err := s.Create(t.Context(), record(2)); !errors.Is(err, memstore.ErrFull) {
			t.Errorf("Create in a full store: %v", err)
		}
		time.Sleep(2 * time.Hour)
		if err := s.Create(t.Context(), record(3)); err != nil {
			t.Errorf("Create when another has expired: %v", err)
		}
	})
}

func TestCache(t *testing.T) {
	sessiontest.Run(t, func(t *testing.T) session.Store {
		s := noerror.In(cachedstore.New(memstore.New(), noerror.In(memstore.NewCache(100)), nil))
		t.Cleanup(func() { _ = s.Close() })
		return s
	})
}

// TestCacheForgetsWhatWasNotAskedForLongest.
func TestCacheForgetsWhatWasNotAskedForLongest(t *testing.T) {
	c := noerror.In(memstore.NewCache(3))
	ctx := t.Context()
	for _, key := range []string{"a", "b", "c"} {
		if err := c.Set(ctx, key, []byte(key), time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Get(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	if err := c.Add(ctx, "d", []byte("d"), time.Hour); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]error{"a": nil, "b": session.ErrNotFound, "c": nil, "d": nil} {
		if _, err := c.Get(ctx, key); !errors.Is(err, want) {
			t.Errorf("Get %s: %v, want %v", key, err, want)
		}
	}
}

func TestCacheForgetsWhatHasExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := noerror.In(memstore.NewCache(3))
		if err := c.Set(t.Context(), "k", []byte("a"), time.Minute); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if _, err := c.Get(t.Context(), "k"); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("Get: %v", err)
		}
		if err := c.Swap(t.Context(), "k", []byte("a"), []byte("b"), time.Minute); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("Swap: %v", err)
		}
		if err := c.Add(t.Context(), "k", []byte("a"), time.Minute); err != nil {
			t.Errorf("Add: %v", err)
		}
	})
}
