package pgstore

import (
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jamsession/jamsession/internal/djangodb"
)

// renewEvery bounds how often the connections of a pool are given up: in a
// failover the name leads to the wrong server for a while.
const renewEvery = 500 * time.Millisecond

// A renewal gives the connections of a pool up when they are of no use any more.
type renewal struct {
	pool *pgxpool.Pool
	mu   sync.Mutex
	last time.Time
}

// after looks how a statement has ended. After a failover all connections lead
// to the same server, so that all are given up; those in use when they are
// returned.
func (r *renewal) after(err error) {
	if djangodb.PostgreSQL.IsSpent(err) {
		r.reset()
	}
}

// reset gives the connections up, unless that has just been done. It serves the
// table as well, which has the same pool.
func (r *renewal) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.last) >= renewEvery {
		r.pool.Reset()
		r.last = time.Now()
	}
}
