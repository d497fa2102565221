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
	return "The user has to log in again, everywhere, and may do so at once. It works with every " +
		"engine, signed cookies included. Where the engine can list its sessions, those of the " +
		"user are also deleted, for a Django site that shares them; with millions of sessions, as " +
		"many as 30 seconds allow. After that, a login at a Django site is not believed here for " +
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
	var ended auth.Ended
	var err error
	if c.All {
		ended, err = site.Auth.EndAllSessions(ctx, site.Sessions)
	} else {
		whose = c.Username
		ended, err = c.endUser(ctx, site)
	}
	if errors.Is(err, auth.ErrNoFloors) {
		return errors.New("the table jamsession_login_floor is missing: run jamsession migrate")
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "All sessions of %s end. %s\n", whose, recordsDeleted(ended))
	return nil
}

func (c *endCommand) endUser(ctx context.Context, site *site.Site) (auth.Ended, error) {
	user, err := userNamed(ctx, site, c.Username)
	if err != nil {
		return auth.Ended{}, err
	}
	return site.Auth.EndSessions(ctx, site.Sessions, user)
}

func recordsDeleted(ended auth.Ended) string {
	text := fmt.Sprintf("%d records were deleted", ended.Records)
	if ended.Records == 1 {
		text = "1 record was deleted"
	}
	if !ended.All {
		return text + "; not all could be listed, and a Django site may know more."
	}
	return text + "."
}
