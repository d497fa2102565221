package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/site"
)

type passwordCommand struct {
	Noinput           bool   `help:"Do not prompt; see createsuperuser --help."`
	WithoutValidation bool   `help:"Take a weak password, too."`
	Username          string `arg:"" optional:"" help:"The user (default: the name of your account)."`
}

// Help says more in --help.
func (*passwordCommand) Help() string {
	return "All sessions of the user end: they have to log in again everywhere. Wrong guesses " +
		"that came before do not keep them out: see limits lift --help."
}

// Run carries the command out.
func (c *passwordCommand) Run(a *app) error {
	if c.Username == "" {
		c.Username = accountName()
	}
	return a.withSite(func(site *site.Site) error { return c.run(a, site) })
}

func (c *passwordCommand) run(a *app, site *site.Site) error {
	u, err := userNamed(a.ctx, site, c.Username)
	if err != nil {
		return err
	}
	password, err := c.password(a, site, u)
	if err != nil {
		return err
	}
	hash, err := site.Hashers.Hash(a.ctx, password)
	if err != nil {
		return err
	}
	err = site.Users().SetPassword(context.WithoutCancel(a.ctx), u.ID, hash)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "Password of %s changed. All sessions of the user end.\n", legible(u.Username))
	if err := liftNames(context.WithoutCancel(a.ctx), site, u.Username, u.Email); err != nil {
		return fmt.Errorf("the limits of the user are not lifted: %w", err)
	}
	return nil
}

// userNamed returns the user with this name.
func userNamed(ctx context.Context, site *site.Site, name string) (auth.User, error) {
	user, err := site.Users().ByUsername(ctx, sqlusers.NormalizeUsername(name))
	if errors.Is(err, auth.ErrUserNotFound) {
		return auth.User{}, noUser(name)
	}
	return user, err
}

func noUser(name string) error {
	return fmt.Errorf("there is no user %q: check the spelling; case matters", name)
}

func (c *passwordCommand) password(a *app, site *site.Site, u auth.User) (string, error) {
	rules := passwordRules{site.Auth, u, c.WithoutValidation}
	if c.Noinput {
		return a.givenPassword(rules)
	}
	p, err := a.prompter()
	if err != nil {
		return "", err
	}
	fmt.Fprintf(a.err, "Changing the password of %s.\n", legible(u.Username))
	return p.newPassword(rules)
}
