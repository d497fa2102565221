package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/mail"
	"github.com/jamsession/jamsession/site"
)

type createCommand struct {
	Noinput           bool   `help:"Do not prompt."`
	WithoutValidation bool   `help:"Take a weak password, too."`
	Username          string `help:"Name to log in with." placeholder:"NAME"`
	Email             string `help:"Address; may be left out." placeholder:"ADDRESS"`

	Field userFields `help:"A further column; may be repeated." placeholder:"COLUMN=VALUE" mapsep:"none"`
}

// Help says more in --help.
func (*createCommand) Help() string {
	return "With --noinput the password is the value of " + passwordVariables[0] + " or " +
		passwordVariables[1] + ", or else the first line of standard input. It is never an " +
		"argument, which other users of the machine could read. A weak one is refused."
}

// Run carries the command out.
func (c *createCommand) Run(a *app) error {
	return a.withSite(func(site *site.Site) error {
		model := userModel{site.Users().Model()}
		if !model.has("is_superuser") {
			return fmt.Errorf("%s has no is_superuser: use users create", model.Name)
		}
		user := auth.User{IsActive: true, IsStaff: model.has("is_staff"), IsSuperuser: true}
		return c.create(a, site, "Superuser", user)
	})
}

// create makes a user who may do what is said of them, which is called kind.
func (c *createCommand) create(a *app, site *site.Site, kind string, user auth.User) error {
	password, err := c.answers(a, site)
	if err != nil {
		return err
	}
	hash, err := site.Hashers.Hash(a.ctx, password)
	if err != nil {
		return err
	}
	user.Username, user.Email, user.Password = c.Username, c.Email, hash
	c.Field.into(&user, userModel{site.Users().Model()})
	created, err := site.Users().Create(context.WithoutCancel(a.ctx), user)
	switch {
	case errors.Is(err, auth.ErrUserExists):
		if err := checkUsername(a.ctx, site, c.Username); err != nil {
			return err
		}
		return errors.New("another user has the same value in a column in which each is unique")
	case err != nil:
		return refused(err)
	}
	fmt.Fprintf(a.out, "%s %s created.\n", kind, legible(created.Username))
	return nil
}

// answers checks the flags, fills in what they leave out, and returns the
// password.
func (c *createCommand) answers(a *app, site *site.Site) (string, error) {
	if c.Username != "" {
		if err := checkUsername(a.ctx, site, c.Username); err != nil {
			return "", err
		}
	}
	if err := checkEmail(c.Email); err != nil {
		return "", err
	}
	if c.Field == nil {
		c.Field = make(userFields)
	}
	if c.Noinput {
		if c.Username == "" {
			return "", fmt.Errorf("--noinput needs a username: %w", errUsage)
		}
		if err := c.Field.fill(nil, site.Users().Required()); err != nil {
			return "", err
		}
		return a.givenPassword(c.rules(site))
	}
	p, err := a.prompter()
	if err != nil {
		return "", err
	}
	return c.ask(p, site)
}

func (c *createCommand) ask(p *prompter, site *site.Site) (_ string, err error) {
	if c.Username == "" {
		c.Username, err = p.username(site)
	}
	model := userModel{site.Users().Model()}
	if err == nil && c.Email == "" && model.has("email") && !model.namesAreAddresses() {
		c.Email, err = p.askUntil("Email address (may be empty): ", "", checkEmail)
	}
	if err == nil {
		err = c.Field.fill(p, site.Users().Required())
	}
	if err != nil {
		return "", err
	}
	return p.newPassword(c.rules(site))
}

func (c *createCommand) rules(site *site.Site) passwordRules {
	return passwordRules{site.Auth, auth.User{Username: c.Username, Email: c.Email}, c.WithoutValidation}
}

// username asks for a name. It offers that of the account, as Django does, if
// that name is free.
func (p *prompter) username(site *site.Site) (string, error) {
	model := userModel{site.Users().Model()}
	question, def := called(model.Columns["username"])+": ", strings.ToLower(accountName())
	if model.isStock() && checkUsername(p.a.ctx, site, def) == nil {
		question = fmt.Sprintf("Username (leave blank to use %q): ", def)
	} else {
		def = ""
	}
	return p.askUntil(question, def, func(name string) error {
		return checkUsername(p.a.ctx, site, name)
	})
}

// accountName returns the name of the account that runs the program, or "".
func accountName() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

// isUsername reports whether Django takes the text for a username.
func isUsername(text string) bool {
	return text != "" && utf8.RuneCountInString(text) <= 150 &&
		!strings.ContainsFunc(text, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !strings.ContainsRune("@.+_-", r)
		})
}

// checkUsername says before the other questions what Create would say after
// them.
func checkUsername(ctx context.Context, site *site.Site, name string) error {
	name = sqlusers.NormalizeUsername(name)
	model := userModel{site.Users().Model()}
	switch {
	case model.isStock() && !isUsername(name):
		return errors.New("a username is 1 to 150 letters, digits and @.+-_ characters")
	case name == "":
		return fmt.Errorf("the %s is empty", model.Columns["username"])
	case model.namesAreAddresses():
		if err := checkEmail(name); err != nil {
			return err
		}
	}
	_, err := site.Users().ByUsername(ctx, name)
	switch {
	case err == nil:
		return taken(name)
	case errors.Is(err, auth.ErrUserNotFound):
		return nil
	default:
		return err
	}
}

func taken(username string) error {
	return fmt.Errorf("the username %q is taken: choose another, or use changepassword", username)
}

// checkEmail accepts a plain address, or no address.
func checkEmail(email string) error {
	if email == "" {
		return nil
	}
	if (mail.Message{To: email}).Check() != nil {
		return errors.New("the email address must be like ann@example.com, or left out")
	}
	return nil
}
