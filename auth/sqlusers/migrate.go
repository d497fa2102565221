package sqlusers

import (
	"context"
	"fmt"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
)

var errNotMigrated = fmt.Errorf("sqlusers: auth_user: %w", django.ErrNotMigrated)

// Migrate makes the tables of Django's apps contenttypes and auth, with the
// records, content types and permissions that Django makes, if they do not
// exist, and returns which migrations it applied. Afterwards manage.py migrate
// has nothing to do. Then Migrate makes the index jamsession_auth_user_email on
// auth_user and the table jamsession_login_floor, which are not Django's and not in its records;
// manage.py migrate leaves them alone. Programs that start together may all
// call it. If it fails, the tables of Django are all there or none is.
//
// A table of one of these names that is not Django's is an error that names
// the column it lacks. So is an app that Django has left half migrated. Tables
// that are Django's, but not in its records, are adopted. The options may be nil;
// Migrate uses only their Logger.
//
// Where Django makes auth_user anew, as it does on SQLite to change a column,
// the index is gone until the next Migrate. On PostgreSQL it is made
// CONCURRENTLY, on MySQL online: users can log in meanwhile. SQLite keeps
// writers waiting. If the database refuses to make it, that is logged with the
// statement for the table's owner, and is not an error.
func Migrate(ctx context.Context, db django.Database, o *Options) ([]string, error) {
	d, err := djangodb.New(db)
	if err != nil {
		return nil, fmt.Errorf("sqlusers: %w", err)
	}
	steps, err := d.Migrate(ctx, djangodb.ContentTypes, djangodb.Auth)
	if err != nil {
		return nil, djangodb.Wrap(ctx, "sqlusers: migrate", err)
	}
	index, err := makeIndex(ctx, d, o.withDefaults().Logger)
	steps = append(steps, index...)
	if err != nil {
		return steps, err
	}
	made, err := d.MakeOwn(ctx, djangodb.LoginFloors)
	if made {
		steps = append(steps, djangodb.LoginFloors.Name)
	}
	return steps, djangodb.Wrap(ctx, "sqlusers: migrate", err)
}
