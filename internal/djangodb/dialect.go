// Package djangodb handles the differences between the databases that Django
// can use, and creates Django's tables in them. The packages that work on such
// tables share it.
//
// Each database has one file here, such as sqlite.go, one folder of ddl, and
// one line in the list of dialects.
package djangodb

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// A Dialect is a [django.Dialect] that knows what differs.
type Dialect django.Dialect

// The dialects.
const (
	SQLite     = Dialect(django.SQLite)
	PostgreSQL = Dialect(django.PostgreSQL)
	MySQL      = Dialect(django.MySQL)
)

var dialects = [...]dialect{
	SQLite:     sqlite,
	PostgreSQL: postgreSQL,
	MySQL:      mySQL,
}

// A dialect is what differs between databases.
type dialect struct {
	// ping opens the first connection where PingContext is not enough.
	ping func(ctx context.Context, db *sql.DB) error

	// begin starts a transaction that excludes all other programs that
	// migrate. If autoDDL, statements that make tables commit by themselves,
	// and begin takes a lock only, which end gives back.
	begin   func(ctx context.Context, conn *sql.Conn) error
	end     string
	autoDDL bool

	// columns lists the columns of the table in its one parameter, none if
	// there is no such table.
	columns string

	// ownColumns is columns for a table that was made on such a connection, and
	// not found elsewhere. Empty: it is the same.
	ownColumns string

	// quote is what names are put between.
	quote string

	// fields describes the columns of a table, and relation says what kind of
	// table it is; see [Field] and [Relation]. tableArgs returns the parameters
	// of both.
	fields, relation string
	tableArgs        func(TableName) []any

	// objects lists the names of all tables and indexes where new ones are made.
	objects string

	// index selects an index that is used, by its table, see tableArgs, and its name.
	// brokenIndex selects one that was not made to its end, where there can be
	// such a one.
	index, brokenIndex string

	// indexed selects what the whole indexes of a table that are used begin with: a column, or an
	// expression.
	indexed string

	// concurrently makes an index without keeping writers waiting, where that
	// has to be asked for. lockIndex then waits until no other program makes
	// one, and leaves a transaction open that has the lock.
	concurrently string
	lockIndex    func(ctx context.Context, conn *sql.Conn) error

	// clear deletes rows of a table that have expired, the oldest first. Its
	// parameters are the instant, twice, and how many at most; TABLE is the name
	// of the table, KEY and EXPIRY are its columns. clearParts are those for
	// relations for which it is another statement.
	clear      string
	clearParts map[Relation]string

	// bigInt is a parameter that may be larger than the column that it is
	// compared with.
	bigInt string

	// text is the type to which a number is cast to be compared with a text.
	text string

	// binary: texts are equal by a collation, unless BINARY is asked for.
	binary bool

	// upper: texts are compared in any case by UPPER, and not by a collation.
	upper bool

	// returning: an INSERT can return the new id.
	returning bool

	// foundRow: an UPDATE that changes nothing counts no row, unless the
	// driver is told to count those that it found.
	foundRow bool

	// driverPrepares: the drivers prepare what is worth it by themselves.
	driverPrepares bool

	// rebind turns the ? of a statement into the database's parameters.
	rebind func(query string) string

	// rawTime is an expression for a column of time that a [Time] can scan
	// whatever the driver's settings.
	rawTime func(column string) string

	// encodeTime returns what to bind for an instant of wall clock time.
	encodeTime func(time.Time) any

	// isUnique reports whether a driver's error is a violated unique index.
	isUnique func(error) bool

	// isForeign reports whether a driver's error says that a row refers to one
	// that does not exist.
	isForeign func(error) bool

	// refusesValue reports whether a driver's error says that a column does not
	// take a value of its type; see [Dialect.RefusesValue].
	refusesValue func(error) bool

	// beginRows starts a transaction that changes a few rows. Locks on what is
	// not there, which MySQL takes at its own default, are not needed; SQLite
	// must write from the start, since a transaction that has read cannot wait
	// for its turn to write.
	beginRows []string

	// isTooLarge reports whether a driver's error says that a value is larger
	// than the server, the driver or the column can take.
	isTooLarge func(error) bool

	// cutting lists the columns of a table of sessions that would cut off what
	// is too long for them, without an error. Its parameters are tableArgs.
	// Empty: there is no such database.
	cutting string

	// packet selects how many bytes of a statement the server takes. Empty:
	// there is no such limit.
	packet string

	// isSpent reports whether a driver's error says that its connection is of
	// no use any more, and that nothing was carried out: it leads to a server
	// that only reads, or that has forgotten what was prepared.
	isSpent func(error) bool

	// isPassing reports whether a driver's error says that the statement was
	// undone in favour of another, and may be repeated.
	isPassing func(error) bool
}

// check returns an error unless d is one of the dialects.
func (d Dialect) check() error {
	if d < 0 || int(d) >= len(dialects) {
		return fmt.Errorf("Database.Dialect %d is unknown; there are SQLite, PostgreSQL and MySQL", int(d))
	}
	return nil
}

// String returns the usual name of the database.
func (d Dialect) String() string { return django.Dialect(d).String() }

// Ping opens a connection, if none is open, and returns the error of that. On
// SQLite it waits some seconds for other programs that open the file, too.
func (d Dialect) Ping(ctx context.Context, db *sql.DB) error {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	if ping := dialects[d].ping; ping != nil {
		return ping(ctx, db)
	}
	return db.PingContext(ctx)
}

// RawTime returns the SQL expression by which to select a column of time, so
// that a [Time] can scan it.
func (d Dialect) RawTime(column string) string { return dialects[d].rawTime(column) }

// EncodeTime returns what to bind for t in a database that keeps the wall
// clock time of a zone. Nil is UTC. Years before 1 and after 9999, which Python
// does not know, become the first and last instant that it does.
func (d Dialect) EncodeTime(t time.Time, timeZone *time.Location) any {
	t = t.In(zone(timeZone)).Truncate(time.Microsecond)
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

// IsForeign reports whether err says that a row would refer to one that does
// not exist.
func (d Dialect) IsForeign(err error) bool { return err != nil && dialects[d].isForeign(err) }

// IsTooLarge reports whether err says that a value is too large to be stored.
func (d Dialect) IsTooLarge(err error) bool { return err != nil && dialects[d].isTooLarge(err) }

// Rebind returns a statement that is written with ? as the database wants it.
func (d Dialect) Rebind(query string) string { return dialects[d].rebind(query) }

// BigInt returns the parameter for an integer of 64 bits, before [Dialect.Rebind].
func (d Dialect) BigInt() string { return dialects[d].bigInt }

// Text returns the SQL expression for a number as text, in decimal.
func (d Dialect) Text(expr string) string { return "CAST(" + expr + " AS " + dialects[d].text + ")" }

// ClearExpired returns the statement that deletes expired rows of a table in a
// batch, before [Dialect.Rebind]. The columns are the primary key and the expiry.
func (d Dialect) ClearExpired(t TableName, r Relation, key, expiry string) string {
	statement := cmp.Or(dialects[d].clearParts[r], dialects[d].clear)
	return strings.NewReplacer("TABLE", d.QuoteTable(t), "KEY", key, "EXPIRY", expiry).Replace(statement)
}

// SameKey returns a condition that a column of an index has exactly the bytes
// of a value, and [Dialect.KeyArgs] what to bind for it.
func (d Dialect) SameKey(column string) string {
	if dialects[d].binary {
		return column + " = ? AND BINARY " + column + " = ?" // the first uses the index
	}
	return column + " = ?"
}

// KeyArgs appends what to bind for [Dialect.SameKey].
func (d Dialect) KeyArgs(args []any, value string) []any {
	if dialects[d].binary {
		args = append(args, value)
	}
	return append(args, value)
}

// SameBytes returns a condition that a column has exactly the bytes of the
// one value that is bound.
func (d Dialect) SameBytes(column string) string {
	if dialects[d].binary {
		return "BINARY " + column + " = ?"
	}
	return column + " = ?"
}

// ComparesUpper reports whether texts are compared in any case by UPPER. On
// MySQL and MariaDB they are compared by the collation of the column, which
// Django's iexact does there, too, and which an index has: MariaDB has none on
// expressions.
func (d Dialect) ComparesUpper() bool { return dialects[d].upper }

// SameText returns a condition that a column is a text, of which the one value
// is bound, in any case, see [Dialect.ComparesUpper].
func (d Dialect) SameText(column string) string {
	if dialects[d].upper {
		return "UPPER(" + column + ") = UPPER(?)"
	}
	return column + " = ?"
}

// CountsFoundRows reports whether the driver must be told to count the rows
// that an UPDATE has found and not changed.
func (d Dialect) CountsFoundRows() bool { return dialects[d].foundRow }

// Returning is what to write behind an INSERT for [Stmt.InsertID].
func (d Dialect) Returning(column string) string {
	if dialects[d].returning {
		return " RETURNING " + column
	}
	return ""
}

// Columns returns the names of the columns of a table, none if there is no
// such table.
func (d Dialect) Columns(ctx context.Context, q Querier, table string) ([]string, error) {
	return column(ctx, q, d.Rebind(dialects[d].columns), table)
}

// OwnColumns is [Dialect.Columns] for a table where a new one would be made. On
// PostgreSQL a connection also finds the tables of other schemas, where another
// site may have one of the same name.
func (d Dialect) OwnColumns(ctx context.Context, q Querier, table string) ([]string, error) {
	query := cmp.Or(dialects[d].ownColumns, dialects[d].columns)
	return column(ctx, q, d.Rebind(query), table)
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

func zone(z *time.Location) *time.Location {
	if z == nil {
		return time.UTC
	}
	return z
}
