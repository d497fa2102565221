package djangodb

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/internal/timelimit"
)

// An OwnIndex is one on a table of Django's that Django does not have. Django
// leaves it alone, and where it makes the table anew, as it does on SQLite to
// change a column, the index is gone.
type OwnIndex struct {
	Name   string
	Table  TableName
	Column string               // that is searched by, in any case
	On     func(Dialect) string // what is sorted by, between the brackets of the statement
}

// DDL returns the statement that makes the index, for somebody to run by hand.
func (x OwnIndex) DDL(d Dialect) string { return x.ddl(d, dialects[d].concurrently) }

func (x OwnIndex) ddl(d Dialect, concurrently string) string {
	return "CREATE INDEX " + concurrently + x.Name + " ON " + d.QuoteTable(x.Table) + " (" + x.On(d) + ")"
}

// HasIndex reports whether the index is there and is used, or another one that begins with the same
// column: Django may have made it, for a rule that addresses are unique in any case.
func (db DB) HasIndex(ctx context.Context, x OwnIndex) (bool, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	if err := db.Dialect.Ping(ctx, db.DB); err != nil {
		return false, err
	}
	return db.hasIndex(ctx, db, x)
}

func (db DB) hasIndex(ctx context.Context, q Querier, x OwnIndex) (bool, error) {
	d := dialects[db.Dialect]
	found, err := column(ctx, q, d.rebind(d.index), append(d.tableArgs(x.Table), x.Name)...)
	if err != nil || len(found) > 0 {
		return len(found) > 0, err
	}
	begun, err := column(ctx, q, d.rebind(d.indexed), d.tableArgs(x.Table)...)
	return slices.ContainsFunc(begun, func(first string) bool {
		return db.Dialect.serves(first, x.Column)
	}), err
}

// serves reports whether an index whose definition begins so finds a text in any case.
func (d Dialect) serves(definition, column string) bool {
	if !d.ComparesUpper() {
		return definition == column
	}
	plain := strings.NewReplacer(`"`, "", " ", "", "::text", "", "(", "", ")", "").Replace(definition)
	first, _, _ := strings.Cut(plain, ",")
	return strings.EqualFold(first, "upper"+column)
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
	args := append(dialects[db.Dialect].tableArgs(x.Table), x.Name)
	found, err := column(ctx, conn, db.Dialect.Rebind(query), args...)
	if err != nil || len(found) == 0 {
		return err
	}
	if _, err := conn.ExecContext(ctx, "DROP INDEX "+concurrently+x.Name); err != nil {
		return fmt.Errorf("drop what is left of %s: %w", x.Name, err)
	}
	return nil
}
