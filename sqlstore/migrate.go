package sqlstore

import (
	"context"
	"fmt"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
)

var errNotMigrated = fmt.Errorf("sqlstore: django_session: %w", django.ErrNotMigrated)

// Migrate creates the table and Django's records of it, if they do not exist,
// and returns the migrations that it applied. Afterwards manage.py migrate has
// nothing to do. Programs that start together may all call it. If it fails,
// nothing was changed.
//
// If a table django_session is not Django's, the error names the column it
// lacks. If it is Django's, but not in Django's records, Migrate adds it to
// them.
func Migrate(ctx context.Context, db django.Database) ([]string, error) {
	d, err := djangodb.New(db)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: %w", err)
	}
	steps, err := d.Migrate(ctx, djangodb.Sessions)
	return steps, wrap(ctx, "migrate", err)
}
