package djangodb

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jamsession/jamsession/internal/timelimit"
)

// Plan returns the migrations of these apps that are not applied, in order,
// as "sessions.0001_initial". It changes nothing. It refuses tables that are
// not Django's, and apps that Django has left half migrated.
func (db DB) Plan(ctx context.Context, apps ...App) ([]string, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	if err := db.Dialect.Ping(ctx, db.DB); err != nil {
		return nil, err
	}
	steps, err := db.plan(ctx, db, apps)
	if err != nil {
		return nil, err
	}
	return names(steps), nil
}

// A step is a migration to apply.
type step struct{ app, name string }

func names(steps []step) []string {
	var all []string
	for _, s := range steps {
		all = append(all, s.app+"."+s.name)
	}
	return all
}

func (db DB) plan(ctx context.Context, q Querier, apps []App) ([]step, error) {
	applied, err := db.applied(ctx, q)
	if err != nil {
		return nil, err
	}
	var steps []step
	for _, app := range apps {
		done, err := app.isApplied(applied)
		if err != nil {
			return nil, err
		}
		if err := db.checkTables(ctx, q, app, done); err != nil {
			return nil, err
		}
		if !done {
			for _, name := range app.migrations {
				steps = append(steps, step{app.label, name})
			}
		}
	}
	return steps, nil
}

// applied returns what django_migrations says.
func (db DB) applied(ctx context.Context, q Querier) ([]step, error) {
	exists, err := checkTable(ctx, q, migrationsTable, db.Dialect.Columns)
	if err != nil || !exists {
		return nil, err
	}
	rows, err := q.QueryContext(ctx, "SELECT app, name FROM django_migrations")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var steps []step
	for rows.Next() {
		var s step
		if err := rows.Scan(&s.app, &s.name); err != nil {
			return nil, err
		}
		steps = append(steps, s)
	}
	return steps, rows.Err()
}

// isApplied reports whether all of the app's migrations are applied. It is an
// error if only some are.
func (a App) isApplied(applied []step) (bool, error) {
	begun := slices.ContainsFunc(applied, func(s step) bool { return s.app == a.label })
	if !begun {
		return false, nil
	}
	for _, name := range a.migrations {
		if !slices.Contains(applied, step{a.label, name}) {
			return false, fmt.Errorf("app %s is half migrated, %s.%s is missing:"+
				" run manage.py migrate with Django 3.1 or newer first",
				a.label, a.label, name)
		}
	}
	return true, nil
}

// checkTables looks whether the app's tables are Django's. Tables without
// rows in django_migrations are adopted, as by migrate --fake-initial.
func (db DB) checkTables(ctx context.Context, q Querier, app App, applied bool) error {
	for _, t := range app.tables {
		look := db.Dialect.OwnColumns
		if applied { // perhaps in another schema
			look = db.Dialect.Columns
		}
		exists, err := checkTable(ctx, q, t, look)
		if err != nil {
			return err
		}
		if applied && !exists {
			return missing(t.name, app.label)
		}
	}
	return nil
}

// ErrOtherUsers says that Django has made its tables without auth_user.
var ErrOtherUsers = errors.New("the site has users of another model: write its AUTH_USER_MODEL, and what" +
	" describes the table, into the settings")

// missing says what to do about a table that is missing. A site with users of
// its own model has never had Django's.
func missing(table, app string) error {
	err := fmt.Errorf("table %s is missing although django_migrations says that %s is applied", table, app)
	if table == "auth_user" {
		return fmt.Errorf("%w: %w; else restore the table", err, ErrOtherUsers)
	}
	return fmt.Errorf("%w: restore the table, or delete the rows of app %s", err, app)
}

// A lookUp returns the columns of a table.
type lookUp func(ctx context.Context, q Querier, table string) ([]string, error)

// checkTable reports whether a table exists. It is an error if it exists and
// lacks one of Django's columns.
func checkTable(ctx context.Context, q Querier, t table, look lookUp) (bool, error) {
	columns, err := look(ctx, q, t.name)
	if err != nil || len(columns) == 0 {
		return false, err
	}
	for _, want := range t.columns {
		if !slices.Contains(columns, want) {
			return false, fmt.Errorf("table %s has no column %s, so it is not Django's:"+
				" rename or drop it, or use another database", t.name, want)
		}
	}
	return true, nil
}
