package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/internal/siteparts"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
)

// withSite runs a command on a site with users.
func (a *app) withSite(run func(*site.Site) error) error { return a.with(nil, run) }

// withSessions runs a command that looks at sessions only, and so needs no
// database unless its engine does.
func (a *app) withSessions(run func(*site.Site) error) error {
	if err := a.folderIsThere(); err != nil {
		return err
	}
	return a.with(&site.Options{NoUsers: true}, run)
}

// folderIsThere returns an error if sessions are in a folder that does not exist: opening the
// site would make it, and a path with a mistake would look like a site without sessions.
func (a *app) folderIsThere() error {
	s, err := a.settings()
	if err != nil || values(s).SessionEngine != "file" {
		return err
	}
	path := values(s).SessionFilePath
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("SESSION_FILE_PATH: there is no folder %s; the site makes it when it starts", path)
	}
	return nil
}

func (a *app) with(o *site.Options, run func(*site.Site) error) error {
	here, err := a.open(o)
	if err != nil {
		return err
	}
	return errors.Join(run(here), here.Close())
}

// open opens the site of the settings.
func (a *app) open(o *site.Options) (*site.Site, error) {
	s, err := a.settings()
	if err != nil {
		return nil, err
	}
	here, err := site.Open(a.ctx, s, o)
	switch {
	case errors.Is(err, siteparts.ErrMissing):
		path, _ := values(s).Database()
		return nil, errors.New("there is no database file " + path.Path + ": run jamsession migrate, " +
			"or name another with --database-url")
	case errors.Is(err, django.ErrNotMigrated):
		return nil, errors.New("the database has no tables yet: run jamsession migrate")
	}
	return here, err
}

// withDatabase runs fn on a database that need not have tables, and changes
// nothing: a file that is not there is an empty database.
func (a *app) withDatabase(s *settings.Settings, fn func(*siteparts.Database) error) error {
	at, err := values(s).Database()
	if err != nil {
		return err
	}
	at.Missing = siteparts.Imagine
	db, err := siteparts.Open(a.ctx, at, false, values(s).StoreTimeout)
	if err != nil {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	return db.CloseWithin(values(s).StoreTimeout, func() error { return fn(db) })
}

// values are what the settings say.
func values(s *settings.Settings) *conf.Settings { return conf.Of(s) }
