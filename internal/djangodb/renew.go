package djangodb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"log/slog"
	"sync"
	"time"

	"github.com/jamsession/jamsession/internal/panics"
)

const (
	// renewEvery bounds how often connections are given up that may be of no
	// use: in a failover the name leads to the wrong server for a while.
	renewEvery = 500 * time.Millisecond

	// renewTime is how long giving up may take.
	renewTime = time.Second
)

// A renewal remembers when the connections of a database were last given up.
type renewal struct {
	mu   sync.Mutex
	last time.Time
}

// repeated runs fn again on other connections if the server has refused it
// because the one that it had is of no use any more: after a failover it leads
// to a server that only reads, or the server has forgotten what was prepared on
// it. The server has carried out nothing then.
func (db DB) repeated(ctx context.Context, fn func() error) error {
	err := fn()
	if db.Renew(ctx, err) && !db.Dialect.IsTooLarge(err) {
		err = fn()
	}
	return err
}

// IsSpent reports whether err says that a connection is of no use any more,
// though the server answers on it.
func (d Dialect) IsSpent(err error) bool { return err != nil && dialects[d].isSpent(err) }

// Renew ends the connections of a database if err says that one of them is of no
// use any more, and reports whether it says so. Those opened before a failover
// all lead to the same server, and database/sql does not tell which one a
// statement had, nor end those in use.
func (db DB) Renew(ctx context.Context, err error) bool {
	if !db.Dialect.IsSpent(err) || ctx.Err() != nil {
		return false
	}
	if r := db.renewal; r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if time.Since(r.last) < renewEvery {
			return true
		}
		defer func() { r.last = time.Now() }()
	}
	if db.renew != nil {
		db.renew()
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, renewTime)
	defer cancel()
	endConns(ctx, db.DB)
	if readers := db.readers(); readers != db.DB {
		endConns(ctx, readers)
	}
	return true
}

// endConns ends the idle connections of a pool, and in a pool that is full, where
// they go from one caller to the next, all that come free in time.
func endConns(ctx context.Context, pool *sql.DB) {
	stats := pool.Stats()
	n := stats.Idle
	if stats.OpenConnections == stats.MaxOpenConnections {
		n = stats.OpenConnections
	}
	ended := make(chan struct{}, n)
	var held []*sql.Conn
	for range n {
		conn, err := pool.Conn(ctx)
		if err != nil {
			break
		}
		held = append(held, conn)
	}
	for _, conn := range held { // a driver may wait for the server's farewell
		panics.Go(func() {
			defer func() { ended <- struct{}{} }()
			end(conn)
			_ = conn.Close()
		}, panics.Log(slog.Default(), "djangodb: end a connection"))
	}
	for range held {
		select {
		case <-ended:
		case <-ctx.Done():
			return
		}
	}
}

// end keeps a connection from going back into the pool.
func end(conn *sql.Conn) { _ = conn.Raw(func(any) error { return driver.ErrBadConn }) }
