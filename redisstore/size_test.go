package redisstore_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/internal/sizetest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/redisstore"
)

// TestTooLargeIsTooLargeAndEndsNobodyElsesCall: the server closes the connection
// of who sends it more than it takes.
func TestTooLargeIsTooLargeAndEndsNobodyElsesCall(t *testing.T) {
	server := servertest.StartRedisWith(t, "--proto-max-bulk-len", "2mb")
	store := open(t, "redis://"+server.Addr, redisstore.Options{})
	stop := make(chan struct{})
	var others sync.WaitGroup
	for range 8 {
		others.Go(func() {
			rec := created(t, store, "other")
			for {
				select {
				case <-stop:
					return
				default:
				}
				next := rec
				next.Data = []byte("another")
				if err := errors.Join(store.Save(context.Background(), rec, next),
					store.Save(context.Background(), next, rec)); err != nil {
					t.Errorf("another visitor: %v", err)
					return
				}
			}
		})
	}
	for range 20 {
		rec := created(t, store, "small")
		large, moved := rec, record(strings.Repeat("x", 2<<20+1))
		large.Data = moved.Data
		sizetest.Refuses(t, store, rec, moved)
		large.Data = large.Data[:2<<20-100]
		if err := store.Save(t.Context(), rec, large); err != nil {
			t.Errorf("Save of what fits: %v", err)
		}
		if got, err := store.Load(t.Context(), rec.Key); err != nil || len(got.Data) != len(large.Data) {
			t.Errorf("Load: %v, %v", got, err)
		}
	}
	close(stop)
	others.Wait()
}

// TestOneLargeSessionSendsNobodyElseToTheDatabase.
func TestOneLargeSessionSendsNobodyElseToTheDatabase(t *testing.T) {
	server := servertest.StartRedisWith(t, "--proto-max-bulk-len", "1mb")
	db := &countedDB{Store: memstore.New()}
	s := cachedProcess(t, db, server)
	large, other := created(t, s, strings.Repeat("x", 2<<20)), created(t, s, "small")
	loadedTwice(t, s, other)
	for range 3 {
		loadedTwice(t, s, large)
		before := db.loads.Load()
		loadedTwice(t, s, other)
		if n := db.loads.Load() - before; n != 0 {
			t.Fatalf("%d loads of another session from the database", n)
		}
	}
}

// TestCacheKeepsWhatIsLarge, since the server may take it.
func TestCacheKeepsWhatIsLarge(t *testing.T) {
	db := &countedDB{Store: memstore.New()}
	cache := noerror.In(redisstore.OpenCache(t.Context(), tcp(t), &redisstore.Options{Prefix: newPrefix()}))
	t.Cleanup(func() { _ = cache.Close() })
	s := noerror.In(cachedstore.New(db, cache, nil))
	t.Cleanup(func() { _ = s.Close() })
	rec := created(t, s, strings.Repeat("x", 2<<20))
	loadedTwice(t, s, rec)
	if n := db.loads.Load(); n != 2 {
		t.Errorf("%d loads from the database, want 2", n)
	}
}
