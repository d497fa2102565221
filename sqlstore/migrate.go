package sqlstore

import (
	"context"
	"fmt"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
)

// Migrate creates the table and Django's records of it, if they do not exist,
// and returns the migrations that it applied. Afterwards manage.py migrate has
// nothing to do. Programs that start together may all call it. If it fails,
// nothing was changed.
//
// A table of another name is Django's to make, see [Options].Table.
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
