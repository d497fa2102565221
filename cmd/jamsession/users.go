package main

import (
	"errors"
	"fmt"
	"os/user"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/settings"
)

type createCommand struct {
	Noinput  bool   `help:"Ask nothing."`
	Username string `help:"Name to log in with." placeholder:"NAME"`
	Email    string `help:"Address; may be left out." placeholder:"ADDRESS"`
}

// Help says more in --help.
func (*createCommand) Help() string {
	return "With --noinput the password is the first line of standard input, or the value of " +
		passwordVariables[0] + " or " + passwordVariables[1] + ". It is never an argument, " +
		"which others could read."
}

// Run carries the command out.
func (c *createCommand) Run(a *app) error {
	return a.withSite(false, func(site *settings.Site) error { return c.run(a, site) })
}

func (c *createCommand) run(a *app, site *settings.Site) error {
	password, err := c.answers(a, site)
	if err != nil {
		return err
	}
	hash, err := site.Hashers.Hash(a.ctx, password)
	if err != nil {
		return err
	}
	created, err := site.Users.Create(a.ctx, auth.User{
		Username: c.Username, Email: c.Email, Password: hash,
		IsActive: true, IsStaff: true, IsSuperuser: true,
	})
	if errors.Is(err, sqlusers.ErrUserExists) {
		return taken(c.Username)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "Superuser %s created.\n", created.Username)
	return nil
}

func taken(username string) error {
	return fmt.Errorf("the username %q is taken: choose another, or use changepassword", username)
}

// answers fills in what the flags leave out, and returns the password.
func (c *createCommand) answers(a *app, site *settings.Site) (string, error) {
	if c.Noinput {
		if c.Username == "" {
			return "", fmt.Errorf("--noinput needs --username: %w", errUsage)
		}
		return a.givenPassword()
	}
	p, err := a.prompter()
	if err != nil {
		return "", err
	}
	if c.Username == "" {
		if c.Username, err = p.username(); err != nil {
			return "", err
		}
	}
	if _, err := site.Users.ByUsername(a.ctx, sqlusers.NormalizeUsername(c.Username)); err == nil {
		return "", taken(c.Username)
	} else if !errors.Is(err, auth.ErrUserNotFound) {
		return "", err
	}
	if c.Email == "" {
		if c.Email, err = p.ask("Email address (may be empty): ", ""); err != nil {
			return "", err
		}
	}
	return p.newPassword(c.Username)
}

// username asks for a name, and offers that of the account.
func (p *prompter) username() (string, error) {
	question, def := "Username: ", ""
	if u, err := user.Current(); err == nil {
		def = u.Username
		question = fmt.Sprintf("Username (leave blank to use %q): ", def)
	}
	for {
		name, err := p.ask(question, def)
		if err != nil || name != "" {
			return name, err
		}
		fmt.Fprintln(p.a.err, "A username is needed.")
	}
}

type passwordCommand struct {
	Noinput  bool   `help:"Ask nothing; see createsuperuser --help."`
	Username string `arg:"" help:"Whose password."`
}

// Help says more in --help.
func (*passwordCommand) Help() string {
	return "The user's sessions end: wherever he is logged in, he has to log in again."
}

// Run carries the command out.
func (c *passwordCommand) Run(a *app) error {
	return a.withSite(false, func(site *settings.Site) error { return c.run(a, site) })
}

func (c *passwordCommand) run(a *app, site *settings.Site) error {
	u, err := site.Users.ByUsername(a.ctx, sqlusers.NormalizeUsername(c.Username))
	if errors.Is(err, auth.ErrUserNotFound) {
		return fmt.Errorf("there is no user %q: see the spelling, upper and lower case count", c.Username)
	}
	if err != nil {
		return err
	}
	password, err := c.password(a)
	if err != nil {
		return err
	}
	hash, err := site.Hashers.Hash(a.ctx, password)
	if err != nil {
		return err
	}
	if err := site.Users.SetPassword(a.ctx, u.ID, hash); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "Password of %s changed. All sessions of the user end.\n", u.Username)
	return nil
}

func (c *passwordCommand) password(a *app) (string, error) {
	if c.Noinput {
		return a.givenPassword()
	}
	p, err := a.prompter()
	if err != nil {
		return "", err
	}
	return p.newPassword(c.Username)
}
