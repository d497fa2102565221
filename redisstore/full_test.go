package redisstore_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/session"
)

// countedDB counts the loads of a database.
type countedDB struct {
	session.Store
	loads atomic.Int32
}

func (d *countedDB) Load(ctx context.Context, key string) (session.Record, error) {
	d.loads.Add(1)
	return d.Store.Load(ctx, key)
}

// cachedProcess returns the store of a process with a cache on the server.
func cachedProcess(t *testing.T, db session.Store, server *servertest.Server) session.Store {
	t.Helper()
	cache, err := redisstore.OpenCache(t.Context(), "redis://"+server.Addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := noerror.In(cachedstore.New(db, cache, &cachedstore.Options{Logger: slog.New(slog.DiscardHandler)}))
	t.Cleanup(func() {
		_ = s.Close()
		_ = cache.Close()
	})
	return s
}

// configured sends CONFIG SET.
func configured(t *testing.T, server *servertest.Server, name, value string) {
	t.Helper()
	client := noerror.In(rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{server.Addr}, DisableCache: true,
	}))
	defer client.Close()
	cmd := client.B().ConfigSet().ParameterValue().ParameterValue(name, value).Build()
	if err := client.Do(t.Context(), cmd).Error(); err != nil {
		t.Fatal(err)
	}
}

// loadedTwice loads a record by way of the cache.
func loadedTwice(t *testing.T, s session.Store, rec session.Record) {
	t.Helper()
	for range 2 {
		if _, err := s.Load(t.Context(), rec.Key); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLogoutCountsEverywhereThoughRedisIsFull: a server without memory takes a
// tombstone all the same, and goes on to answer. One that takes no change at all
// is not believed about the session by the process that ended it.
func TestLogoutCountsEverywhereThoughRedisIsFull(t *testing.T) {
	for name, c := range map[string]struct {
		setting, value string
		everywhere     bool
	}{
		"full":      {"maxmemory", "1mb", true},
		"read-only": {"min-replicas-to-write", "1", false},
	} {
		t.Run(name, func(t *testing.T) {
			server := servertest.StartRedisWith(t)
			db := &countedDB{Store: memstore.New()}
			s, other := cachedProcess(t, db, server), cachedProcess(t, db, server)
			stays, ends := created(t, s, "stays"), created(t, s, "ends")
			loadedTwice(t, s, stays)
			loadedTwice(t, other, ends)
			configured(t, server, c.setting, c.value)
			if err := s.Delete(t.Context(), ends.Key); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Load(t.Context(), ends.Key); !errors.Is(err, session.ErrNotFound) {
				t.Errorf("Load in the process that logged out: %v", err)
			}
			if _, err := other.Load(t.Context(), ends.Key); c.everywhere && !errors.Is(err, session.ErrNotFound) {
				t.Errorf("Load in another process: %v", err)
			}
			before := db.loads.Load()
			loadedTwice(t, s, stays)
			if n := db.loads.Load() - before; n != 0 {
				t.Errorf("%d loads of another session from the database", n)
			}
		})
	}
}

// TestFullRedisServesReadsAndLogouts also as an engine of its own. That it takes
// no new session is not the session's fault.
func TestFullRedisServesReadsAndLogouts(t *testing.T) {
	server := servertest.StartRedisWith(t)
	store := open(t, "redis://"+server.Addr, redisstore.Options{})
	rec := created(t, store, "one")
	configured(t, server, "maxmemory", "1mb")
	if _, err := store.Load(t.Context(), rec.Key); err != nil {
		t.Errorf("Load: %v", err)
	}
	if err := store.Create(t.Context(), record("two")); err == nil || errors.Is(err, session.ErrTooLarge) ||
		!strings.Contains(err.Error(), "OOM") {
		t.Errorf("Create: %v", err)
	}
	if err := store.Delete(t.Context(), rec.Key); err != nil {
		t.Errorf("Delete: %v", err)
	}
}

// TestFullRedisTakesATombstone, in the place of a value and in an empty one, so
// that no reader can put back what it has read before.
func TestFullRedisTakesATombstone(t *testing.T) {
	server := servertest.StartRedisWith(t)
	cache := noerror.In(redisstore.OpenCache(t.Context(), "redis://"+server.Addr, nil))
	t.Cleanup(func() { _ = cache.Close() })
	if err := cache.Add(t.Context(), "held", []byte("value"), time.Minute); err != nil {
		t.Fatal(err)
	}
	configured(t, server, "maxmemory", "1mb")
	for _, key := range []string{"held", "empty"} {
		if err := cache.Set(t.Context(), key, []byte("tombstone"), time.Minute); err != nil {
			t.Errorf("Set: %v", err)
		}
		if v, err := cache.Get(t.Context(), key); err != nil || string(v) != "tombstone" {
			t.Errorf("Get: %q, %v", v, err)
		}
		if err := cache.Delete(t.Context(), key); err != nil {
			t.Errorf("Delete: %v", err)
		}
		if _, err := cache.Get(t.Context(), key); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("Get after Delete: %v", err)
		}
		if err := cache.Delete(t.Context(), key); err != nil {
			t.Errorf("Delete of nothing: %v", err)
		}
	}
}
