package django

import (
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// A Dialect names a kind of database. The zero Dialect is [SQLite].
type Dialect int

// The dialects.
const (
	SQLite     Dialect = iota // SQLite 3.35 or newer
	PostgreSQL                // PostgreSQL 12 or newer
	MySQL                     // MySQL 5.7 or newer, MariaDB 10.5 or newer
)

// String returns the usual name of the database.
func (d Dialect) String() string {
	switch d {
	case SQLite:
		return "SQLite"
	case PostgreSQL:
		return "PostgreSQL"
	case MySQL:
		return "MySQL"
	default:
		return fmt.Sprintf("Dialect(%d)", int(d))
	}
}

// ErrNotMigrated says that a table of a database does not exist yet: call Migrate of
// the package that works on it, or site.Migrate, or manage.py migrate if the table
// is Django's. Constructors return it wrapped, with the name of the table.
var ErrNotMigrated = errors.New("the table does not exist; migrate first")

// A Database is one that may hold Django's tables, with the facts that its handle does
// not know. A program makes one and gives it to each package that works on such tables:
// sqlstore, sqlusers and sqlthrottle. If something is missing they return an error that
// names the field, and they do not close its pools.
type Database struct {
	// DB is the pool of connections, which reads and writes. It is required.
	DB *sql.DB

	// Readers is a second pool for the statements that only read, see package
	// sqlstore. It must see at once what the first pool has written: a lagging
	// replica would serve sessions after their logout, and let users in after
	// their deactivation. Nil is DB.
	Readers *sql.DB

	// Dialect is the kind of database. Zero is SQLite.
	Dialect Dialect

	// TimeZone is the zone of the times in the tables: the TIME_ZONE of a Django site
	// without USE_TZ. Nil is UTC.
	TimeZone *time.Location

	// Renew ends all connections of the pools, those in use as soon as they are free. It
	// is called, at most twice a second by each store, if a server answers that it only
	// reads, as after a failover, or that it does not know what was prepared. Nil ends
	// those that are idle, or come free within a second if the pool is full. It is Reset
	// for a handle that borrows its connections from a pool of pgx.
	Renew func()
}
