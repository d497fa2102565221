package pgstore

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jamsession/jamsession/internal/servertest"
)

// TestStuckLoadKeepsNoPlace: a server that says nothing to those who load alone
// does not keep others from loading, however long their visitors wait.
func TestStuckLoadKeepsNoPlace(t *testing.T) {
	server, at := servertest.StartPostgres(t)
	pool, err := pgxpool.New(t.Context(), at.PostgresURL())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	opened := Open(t, pool).(*store)
	opened.loads.patience = 50 * time.Millisecond
	server.Pause()
	ctx, leave := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range alone {
		wg.Go(func() { _, _ = opened.Load(ctx, "00000000000000000000000000000001") })
	}
	deadline := time.Now().Add(20 * time.Second)
	for taken := -1; taken != 0 && time.Now().Before(deadline); {
		time.Sleep(100 * time.Millisecond) // the loads begin, and are given up
		opened.loads.mu.Lock()
		taken = opened.loads.running
		opened.loads.mu.Unlock()
	}
	if opened.loads.enter("another") != nil {
		t.Error("the places are still taken")
	}
	leave()
	server.Resume()
	wg.Wait()
}
