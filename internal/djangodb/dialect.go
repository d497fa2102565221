// Package djangodb knows what differs between the databases that Django can
// use, and makes Django's tables in them. Packages sqlstore and sqlusers share
// it.
//
// A database is one file here, such as sqlite.go, one folder of ddl, and one
// line in the list of dialects.
package djangodb

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// A Dialect names a kind of database. The zero Dialect is SQLite.
type Dialect int

// The dialects.
const (
	SQLite Dialect = iota // SQLite 3.35 or newer
)

var dialects = [...]dialect{
	SQLite: sqlite,
}

// A dialect is what differs between databases.
type dialect struct {
	name string

	// begin starts a transaction that excludes all other writers at once.
	begin string

	// columns lists the columns of the table in its one parameter, none if
	// there is no such table.
	columns string

	// objects lists the names of all tables and indexes.
	objects string

	// rawTime is an expression for a column of time that a [Time] can scan
	// whatever the driver's settings.
	rawTime func(column string) string

	// encodeTime returns what to bind for an instant of wall clock time.
	encodeTime func(time.Time) any

	// isUnique reports whether a driver's error is a violated unique index.
	isUnique func(error) bool
}

// Check returns an error unless d is one of the dialects.
func (d Dialect) Check() error {
	if d < 0 || int(d) >= len(dialects) {
		return fmt.Errorf("dialect %d is unknown; there is %s", int(d), dialects[SQLite].name)
	}
	return nil
}

// String returns the usual name of the database.
func (d Dialect) String() string {
	if d.Check() != nil {
		return fmt.Sprintf("Dialect(%d)", int(d))
	}
	return dialects[d].name
}

// RawTime returns the SQL expression by which to select a column of time, so
// that a [Time] can scan it.
func (d Dialect) RawTime(column string) string { return dialects[d].rawTime(column) }

// EncodeTime returns what to bind for t in a database that keeps the wall
// clock time of loc. Nil is UTC. Years before 1 and after 9999, which Python
// does not know, become the first and last instant that it does.
func (d Dialect) EncodeTime(t time.Time, loc *time.Location) any {
	t = t.In(location(loc)).Truncate(time.Microsecond)
	switch {
	case t.Year() < 1:
		t = time.Date(1, 1, 1, 0, 0, 0, 0, t.Location())
	case t.Year() > 9999:
		t = time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, t.Location())
	}
	return dialects[d].encodeTime(t)
}

// IsUnique reports whether err says that a unique index would be violated.
func (d Dialect) IsUnique(err error) bool { return err != nil && dialects[d].isUnique(err) }

// Columns returns the names of the columns of a table, none if there is no
// such table.
func (d Dialect) Columns(ctx context.Context, q Querier, table string) ([]string, error) {
	return column(ctx, q, dialects[d].columns, table)
}

// A Querier is a *sql.DB, a *sql.Conn or a *sql.Tx.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// column returns the first column of a query's result as text.
func column(ctx context.Context, q Querier, query string, args ...any) ([]string, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var values []string
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, rows.Err()
}

func location(loc *time.Location) *time.Location {
	if loc == nil {
		return time.UTC
	}
	return loc
}
