package redisstore_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/redisstore"
)

// TestCallsShareOneConnection, however many there are at a time.
func TestCallsShareOneConnection(t *testing.T) {
	server := servertest.StartRedis(t)
	store := open(t, "redis://"+server.Addr, redisstore.Options{})
	rec := created(t, store, "x")
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for range 50 {
				if _, err := store.Load(t.Context(), rec.Key); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	client := noerror.In(rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{server.Addr}, DisableCache: true, ForceSingleClient: true, ClientName: "test",
	}))
	defer client.Close()
	list := noerror.In(client.Do(t.Context(), client.B().ClientList().Build()).ToString())
	if n := strings.Count(list, "name=jamsession"); n != 1 {
		t.Errorf("%d connections, want 1:\n%s", n, list)
	}
}
