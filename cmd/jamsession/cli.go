package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/settings"
)

// A commandLine is what the flags and arguments are parsed into.
type commandLine struct {
	globals

	Init            initCommand       `cmd:"" help:"Write a small site with a login."`
	Migrate         migrateCommand    `cmd:"" help:"Make the tables that are missing."`
	Createsuperuser createCommand     `cmd:"" help:"Make a superuser."`
	Changepassword  passwordCommand   `cmd:"" help:"Change a user's password."`
	Clearsessions   clearCommand      `cmd:"" help:"Remove expired sessions."`
	Sessions        sessionsCommands  `cmd:"" help:"List, show, delete and end sessions."`
	Devices         devicesCommand    `cmd:"" help:"Show where users are logged in, and end it."`
	Users           usersCommands     `cmd:"" help:"List users, make them, and keep them out."`
	Sendtestemail   testEmailCommand  `cmd:"" help:"Send a mail, to see whether EMAIL_URL works."`
	Limits          limitsCommands    `cmd:"" help:"Show and lift the limits of logins and resets."`
	Decode          decodeCommand     `cmd:"" help:"Decode a session value or cookie from standard input."`
	Check           checkCommand      `cmd:"" help:"Look for dangerous settings, and compare with Django's."`
	DjangoFacts     factsCommand      `cmd:"" help:"Print a script that tells what a Django site is like."`
	Settings        settingsCommand   `cmd:"" help:"Show which settings count, and where each is from."`
	Secret          secretCommand     `cmd:"" help:"Print a new SECRET_KEY."`
	Completion      completionCommand `cmd:"" help:"Print a script that completes commands and flags."`
	Help            helpCommand       `cmd:"" help:"Explain a command."`
	Version         versionCommand    `cmd:"" help:"Print the version."`
}

// globals are the flags of every command.
type globals struct {
	Config        string `placeholder:"FILE" help:"Settings (default: jamsession.toml, if any)."`
	DatabaseURL   string `placeholder:"URL" help:"DATABASE_URL, as sqlite:///db.sqlite3."`
	SecretKeyFile string `placeholder:"FILE" help:"SECRET_KEY (default: secret_key, if any)."`

	// A value may contain ";", at which kong would split it.
	Set map[string]string `placeholder:"NAME=VALUE" mapsep:"none" help:"Any other setting; repeatable."`

	ShowVersion versionFlag `name:"version" help:"Print the version."`
}

// An app is what commands run with.
type app struct {
	ctx context.Context
	stdio
	globals *globals
}

// settings reads the settings: flag before environment before file.
func (a *app) settings() (*settings.Settings, error) {
	src, err := a.sources()
	if err != nil {
		return nil, err
	}
	keyErr := a.addKey(&src)
	if keyErr != nil && a.globals.SecretKeyFile != "" {
		return nil, keyErr
	}
	s, err := settings.Load(src)
	if err != nil {
		return nil, err
	}
	if _, err := s.Keys(); err != nil && keyErr != nil {
		return nil, keyErr
	}
	return s, nil
}

func (a *app) sources() (settings.Sources, error) {
	src := settings.System()
	if a.globals.Config != "" {
		src.File = a.globals.Config
	}
	src.Flags = make(map[string]string)
	for name, value := range a.globals.Set {
		if name == "SECRET_KEY" || name == "SECRET_KEY_FALLBACKS" {
			return src, fmt.Errorf("%s does not belong on a command line, where others can "+
				"read it; use the environment or a file: %w", name, errUsage)
		}
		src.Flags[name] = value
	}
	if a.globals.DatabaseURL != "" {
		src.Flags["DATABASE_URL"] = a.globals.DatabaseURL
	}
	return src, nil
}

// defaultKeyFile is where the login example keeps its key.
const defaultKeyFile = "secret_key"

// addKey adds the key in the file that was named, or in the usual one, which
// counts only if the key is not set anywhere else.
func (a *app) addKey(src *settings.Sources) error {
	key, err := conf.ReadSecretKey(cmp.Or(a.globals.SecretKeyFile, defaultKeyFile))
	switch {
	case a.globals.SecretKeyFile == "" && errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("--secret-key-file: %w", err)
	case err != nil:
		return err
	}
	if a.globals.SecretKeyFile != "" {
		src.Flags["SECRET_KEY"] = key.Reveal()
	}
	src.Defaults = map[string]string{"SECRET_KEY": key.Reveal()}
	return nil
}
