package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/jamsession/jamsession/settings"
)

// A commandLine is what the flags and arguments are parsed into.
type commandLine struct {
	globals

	Migrate         migrateCommand   `cmd:"" help:"Make the tables that are missing."`
	Createsuperuser createCommand    `cmd:"" help:"Make a user who may do everything."`
	Changepassword  passwordCommand  `cmd:"" help:"Change a user's password."`
	Clearsessions   clearCommand     `cmd:"" help:"Remove expired sessions."`
	Sessions        sessionsCommands `cmd:"" help:"List, show and delete sessions."`
	Decode          decodeCommand    `cmd:"" help:"Decode a session value or cookie from standard input."`
	Check           checkCommand     `cmd:"" help:"Look for dangerous settings."`
	Version         versionCommand   `cmd:"" help:"Print the version."`
}

// globals are the flags of every command.
type globals struct {
	Config        string            `placeholder:"FILE" help:"Settings (default: jamsession.toml, if any)."`
	DatabaseURL   string            `placeholder:"URL" help:"DATABASE_URL, as sqlite:///db.sqlite3."`
	SecretKeyFile string            `placeholder:"FILE" help:"SECRET_KEY (default: secret_key, if any)."`
	Set           map[string]string `placeholder:"NAME=VALUE" help:"Any other setting; repeatable."`
}

// An app is what commands run with.
type app struct {
	ctx context.Context
	stdio
	globals *globals
}

// defaultKeyFile is where the login example keeps its key.
const defaultKeyFile = "secret_key"

// settings reads the settings: flag before environment before file.
func (a *app) settings() (*settings.Settings, error) {
	src := settings.System()
	if a.globals.Config != "" {
		src.File = a.globals.Config
	}
	src.Flags = make(map[string]string)
	for name, value := range a.globals.Set {
		if name == "SECRET_KEY" || name == "SECRET_KEY_FALLBACKS" {
			return nil, fmt.Errorf("%s does not belong on a command line, where others can "+
				"read it: use the environment or a file: %w", name, errUsage)
		}
		src.Flags[name] = value
	}
	if a.globals.DatabaseURL != "" {
		src.Flags["DATABASE_URL"] = a.globals.DatabaseURL
	}
	key, err := a.keyFromFile()
	if err != nil {
		return nil, err
	}
	if key != "" {
		src.Flags["SECRET_KEY"] = key
	}
	return settings.Load(src)
}

// keyFromFile returns the key in the file of --secret-key-file. Without the
// flag it looks at the default file, if no key is set otherwise.
func (a *app) keyFromFile() (string, error) {
	name := a.globals.SecretKeyFile
	if name == "" {
		s, err := settings.Load(settings.System())
		_, statErr := os.Stat(defaultKeyFile)
		if err != nil || s.SecretKey != "" || errors.Is(statErr, fs.ErrNotExist) {
			return "", nil
		}
		name = defaultKeyFile
	}
	if _, err := os.Stat(name); err != nil {
		return "", err
	}
	return settings.DemoSecretKey(name)
}

// open opens the site. A command that reads no session can do without a key.
func (a *app) open(needKey bool) (*settings.Site, error) {
	s, err := a.settings()
	if err != nil {
		return nil, err
	}
	if s.SecretKey == "" && !needKey {
		s.SecretKey = rand.Text() + rand.Text()
	}
	return settings.Open(a.ctx, s)
}

// withSite runs a command that needs the tables.
func (a *app) withSite(needKey bool, run func(*settings.Site) error) error {
	site, err := a.open(needKey)
	if err != nil {
		return err
	}
	if site.Sessions == nil {
		err = errors.New("the database has no tables yet: run jamsession migrate")
	} else {
		err = run(site)
	}
	return errors.Join(err, site.Close())
}
