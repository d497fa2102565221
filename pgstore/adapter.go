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
// the pool, one for each call, and tells renew how the calls end.
func openDB(pool *pgxpool.Pool, renew func(error)) *sql.DB {
	db := sql.OpenDB(connector{stdlib.GetPoolConnector(pool), renew})
	db.SetMaxIdleConns(0)
	return db
}

type connector struct {
	driver.Connector
	renew func(error)
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	pgxConn, ok := conn.(*stdlib.Conn)
	if !ok {
		return nil, errors.Join(errors.New("pgx has connections of an unknown type"), conn.Close())
	}
	return borrowed{pgxConn, c.renew}, nil
}

// borrowed is a connection of the pool.
type borrowed struct {
	*stdlib.Conn
	renew func(error)
}

func (c borrowed) ExecContext(
	ctx context.Context, query string, args []driver.NamedValue,
) (driver.Result, error) {
	result, err := c.Conn.ExecContext(ctx, query, args)
	c.renew(err)
	return result, err
}

func (c borrowed) QueryContext(
	ctx context.Context, query string, args []driver.NamedValue,
) (driver.Rows, error) {
	rows, err := c.Conn.QueryContext(ctx, query, args)
	c.renew(err)
	return rows, err
}
