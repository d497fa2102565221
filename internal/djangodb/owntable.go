package djangodb

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/jamsession/jamsession/internal/timelimit"
)

// An OwnTable is one that Django does not have. It is not recorded in
// django_migrations, where Django would ask for its migration.
type OwnTable struct {
	Name    string
	Columns []string               // without which it is somebody else's
	DDL     func(Dialect) []string // statements that make it
}

// HasOwn reports whether the table is there. It is an error if it lacks one of
// its columns.
func (db DB) HasOwn(ctx context.Context, t OwnTable) (bool, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	if err := db.Dialect.Ping(ctx, db.DB); err != nil {
		return false, err
	}
	return db.hasOwn(ctx, db, t)
}

func (db DB) hasOwn(ctx context.Context, q Querier, t OwnTable) (bool, error) {
	columns, err := db.Dialect.OwnColumns(ctx, q, t.Name)
	if err != nil || len(columns) == 0 {
		return false, err
	}
	for _, want := range t.Columns {
		if !slices.Contains(columns, want) {
			return false, fmt.Errorf("table %s has no column %s: rename or drop it", t.Name, want)
		}
	}
	return true, nil
}

// MakeOwn makes the table if it is not there, while no other program migrates,
// and reports whether it did.
func (db DB) MakeOwn(ctx context.Context, t OwnTable) (made bool, err error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Migration)
	defer cancel()
	has, err := db.HasOwn(ctx, t)
	if has || err != nil {
		return false, err
	}
	err = db.exclusively(ctx, func(conn *sql.Conn) error {
		has, err := db.hasOwn(ctx, conn, t)
		if has || err != nil {
			return err
		}
		made = true
		for _, statement := range t.DDL(db.Dialect) {
			if _, err := conn.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("create %s: %w", t.Name, err)
			}
		}
		return nil
	})
	return made && err == nil, err
}
