package sqlusers

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jamsession/jamsession/internal/djangodb"
)

// ErrNotMigrated says that the table auth_user does not exist yet. Call [Migrate], or
// let Django's manage.py migrate make it.
var ErrNotMigrated = errors.New("sqlusers: table auth_user does not exist; migrate first")

// apps are Django's apps behind auth_user, in the order of migration.
var apps = []djangodb.App{djangodb.ContentTypes, djangodb.Auth}

// Plan returns the migrations that [Migrate] would apply, by the names under
// which Django records them, such as "auth.0001_initial", and [FloorTable];
// none if there is nothing to do. Its errors are those of Migrate.
func Plan(ctx context.Context, db *sql.DB, o *Options) ([]string, error) {
	steps, err := database(db, o).Plan(ctx, apps...)
	if err != nil {
		return nil, djangodb.Wrap(ctx, "sqlusers: migrate", err)
	}
	has, err := database(db, o).HasOwn(ctx, floorTable)
	if err == nil && !has {
		steps = append(steps, FloorTable)
	}
	return steps, djangodb.Wrap(ctx, "sqlusers: migrate", err)
}

// Migrate makes the tables of Django's apps contenttypes and auth, with the
// records, content types and permissions that Django makes, if they do not
// exist, and returns which migrations it applied. Afterwards manage.py migrate
// has nothing to do. Then it makes the table [FloorTable], which is not Django's
// and not in its records; manage.py migrate leaves it alone. Programs that start
// together may all call it. If it fails, the tables of Django are all there or
// none is.
//
// A table of one of these names that is not Django's is an error that names
// the column it lacks. So is an app that Django has left half migrated. Tables
// that are Django's, but not in its records, are adopted. Migrate uses only
// Dialect and Location of the options.
func Migrate(ctx context.Context, db *sql.DB, o *Options) ([]string, error) {
	steps, err := database(db, o).Migrate(ctx, apps...)
	if err != nil {
		return nil, djangodb.Wrap(ctx, "sqlusers: migrate", err)
	}
	made, err := database(db, o).MakeOwn(ctx, floorTable)
	if made {
		steps = append(steps, FloorTable)
	}
	return steps, djangodb.Wrap(ctx, "sqlusers: migrate", err)
}

func database(db *sql.DB, o *Options) djangodb.DB {
	c := o.withDefaults(db)
	return djangodb.DB{DB: db, Dialect: c.Dialect, Location: c.Location}
}
