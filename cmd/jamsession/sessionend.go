package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/site"
)

type endCommand struct {
	Username string `arg:"" optional:"" help:"The user."`
	All      bool   `help:"End the sessions of all users."`
}

// Help says more in --help.
func (*endCommand) Help() string {
	return "The user has to log in again everywhere, and may do so at once. It works with every " +
		"engine, signed cookies included. Where the engine can list its sessions, those of the " +
		"user are also deleted, for a Django site that shares them; with millions of sessions, as " +
		"many as 30 seconds allow. After that, a login at a Django site is not valid here for " +
		"SESSION_COOKIE_AGE: log in here. To keep a user out, deactivate the user."
}

// Run carries the command out.
func (c *endCommand) Run(a *app) error {
	if (c.Username == "") != c.All {
		return fmt.Errorf("name a user, or give --all: %w", errUsage)
	}
	return a.withSite(func(site *site.Site) error { return c.run(a, site) })
}

func (c *endCommand) run(a *app, site *site.Site) error {
	ctx, whose := a.ctx, "all users"
	var records int
	var err error
	if c.All {
		records, err = site.Auth.EndAllSessions(ctx, site.Sessions)
	} else {
		whose = c.Username
		records, err = c.endUser(ctx, site)
	}
	if errors.Is(err, auth.ErrNoFloors) {
		return errors.New("the table jamsession_login_floor is missing: run jamsession migrate")
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "All sessions of %s end. %s\n", legible(whose), recordsDeleted(records))
	if records > 0 {
		return nil
	}
	return recordsLeft(a, site)
}

// recordsLeft returns an error if no record was deleted because none can be read: at a Django site
// that shares them the sessions go on.
func recordsLeft(a *app, site *site.Site) error {
	const sample = 100
	err := (&search{limit: sample}).run(a, site, new(usernames))
	if errors.Is(err, errUnreadable) {
		return fmt.Errorf("at a Django site with the same sessions they go on: %w", err)
	}
	return nil // there are none, or the engine cannot list them
}

func (c *endCommand) endUser(ctx context.Context, site *site.Site) (int, error) {
	user, err := userNamed(ctx, site, c.Username)
	if err != nil {
		return 0, err
	}
	return site.Auth.EndSessions(ctx, site.Sessions, user)
}

func recordsDeleted(n int) string {
	if n == 1 {
		return "1 record was deleted."
	}
	return fmt.Sprintf("%d records were deleted.", n)
}
