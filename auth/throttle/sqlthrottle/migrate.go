package sqlthrottle

import (
	"context"
	"fmt"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
)

var errNotMigrated = fmt.Errorf("sqlthrottle: jamsession_throttle: %w", django.ErrNotMigrated)

// table has the name of each bucket that is not full, and the instant at which
// it will be, in microseconds since 1970.
var table = djangodb.OwnTable{
	Name:    "jamsession_throttle",
	Columns: []string{"bucket", "full_at"},
	DDL:     ddl,
}

func ddl(d djangodb.Dialect) []string {
	if d == djangodb.MySQL { // which commits at each statement, so that there is one
		return []string{"CREATE TABLE jamsession_throttle (" +
			"bucket varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY, " +
			"full_at bigint NOT NULL, KEY jamsession_throttle_full_at (full_at)) ENGINE=InnoDB"}
	}
	return []string{
		"CREATE TABLE jamsession_throttle (bucket varchar(64) NOT NULL PRIMARY KEY, full_at bigint NOT NULL)",
		"CREATE INDEX jamsession_throttle_full_at ON jamsession_throttle (full_at)",
	}
}

// Plan returns the names of the tables that [Migrate] would make: one, or none
// if there is nothing to do. Its errors are those of Migrate.
func Plan(ctx context.Context, db django.Database) ([]string, error) {
	d, err := djangodb.New(db)
	if err != nil {
		return nil, fmt.Errorf("sqlthrottle: %w", err)
	}
	has, err := d.HasOwn(ctx, table)
	return made(!has && err == nil), wrap(ctx, "migrate", err)
}

// Migrate makes the table jamsession_throttle if it does not exist, and
// returns the names of the tables that it made. Programs that start together
// may all call it. If it fails, nothing was changed. The table is not Django's,
// and so it is not in Django's records; manage.py migrate leaves it alone. A
// table of this name that lacks a column is an error that names it.
func Migrate(ctx context.Context, db django.Database) ([]string, error) {
	d, err := djangodb.New(db)
	if err != nil {
		return nil, fmt.Errorf("sqlthrottle: %w", err)
	}
	done, err := d.MakeOwn(ctx, table)
	return made(done), wrap(ctx, "migrate", err)
}

func made(it bool) []string {
	if it {
		return []string{table.Name}
	}
	return nil
}
