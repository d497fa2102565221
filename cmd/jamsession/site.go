package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/settings"
)

// open opens the site, and makes the database file if there is none. A
// command that reads no session can do without a key.
func (a *app) open(s *settings.Settings, needKey bool) (*settings.Site, error) {
	if s.SecretKey.IsZero() && !needKey {
		keyed := *s
		keyed.SecretKey = secret.New(rand.Text() + rand.Text())
		s = &keyed
	}
	return settings.Open(a.ctx, s)
}

// withSite runs a command that needs the tables.
func (a *app) withSite(needKey bool, run func(*settings.Site) error) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	if path := missingFile(s); path != "" {
		return fmt.Errorf("there is no database file %s: run jamsession migrate, "+
			"or name another with --database-url", path)
	}
	site, err := a.open(s, needKey)
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

// withPlan runs fn on a site that need not be migrated, and changes nothing:
// in place of a database file that is not there yet it opens an empty one
// elsewhere.
func (a *app) withPlan(s *settings.Settings, fn func(*settings.Site) error) error {
	if missingFile(s) != "" {
		dir, err := os.MkdirTemp("", "jamsession-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		empty := *s
		empty.DatabaseURL = secret.New(sqliteURL + url.PathEscape(filepath.Join(dir, "empty.sqlite3")))
		s = &empty
	}
	site, err := a.open(s, false)
	if err != nil {
		return err
	}
	return errors.Join(fn(site), site.Close())
}

const sqliteURL = "sqlite:///"

// missingFile returns the database file, if settings.Open would make it.
func missingFile(s *settings.Settings) string {
	escaped, ok := strings.CutPrefix(s.DatabaseURL.Reveal(), sqliteURL)
	path, err := url.PathUnescape(escaped)
	if !ok || err != nil {
		return ""
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return "" // Open says what is wrong
	}
	return path
}
