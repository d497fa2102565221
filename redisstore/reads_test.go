package redisstore_test

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
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

// TestRefusedWritesDoNotSendReadersToTheDatabase: a server that takes no change
// loses its connections at each one, and the readers that use them ask again.
func TestRefusedWritesDoNotSendReadersToTheDatabase(t *testing.T) {
	server := servertest.StartRedisWith(t)
	db := &countedDB{Store: memstore.New()}
	cache := noerror.In(redisstore.OpenCache(t.Context(), "redis://"+server.Addr, nil))
	defer cache.Close()
	s := noerror.In(cachedstore.New(db, cache, &cachedstore.Options{
		Timeout: 10 * time.Second, Logger: slog.New(slog.DiscardHandler),
	}))
	defer s.Close()
	rec := created(t, s, "stays")
	loadedTwice(t, s, rec)
	configured(t, server, "min-replicas-to-write", "1")
	before := db.loads.Load()
	var reading atomic.Bool
	reading.Store(true)
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for reading.Load() {
				if _, err := s.Load(t.Context(), rec.Key); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 2 {
		other := created(t, s, "other")
		if err := s.Delete(t.Context(), other.Key); err != nil {
			t.Error(err)
		}
		time.Sleep(600 * time.Millisecond) // the client leaves a server twice a second at most
	}
	reading.Store(false)
	readers.Wait()
	if n := db.loads.Load() - before; n > 0 {
		t.Errorf("%d loads from the database", n)
	}
}

// TestEntryOfAnotherTypeIsNoOutage: somebody else's program has it, and its place.
func TestEntryOfAnotherTypeIsNoOutage(t *testing.T) {
	server := servertest.Redis(t)
	db := &countedDB{Store: memstore.New()}
	s := cachedProcess(t, db, server)
	rec, other := created(t, s, "stays"), created(t, s, "other")
	loadedTwice(t, s, rec)
	client := noerror.In(rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{server.Addr}, DisableCache: true,
	}))
	defer client.Close()
	push := client.B().Rpush().Key("jamsession:" + other.Key).Element("a list").Build()
	if err := client.Do(t.Context(), push).Error(); err != nil {
		t.Fatal(err)
	}
	loadedTwice(t, s, other)
	before := db.loads.Load()
	loadedTwice(t, s, rec)
	if n := db.loads.Load() - before; n != 0 {
		t.Errorf("%d loads of another session from the database", n)
	}
	if err := s.Delete(t.Context(), other.Key); err != nil {
		t.Error(err)
	}
	if _, err := s.Load(t.Context(), other.Key); !errors.Is(err, session.ErrNotFound) {
		t.Error(fmt.Errorf("after the logout: %w", err))
	}
	kind := noerror.In(client.Do(t.Context(), client.B().Type().Key("jamsession:"+other.Key).Build()).ToString())
	if kind != "string" {
		t.Errorf("in the place is a %s, want a tombstone", kind)
	}
}
