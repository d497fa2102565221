package sqlusers

import (
	"context"
	"fmt"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/timelimit"
)

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
// With an Options.Model other than auth.User, whose table is missing, the error is
// [django.ErrNotMigrated]: then Migrate makes no table of Django's. It makes the index, if
// the model has a column for addresses that no other index serves, called after the table,
// and jamsession_login_floor.
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
	opts := o.withDefaults()
	steps, err := djangosOwn(opts.Model, func(apps ...djangodb.App) ([]string, error) {
		return d.Migrate(ctx, apps...)
	})
	if err != nil {
		return nil, djangodb.Wrap(ctx, "sqlusers: migrate", err)
	}
	x, err := emailIndex(ctx, d, opts.Model)
	if err != nil {
		return steps, err
	}
	index, err := makeIndex(ctx, d, x, opts.Logger)
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

// Plan returns what [Migrate] would make, in order, and makes nothing.
func Plan(ctx context.Context, db django.Database, o *Options) ([]string, error) {
	d, err := djangodb.New(db)
	if err != nil {
		return nil, fmt.Errorf("sqlusers: %w", err)
	}
	model := o.withDefaults().Model
	steps, err := djangosOwn(model, func(apps ...djangodb.App) ([]string, error) {
		return d.Plan(ctx, apps...)
	})
	if err != nil {
		return nil, djangodb.Wrap(ctx, "sqlusers: migrate", err)
	}
	x, err := emailIndex(ctx, d, model)
	if err != nil {
		return nil, err
	}
	if x.Name != "" {
		has, err := d.HasIndex(ctx, x)
		if err != nil {
			return nil, djangodb.Wrap(ctx, "sqlusers: migrate", err)
		}
		if !has {
			steps = append(steps, x.Name)
		}
	}
	own, err := d.PlanOwn(ctx, djangodb.LoginFloors)
	return append(steps, own...), djangodb.Wrap(ctx, "sqlusers: migrate", err)
}

// stockName is the table of auth.User.
var stockName, _ = djangodb.ParseTableName("auth_user")

// djangosOwn does something about the tables of Django's apps. Those of a site with a model of its
// own are all Django's business.
func djangosOwn(m Model, do func(...djangodb.App) ([]string, error)) ([]string, error) {
	if stock, err := m.isStock(); !stock || err != nil {
		return nil, err
	}
	return do(djangodb.ContentTypes, djangodb.Auth)
}

// emailIndex returns the index of the addresses of a model; the zero one if it has none. The table of
// auth.User may not be there yet.
func emailIndex(ctx context.Context, db djangodb.DB, m Model) (djangodb.OwnIndex, error) {
	if stock, _ := m.isStock(); stock {
		return djangodb.EmailIndex(stockName, "email", "id"), nil
	}
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	t, err := describe(ctx, db, m)
	if err != nil || !t.has("email") {
		return djangodb.OwnIndex{}, err
	}
	return djangodb.EmailIndex(t.name, t.fields["email"].Name, t.key.Name), nil
}
