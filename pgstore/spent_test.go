package pgstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jamsession/jamsession/internal/servertest"
)

// TestConnectionsThatAreOfNoUseFailNoCall, neither one of pgx nor one of the table:
// their statements are forgotten, or they only read.
func TestConnectionsThatAreOfNoUseFailNoCall(t *testing.T) {
	for _, statement := range []string{
		"ALTER TABLE django_session ALTER session_data TYPE varchar(100000)", "DEALLOCATE ALL",
		"SET default_transaction_read_only = on", // as a connection to a server that has become a replica
	} {
		t.Run(statement, func(t *testing.T) {
			store, pool := open(t, servertest.Postgres(t))
			call := func() {
				t.Helper()
				rec, next := record(1), record(2)
				create(t, store, rec)
				if _, err := store.Load(t.Context(), rec.Key); err != nil {
					t.Errorf("Load: %v", err)
				}
				if err := store.Save(t.Context(), rec, next); err != nil {
					t.Errorf("Save: %v", err)
				}
				if err := store.Delete(t.Context(), next.Key); err != nil {
					t.Errorf("Delete: %v", err)
				}
				if _, err := store.ClearExpired(t.Context(), time.Now()); err != nil {
					t.Errorf("ClearExpired: %v", err)
				}
			}
			call()
			everyIdle(t, pool, statement)
			for range 3 {
				call()
			}
		})
	}
}

// everyIdle runs a statement on each idle connection.
func everyIdle(t *testing.T, pool *pgxpool.Pool, statement string) {
	t.Helper()
	for _, conn := range pool.AcquireAllIdle(t.Context()) {
		if _, err := conn.Exec(context.WithoutCancel(t.Context()), statement); err != nil {
			t.Error(err)
		}
		conn.Release()
	}
}
