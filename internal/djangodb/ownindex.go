package djangodb

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jamsession/jamsession/internal/timelimit"
)

// An OwnIndex is one on a table of Django's that Django does not have. Django
// leaves it alone, and where it makes the table anew, as it does on SQLite to
// change a column, the index is gone.
type OwnIndex struct {
	Name, Table string
	On          func(Dialect) string // what is sorted by, between the brackets of the statement
}

// DDL returns the statement that makes the index, for somebody to run by hand.
func (x OwnIndex) DDL(d Dialect) string { return x.ddl(d, dialects[d].concurrently) }

func (x OwnIndex) ddl(d Dialect, concurrently string) string {
	return "CREATE INDEX " + concurrently + x.Name + " ON " + x.Table + " (" + x.On(d) + ")"
}

// HasIndex reports whether the index is there and is used.
func (db DB) HasIndex(ctx context.Context, x OwnIndex) (bool, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	if err := db.Dialect.Ping(ctx, db.DB); err != nil {
		return false, err
	}
	return db.hasIndex(ctx, db, x)
}

func (db DB) hasIndex(ctx context.Context, q Querier, x OwnIndex) (bool, error) {
	found, err := column(ctx, q, db.Dialect.Rebind(dialects[db.Dialect].index), x.Table, x.Name)
	return len(found) > 0, err
}

// MakeIndex makes the index if it is not there, while no other program does,
// and reports whether it did. Others may write to the table meanwhile, except
// on SQLite. It gives up after a quarter of an hour, as [DB.Migrate].
func (db DB) MakeIndex(ctx context.Context, x OwnIndex) (made bool, err error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Migration)
	defer cancel()
	has, err := db.HasIndex(ctx, x)
	if has || err != nil {
		return false, err
	}
	err = db.indexing(ctx, func(conn *sql.Conn, concurrently string) error {
		has, err := db.hasIndex(ctx, conn, x)
		if has || err != nil {
			return err
		}
		if err := db.dropBroken(ctx, conn, x, concurrently); err != nil {
			return err
		}
		if _, err := conn.ExecContext(ctx, x.ddl(db.Dialect, concurrently)); err != nil {
			return fmt.Errorf("create %s: %w", x.Name, err)
		}
		made = true
		return nil
	})
	return made && err == nil, err
}

// indexing runs fn while no other program makes an index, and tells it what to
// write to make one beside writers, outside of a transaction. The lock is that
// of a transaction on another connection: behind a pooler, one that belongs to a
// connection could stay with somebody else's. A pool of one connection has no
// other, so that writers wait there.
func (db DB) indexing(ctx context.Context, fn func(conn *sql.Conn, concurrently string) error) error {
	lock := dialects[db.Dialect].lockIndex
	if lock == nil || db.Stats().MaxOpenConnections == 1 {
		return db.exclusively(ctx, func(conn *sql.Conn) error { return fn(conn, "") })
	}
	locked, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = locked.Close() }()
	defer cleanUp(ctx, locked, "ROLLBACK")
	if err := lock(ctx, locked); err != nil {
		return err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return fn(conn, dialects[db.Dialect].concurrently)
}

// dropBroken drops what is left of an index whose making was cut off: it costs
// each writer time, and serves no reader.
func (db DB) dropBroken(ctx context.Context, conn *sql.Conn, x OwnIndex, concurrently string) error {
	query := dialects[db.Dialect].brokenIndex
	if query == "" {
		return nil
	}
	found, err := column(ctx, conn, db.Dialect.Rebind(query), x.Table, x.Name)
	if err != nil || len(found) == 0 {
		return err
	}
	if _, err := conn.ExecContext(ctx, "DROP INDEX "+concurrently+x.Name); err != nil {
		return fmt.Errorf("drop what is left of %s: %w", x.Name, err)
	}
	return nil
}
