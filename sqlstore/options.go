package sqlstore

import (
	"database/sql"
	"time"

	"github.com/jamsession/jamsession/internal/djangodb"
)

// A Dialect names a kind of database. The zero Dialect is [SQLite].
type Dialect = djangodb.Dialect

// The dialects.
const (
	SQLite     = djangodb.SQLite     // SQLite 3.35 or newer
	PostgreSQL = djangodb.PostgreSQL // PostgreSQL 12 or newer
	MySQL      = djangodb.MySQL      // MySQL 5.7 or newer, MariaDB 10.5 or newer
)

// Options configure a [Store].
type Options struct {
	// Dialect is the kind of database. Zero is SQLite.
	Dialect Dialect

	// Readers is a second pool for the statements that only read. It must see
	// at once what the first pool has written: a lagging replica would serve
	// sessions after their logout. Nil is the first pool.
	Readers *sql.DB

	// Location is whose wall clock time the table keeps: the TIME_ZONE of a
	// Django site without USE_TZ. Nil is UTC.
	Location *time.Location

	// ClearBatch is how many rows ClearExpired deletes in one statement. Zero
	// is 1000.
	ClearBatch int

	// ClearPause is how long ClearExpired waits between two batches. Zero is
	// 10 milliseconds, negative is not at all.
	ClearPause time.Duration
}

func (o *Options) withDefaults(db *sql.DB) Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Readers == nil {
		c.Readers = db
	}
	if c.ClearBatch <= 0 {
		c.ClearBatch = 1000
	}
	if c.ClearPause == 0 {
		c.ClearPause = 10 * time.Millisecond
	}
	return c
}
