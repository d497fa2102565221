package pgstore

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/internal/sharedload"
	"github.com/jamsession/jamsession/session"
)

const another = "another"

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
	opened.loads.Patience = 50 * time.Millisecond
	opened.loads.One = func(ctx context.Context, key string) (session.Record, error) {
		if key == another {
			return session.Record{Key: another}, nil
		}
		return opened.askOne(ctx, key)
	}
	server.Pause()
	ctx, leave := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range sharedload.Alone {
		wg.Go(func() { _, _ = opened.Load(ctx, "00000000000000000000000000000001") })
	}
	time.Sleep(100 * time.Millisecond) // the loads begin, and are given up
	patient, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		rec, _, err := opened.loads.Load(patient, another)
		if err == nil && rec.Key == another {
			break
		}
		if patient.Err() != nil {
			t.Error("the places are still taken")
			break
		}
	}
	leave()
	server.Resume()
	wg.Wait()
}
