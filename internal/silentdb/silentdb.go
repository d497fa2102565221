// Package silentdb is for tests: a SQLite database that can stop responding.
// Calls then block until their context is done, as with a server whose network
// drops all packets.
package silentdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"testing"

	"modernc.org/sqlite"
)

// A DB is a database in a new file.
type DB struct {
	*sql.DB

	silent *atomic.Bool
}

// Open returns a database that answers. It is closed at the end of the test;
// in a bubble of testing/synctest the caller must close it before.
func Open(t testing.TB) DB {
	t.Helper()
	c := connector{
		dsn: "file:" + (&url.URL{Path: filepath.Join(t.TempDir(), "test.db")}).EscapedPath() +
			"?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)",
		silent: new(atomic.Bool),
	}
	db := sql.OpenDB(c)
	t.Cleanup(func() { _ = db.Close() })
	return DB{db, c.silent}
}

// Silence makes the database answer nothing any more, or answer again.
func (db DB) Silence(on bool) { db.silent.Store(on) }

type connector struct {
	dsn    string
	silent *atomic.Bool
}

func (c connector) Driver() driver.Driver { return new(sqlite.Driver) }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := wait(ctx, c.silent); err != nil {
		return nil, err
	}
	inner, err := c.Driver().Open(c.dsn)
	return conn{inner, c.silent}, err
}

// wait returns at once, or when ctx is done.
func wait(ctx context.Context, silent *atomic.Bool) error {
	if !silent.Load() {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

type conn struct {
	driver.Conn

	silent *atomic.Bool
}

var errNoContext = errors.New("silentdb: a transaction whose end knows no context")

func (c conn) Begin() (driver.Tx, error) { return nil, errNoContext }

func (c conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if err := wait(ctx, c.silent); err != nil {
		return nil, err
	}
	inner, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	return stmt{inner, c.silent}, err
}

func (c conn) ExecContext(
	ctx context.Context, query string, args []driver.NamedValue,
) (driver.Result, error) {
	if err := wait(ctx, c.silent); err != nil {
		return nil, err
	}
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c conn) QueryContext(
	ctx context.Context, query string, args []driver.NamedValue,
) (driver.Rows, error) {
	if err := wait(ctx, c.silent); err != nil {
		return nil, err
	}
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

type stmt struct {
	driver.Stmt

	silent *atomic.Bool
}

func (s stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := wait(ctx, s.silent); err != nil {
		return nil, err
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (s stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := wait(ctx, s.silent); err != nil {
		return nil, err
	}
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}
