package memcachestore_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/internal/sizetest"
	"github.com/jamsession/jamsession/memcachestore"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// TestTooLargeByTheServersLimit: the largest value is what the server was
// started with, and the record that was there stays.
func TestTooLargeByTheServersLimit(t *testing.T) {
	for limit, bytes := range map[string]int{"512k": 512 << 10, "1m": 1 << 20, "4m": 4 << 20} {
		t.Run(limit, func(t *testing.T) {
			store := open(t, memcachestore.Options{}, servertest.StartMemcachedWith(t, "-I", limit).Addr)
			rec := created(t, store, "small")
			fits, large := rec, rec
			fits.Data, large.Data = make([]byte, bytes*3/4), make([]byte, bytes+1)
			moved := large
			moved.Key = record("").Key
			sizetest.Refuses(t, store, rec, moved)
			if err := store.Save(t.Context(), rec, fits); err != nil {
				t.Errorf("Save of what fits over what was there: %v", err)
			}
		})
	}
}

// countedDB counts the loads of a database.
type countedDB struct {
	session.Store
	loads atomic.Int32
}

func (d *countedDB) Load(ctx context.Context, key string) (session.Record, error) {
	d.loads.Add(1)
	return d.Store.Load(ctx, key)
}

func (*countedDB) KeepsBytes() bool { return true }

// openCache returns a cache on the server.
func openCache(t *testing.T, server *servertest.Server) cachedstore.Cache {
	t.Helper()
	cache := noerror.In(memcachestore.OpenCache(t.Context(), []string{server.Addr}, nil))
	t.Cleanup(func() { _ = cache.Close() })
	return cache
}

// cachedProcess returns the store of a process with a cache on the server.
func cachedProcess(t *testing.T, db session.Store, server *servertest.Server) session.Store {
	t.Helper()
	s := noerror.In(cachedstore.New(db, openCache(t, server),
		&cachedstore.Options{Logger: slog.New(slog.DiscardHandler)}))
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func loaded(t *testing.T, s session.Store, rec session.Record) {
	t.Helper()
	if got, err := s.Load(t.Context(), rec.Key); err != nil || len(got.Data) != len(rec.Data) {
		t.Fatalf("Load: %v, %v", got, err)
	}
}

// TestOneLargeSessionSendsNobodyElseToTheDatabase.
func TestOneLargeSessionSendsNobodyElseToTheDatabase(t *testing.T) {
	db := &countedDB{Store: memstore.New()}
	s := cachedProcess(t, db, servertest.StartMemcached(t))
	large, other := created(t, s, strings.Repeat("x", 2<<20)), created(t, s, "small")
	loaded(t, s, other)
	for range 3 {
		loaded(t, s, large)
		changed := large
		changed.Data = []byte(string(large.Data) + "y")
		if err := s.Save(t.Context(), large, changed); err != nil {
			t.Fatal(err)
		}
		large = changed
		before := db.loads.Load()
		loaded(t, s, other)
		if n := db.loads.Load() - before; n != 0 {
			t.Fatalf("%d loads of another session from the database", n)
		}
	}
}

// TestLogoutCountsEverywhereThoughMemcachedIsFull: it has no room for the
// tombstone, and may not evict.
func TestLogoutCountsEverywhereThoughMemcachedIsFull(t *testing.T) {
	server := servertest.StartMemcachedWith(t, "-M", "-m", "2")
	db := &countedDB{Store: memstore.New()}
	s, other := cachedProcess(t, db, server), cachedProcess(t, db, server)
	stays, ends := created(t, s, "stays"), created(t, s, strings.Repeat("x", 500))
	loaded(t, s, stays)
	loaded(t, other, ends)
	cache := openCache(t, server)
	// All of the size classes that a tombstone can be in.
	for _, size := range []int{0, 20, 40, 60, 80} {
		for n := 0; cache.Add(t.Context(), rand.Text(), make([]byte, size), time.Hour) == nil; n++ {
			if n == 100_000 {
				t.Fatal("the server does not become full")
			}
		}
	}
	if err := s.Delete(t.Context(), ends.Key); err != nil {
		t.Fatal(err)
	}
	for name, process := range map[string]session.Store{"that logged out": s, "beside it": other} {
		if _, err := process.Load(t.Context(), ends.Key); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("Load in the process %s: %v", name, err)
		}
	}
	before := db.loads.Load()
	loaded(t, s, stays)
	if n := db.loads.Load() - before; n != 0 {
		t.Errorf("%d loads of another session from the database", n)
	}
}
