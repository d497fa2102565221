package site

import (
	"context"
	"errors"
	"fmt"

	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/auth/throttle/sqlthrottle"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/sessionmodel"
	"github.com/jamsession/jamsession/internal/siteparts"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/sqlstore"
)

// Migrate makes the tables that are missing, as Django's manage.py migrate would, an
// index on the email addresses of users, and three more tables: jamsession_throttle, for
// counting login attempts, jamsession_login_floor, for ending sessions, and
// jamsession_device, for the devices of users. It makes the
// file of a SQLite database if there is none. If the database refuses to make the index,
// that is logged, and is not an error.
//
// It may be called at each start, also by programs that start together; but the first
// call must not run while a site serves requests from the same tables. It needs no
// SECRET_KEY, and does nothing for a site that needs no database. A SESSION_TABLE that is
// not Django's own is not made: if it is missing, that is an error. The options are those
// for opening the site.
func Migrate(ctx context.Context, s *settings.Settings, o *Options) error {
	return withTables(ctx, s, o, siteparts.Make, (*Site).migrate)
}

// Plan returns the migrations that [Migrate] would apply, by the names under
// which Django records them, and the names of the tables and the index that are
// not Django's; none if there is nothing to do. It changes nothing.
func Plan(ctx context.Context, s *settings.Settings, o *Options) (plan []string, err error) {
	err = withTables(ctx, s, o, siteparts.Imagine, func(site *Site, ctx context.Context) error {
		plan, err = site.plan(ctx)
		return err
	})
	return plan, err
}

// withTables calls do with a site of which only the database is open.
func withTables(
	ctx context.Context, s *settings.Settings, o *Options, missing siteparts.Missing,
	do func(*Site, context.Context) error,
) error {
	site, err := describe(s, o)
	if err != nil || !site.needsDatabase() {
		return err
	}
	if err := site.openPlace(ctx, missing); err != nil {
		return err
	}
	return errors.Join(do(site, ctx), site.Close())
}

func (s *Site) migrate(ctx context.Context) error {
	if err := s.checkModel(ctx); err != nil {
		return err
	}
	if s.djangosUsers() {
		if _, err := sqlusers.Migrate(ctx, s.Database, s.userOptions()); err != nil {
			return fmt.Errorf("site: %w", err)
		}
	}
	if sessionmodel.IsStock(s.conf.SessionTable) {
		if _, err := sqlstore.Migrate(ctx, s.Database); err != nil {
			return fmt.Errorf("site: %w", err)
		}
	}
	if s.countsInTable() {
		if _, err := sqlthrottle.Migrate(ctx, s.Database); err != nil {
			return fmt.Errorf("site: %w", err)
		}
	}
	if s.ownDevices() {
		if _, err := devices.Migrate(ctx, s.Database); err != nil {
			return fmt.Errorf("site: %w", err)
		}
	}
	return nil
}

// checkModel returns an error if sessions are in a table that is Django's to make, and
// that cannot be used yet.
func (s *Site) checkModel(ctx context.Context) error {
	if !s.conf.SessionsInTable() || sessionmodel.IsStock(s.conf.SessionTable) {
		return nil
	}
	db, err := djangodb.New(s.Database)
	if err == nil {
		_, err = sessionmodel.Open(ctx, db, s.conf.SessionTable)
	}
	if err != nil {
		return djangodb.Wrap(ctx, "site: SESSION_TABLE", err)
	}
	return nil
}

func (s *Site) plan(ctx context.Context) (plan []string, _ error) {
	if err := s.checkModel(ctx); err != nil {
		return nil, err
	}
	db, err := djangodb.New(s.Database)
	if err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	for _, part := range []struct {
		wanted bool
		plan   func(context.Context) ([]string, error)
	}{
		{s.djangosUsers(), func(ctx context.Context) ([]string, error) {
			return sqlusers.Plan(ctx, s.Database, s.userOptions())
		}},
		{sessionmodel.IsStock(s.conf.SessionTable), db.PlanSessions},
		{s.countsInTable(), db.PlanThrottle},
		{s.ownDevices(), db.PlanDevices},
	} {
		if !part.wanted {
			continue
		}
		steps, err := part.plan(ctx)
		if err != nil {
			return nil, djangodb.Wrap(ctx, "site: migrate", err)
		}
		plan = append(plan, steps...)
	}
	return plan, nil
}

// countsInTable reports whether attempts to log in are counted in the database.
func (s *Site) countsInTable() bool {
	return !s.opts.NoUsers && (s.conf.LoginLimitStore == "auto" || s.conf.LoginLimitStore == "db")
}
