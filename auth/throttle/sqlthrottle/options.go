package sqlthrottle

import "github.com/jamsession/jamsession/internal/djangodb"

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
}

func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	return c
}
