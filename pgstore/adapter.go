package pgstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// openDB returns a handle of database/sql that borrows its connections from
// the pool, one for each call.
//
// database/sql prepares a statement on each connection, and closes it when the
// connection is closed: here that would be after each call, by a round trip for
// which pgx's adapter allows five seconds, whatever the context of the call. So
// this handle prepares nothing. The connections themselves cache their
// statements.
func openDB(pool *pgxpool.Pool) *sql.DB {
	db := sql.OpenDB(connector{stdlib.GetPoolConnector(pool)})
	db.SetMaxIdleConns(0)
	return db
}

type connector struct{ driver.Connector }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	pgxConn, ok := conn.(*stdlib.Conn)
	if !ok {
		return nil, errors.Join(errors.New("pgx has connections of an unknown type"), conn.Close())
	}
	return borrowed{pgxConn}, nil
}

// borrowed is a connection of the pool.
type borrowed struct{ *stdlib.Conn }

func (c borrowed) Prepare(query string) (driver.Stmt, error) { return statement{c.Conn, query}, nil }

func (c borrowed) PrepareContext(_ context.Context, query string) (driver.Stmt, error) {
	return c.Prepare(query)
}

// A statement is its text.
type statement struct {
	conn  *stdlib.Conn
	query string
}

func (s statement) Close() error { return nil }

// NumInput returns -1: the server counts the parameters.
func (s statement) NumInput() int { return -1 }

func (s statement) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.conn.ExecContext(ctx, s.query, args)
}

func (s statement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.conn.QueryContext(ctx, s.query, args)
}

// errNoContext is never seen: database/sql calls the methods with a context.
var errNoContext = errors.New("pgstore: a statement needs a context")

func (s statement) Exec([]driver.Value) (driver.Result, error) { return nil, errNoContext }

func (s statement) Query([]driver.Value) (driver.Rows, error) { return nil, errNoContext }
