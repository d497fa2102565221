package sqlusers

import (
	"database/sql"
	"log/slog"
	"time"

	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// A Dialect names a kind of database. The zero Dialect is [SQLite].
type Dialect = djangodb.Dialect

// The dialects.
const (
	SQLite     = djangodb.SQLite     // SQLite 3.35 or newer
	PostgreSQL = djangodb.PostgreSQL // PostgreSQL 12 or newer
	MySQL      = djangodb.MySQL      // MySQL 5.7 or newer, MariaDB 10.5 or newer
)

// Options configure [Users].
type Options struct {
	// Dialect is the kind of database. Zero is SQLite.
	Dialect Dialect

	// Readers is a second pool for the statements that only read. It must see
	// at once what the first pool has written: a lagging replica would let a
	// user in after he was deactivated. Nil is the first pool.
	Readers *sql.DB

	// Location is whose wall clock time the table keeps: the TIME_ZONE of a
	// Django site without USE_TZ. Nil is UTC.
	Location *time.Location

	// Timeout is how long the database may take for an answer if the context
	// of the call does not say when it ends. Zero is five seconds.
	Timeout time.Duration

	// Logger is told if [Migrate] may not make an index. Nil is
	// slog.Default().
	Logger *slog.Logger
}

func (o *Options) withDefaults(db *sql.DB) Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Readers == nil {
		c.Readers = db
	}
	if c.Timeout <= 0 {
		c.Timeout = timelimit.Default
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}
