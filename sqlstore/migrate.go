package sqlstore

import (
	"context"
	"fmt"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
)

var errNotMigrated = fmt.Errorf("sqlstore: django_session: %w", django.ErrNotMigrated)

// Migrate makes the table and the records of it that Django makes, if they do
// not exist, and returns which migrations it applied. Afterwards manage.py
// migrate has nothing to do. Programs that start together may all call it. If
// it fails, nothing was changed.
//
// A table django_session that is not Django's is an error that names the
// column it lacks. A table that is Django's, but not in its records, is
// adopted.
func Migrate(ctx context.Context, db django.Database) ([]string, error) {
	d, err := djangodb.New(db)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: %w", err)
	}
	steps, err := d.Migrate(ctx, djangodb.Sessions)
	return steps, wrap(ctx, "migrate", err)
}
