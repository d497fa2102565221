package siteparts

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jamsession/jamsession/internal/timelimit"
)

// A connector wraps that of a driver, and hides it: a printed *sql.DB would
// show what pgx connects with, password and all.
//
// It also bounds the handshake: the MySQL driver's own limit is for the dialing
// only, and database/sql connects by one goroutine, whose context never ends.
type connector struct {
	connect func(context.Context) (driver.Conn, error)
	driver  func() driver.Driver
	limit   time.Duration
}

// Connect implements [driver.Connector].
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	ctx, cancel := timelimit.Within(ctx, c.limit)
	defer cancel()
	return c.connect(ctx)
}

// Driver implements [driver.Connector].
func (c connector) Driver() driver.Driver { return c.driver() }

// dialTimeout bounds how long a program waits at its start for a server.
const dialTimeout = 10 * time.Second

// Connections end after a while, so that load comes back to a server that
// was away.
const (
	MaxConnIdle = 5 * time.Minute
	MaxConnLife = time.Hour
)

// OpenServer bounds the number of connections to a server, and finds out now
// whether it accepts any.
func OpenServer(
	ctx context.Context, kind string, s Server, c driver.Connector, w *Wires,
) (*Database, error) {
	db := sql.OpenDB(connector{c.Connect, c.Driver, w.Limit()})
	db.SetMaxOpenConns(s.MaxConns)
	db.SetMaxIdleConns(s.MaxConns)
	db.SetConnMaxIdleTime(MaxConnIdle)
	db.SetConnMaxLifetime(MaxConnLife)
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if err := db.PingContext(ctx); err != nil {
		_ = db.Close()
		reason := strings.Join(strings.Fields(err.Error()), " ") // on one line
		if errors.Is(err, context.DeadlineExceeded) {
			reason = "it does not answer in time"
		}
		return nil, fmt.Errorf("cannot use %s at %s: %s", kind, s, reason)
	}
	return &Database{Writer: db, Readers: db, Wires: w}, nil
}
