package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/sharing"
	"github.com/jamsession/jamsession/cmd/jamsession/internal/starter"
)

// fromDjango writes settings that share a Django site's login, and unless there is a
// program, a site.
func (c *initCommand) fromDjango(a *app) error {
	facts, err := c.FromDjango.facts(a)
	if err != nil {
		return err
	}
	if c.SettingsOnly {
		return c.settingsFromDjango(a, sharing.FromFacts(facts))
	}
	goCommand, err := c.goCommand()
	if err != nil {
		return err
	}
	file, err := sharing.NewFile(sharing.FromFacts(facts), starter.OwnPages())
	if err != nil {
		return err
	}
	names, err := starter.WriteBesideDjango(c.Folder, c.Router, file.Text)
	if err != nil {
		return err
	}
	if err := c.tellWritten(a, names, file); err != nil {
		return err
	}
	if err := c.runGo(a, goCommand); err != nil {
		return err
	}
	return c.tellNext(a, "  go run .                            start the site\n")
}

func (c *initCommand) settingsFromDjango(a *app, django sharing.Django) error {
	if c.Router != "" {
		return fmt.Errorf("--router is for a new program, --settings-only for one that is there: %w",
			errUsage)
	}
	file, err := sharing.NewFile(django, "")
	if err != nil {
		return err
	}
	names, err := starter.WriteSettings(c.Folder, file.Text)
	if err != nil {
		return err
	}
	if err := c.tellWritten(a, names, file); err != nil {
		return err
	}
	return c.tellNext(a, "")
}

// tellWritten makes room for the key, and says what there is, and what is not shared.
func (c *initCommand) tellWritten(a *app, names []string, file sharing.File) error {
	made, err := makeRoomForKey(filepath.Join(c.Folder, defaultKeyFile))
	if err != nil {
		return err
	}
	if made {
		names = append(names, defaultKeyFile)
	}
	fmt.Fprintf(a.out, "Wrote %s.\n", strings.Join(names, ", "))
	if len(file.Findings) > 0 {
		writeFindings(a.err, file.Findings)
	}
	return nil
}

// makeRoomForKey makes an empty file that only its owner can read. With a key that is made
// up the site would start, and share nothing.
func makeRoomForKey(name string) (made bool, err error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, file.Close()
}

// tellNext says what to do now, in the folders of both sites.
func (c *initCommand) tellNext(a *app, start string) error {
	key, err := filepath.Abs(filepath.Join(c.Folder, defaultKeyFile))
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, `
In the folder of manage.py, give the site Django's key:

  python3 manage.py shell -v0 -c "from django.conf import settings; print(settings.SECRET_KEY)" > %s

If the database has a password, give DATABASE_URL in the environment. Then:

%s  go tool jamsession check --django   compare with facts again: follow it with their file
  go tool jamsession migrate          make the tables that Django does not have
%s`, quoted(key), c.enter(), start)
	return nil
}
