package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jamsession/jamsession/internal/djangodb"
)

// ErrNotMigrated says that the table django_session does not exist yet. Call
// [Migrate], or let Django's manage.py migrate make it.
var ErrNotMigrated = errors.New("sqlstore: table django_session does not exist; migrate first")

// Plan returns the migrations that [Migrate] would apply, by the names under
// which Django records them: "sessions.0001_initial", or none. Its errors are
// those of Migrate.
func Plan(ctx context.Context, db *sql.DB, o *Options) ([]string, error) {
	steps, err := database(db, o).Plan(ctx, djangodb.Sessions)
	return steps, wrap(ctx, "migrate", err)
}

// Migrate makes the table and the records of it that Django makes, if they do
// not exist, and returns which migrations it applied. Afterwards manage.py
// migrate has nothing to do. Programs that start together may all call it. If
// it fails, nothing was changed.
//
// A table django_session that is not Django's is an error that names the
// column it lacks. A table that is Django's, but not in its records, is
// adopted. Migrate uses only Dialect and Location of the options.
func Migrate(ctx context.Context, db *sql.DB, o *Options) ([]string, error) {
	steps, err := database(db, o).Migrate(ctx, djangodb.Sessions)
	return steps, wrap(ctx, "migrate", err)
}

func database(db *sql.DB, o *Options) djangodb.DB {
	c := o.withDefaults(db)
	return djangodb.DB{DB: db, Dialect: c.Dialect, Location: c.Location}
}
