package sqlthrottle

import (
	"context"
	"fmt"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
)

var errNotMigrated = fmt.Errorf("sqlthrottle: jamsession_throttle: %w", django.ErrNotMigrated)

// Migrate makes the table jamsession_throttle if it does not exist, and returns
// the names of the tables that it made. Programs that start together may all
// call it. If it fails, nothing was changed. The table is not Django's, and so
// it is not in Django's records; manage.py migrate ignores it. If a table of
// this name lacks a column, the error names the column.
func Migrate(ctx context.Context, db django.Database) ([]string, error) {
	d, err := djangodb.New(db)
	if err != nil {
		return nil, fmt.Errorf("sqlthrottle: %w", err)
	}
	made, err := d.MakeOwn(ctx, djangodb.Throttle)
	if err != nil || !made {
		return nil, wrap(ctx, "migrate", err)
	}
	return []string{djangodb.Throttle.Name}, nil
}
