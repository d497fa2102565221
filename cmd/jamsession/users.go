package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/site"
)

type usersCommands struct {
	List       userListCommand   `cmd:"" help:"List the users."`
	Create     userCreateCommand `cmd:"" help:"Make a user."`
	Deactivate deactivateCommand `cmd:"" help:"Keep users out, and end their sessions."`
	Reactivate reactivateCommand `cmd:"" help:"Let users in again."`
}

type userListCommand struct {
	JSON     bool `help:"Print one JSON object per line."`
	Staff    bool `help:"List only staff and superusers."`
	Inactive bool `help:"List only those who cannot log in."`
	Limit    int  `default:"0" help:"List at most N; 0 lists all." placeholder:"N"`
}

// Run carries the command out.
func (c *userListCommand) Run(a *app) error {
	if c.Limit < 0 {
		return fmt.Errorf("--limit must not be negative: %w", errUsage)
	}
	return a.withSite(func(site *site.Site) error { return c.run(a, site) })
}

func (c *userListCommand) run(a *app, site *site.Site) error {
	var list []userLine
	for user, err := range site.Users().List(a.ctx) {
		if err != nil {
			return err
		}
		if c.Staff && !user.IsStaff && !user.IsSuperuser || c.Inactive && user.IsActive {
			continue
		}
		list = append(list, lineOf(user))
		if len(list) == c.Limit {
			break
		}
	}
	if c.JSON {
		return writeJSONLines(a.out, list)
	}
	return writeUsers(a.out, list)
}

// A userLine is a user in a list. It has no hash.
type userLine struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Email     string     `json:"email"`
	Active    bool       `json:"active"`
	Staff     bool       `json:"staff"`
	Superuser bool       `json:"superuser"`
	LastLogin *time.Time `json:"last_login"` // null: never
}

func lineOf(u auth.User) userLine {
	line := userLine{u.ID, u.Username, u.Email, u.IsActive, u.IsStaff, u.IsSuperuser, nil}
	if !u.LastLogin.IsZero() {
		at := u.LastLogin.UTC()
		line.LastLogin = &at
	}
	return line
}

func writeUsers(w io.Writer, list []userLine) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "No users.")
		return err
	}
	title, written := "LAST LOGIN (UTC)", "2006-01-02 15:04"
	if slices.ContainsFunc(list, func(u userLine) bool { return len(u.ID) > wideID }) {
		title, written = "LAST LOGIN", time.DateOnly
	}
	var rows [][]string
	for _, u := range list {
		last := "never"
		if u.LastLogin != nil {
			last = u.LastLogin.Format(written)
		}
		rows = append(rows, []string{u.ID, u.Name, u.Email, u.role(), last})
	}
	return writeTable(w, []column{{"ID", 0}, {"USER", 6}, {"EMAIL", 6}, {"ROLE", 0}, {title, 0}}, rows)
}

// wideID is the length from which ids leave no room for the time of a login: those of UUIDs.
const wideID = 20

// role says in a word what a user may do.
func (u userLine) role() string {
	switch {
	case !u.Active:
		return "inactive"
	case u.Superuser:
		return "superuser"
	case u.Staff:
		return "staff"
	default:
		return "user"
	}
}

type userCreateCommand struct {
	Username          string `arg:"" optional:"" help:"Name to log in with."`
	Email             string `help:"Address; may be left out." placeholder:"ADDRESS"`
	Staff             bool   `help:"The user may enter Django's admin."`
	Noinput           bool   `help:"Do not prompt; see createsuperuser --help."`
	WithoutValidation bool   `help:"Take a weak password, too."`

	Field userFields `help:"A further column; may be repeated." placeholder:"COLUMN=VALUE" mapsep:"none"`
}

// Run carries the command out.
func (c *userCreateCommand) Run(a *app) error {
	details := createCommand{
		Username: c.Username, Email: c.Email, Noinput: c.Noinput, WithoutValidation: c.WithoutValidation,
		Field: c.Field,
	}
	return a.withSite(func(site *site.Site) error {
		return details.create(a, site, "User", auth.User{IsActive: true, IsStaff: c.Staff})
	})
}

type deactivateCommand struct {
	Usernames []string `arg:"" name:"username" help:"The users."`
}

// Help says more in --help.
func (*deactivateCommand) Help() string {
	return "They cannot log in, and their open sessions end with the next request. Nothing of theirs is " +
		"deleted. If one of the users is not there, none is deactivated."
}

// Run carries the command out.
func (c *deactivateCommand) Run(a *app) error {
	return a.withSite(func(site *site.Site) error { return setActive(a, site, c.Usernames, false) })
}

type reactivateCommand struct {
	Usernames []string `arg:"" name:"username" help:"The users."`
}

// Help says more in --help.
func (*reactivateCommand) Help() string {
	return "They log in with the password they had. Sessions from before do not come back."
}

// Run carries the command out.
func (c *reactivateCommand) Run(a *app) error {
	return a.withSite(func(site *site.Site) error { return setActive(a, site, c.Usernames, true) })
}

// setActive lets users in or keeps them out, all or none of those that were named.
func setActive(a *app, site *site.Site, names []string, active bool) error {
	done := map[bool]string{true: "reactivated", false: "deactivated"}[active]
	var users []auth.User
	for _, name := range names {
		user, err := userNamed(a.ctx, site, name)
		if err != nil {
			return fmt.Errorf("nobody was %s: %w", done, err)
		}
		users = append(users, user)
	}
	for _, user := range users {
		if err := a.ctx.Err(); err != nil {
			return err
		}
		if err := site.Users().SetActive(context.WithoutCancel(a.ctx), user.ID, active); err != nil {
			return refused(err)
		}
		fmt.Fprintf(a.out, "User %s %s.\n", legible(user.Username), done)
	}
	return nil
}
