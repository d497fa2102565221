package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/siteparts"
	"github.com/jamsession/jamsession/site"
)

type devicesCommand struct {
	Username string `arg:"" help:"The user."`
	End      string `help:"End the login on this device." placeholder:"ID" xor:"what"`
	EndAll   bool   `help:"End all logins of the user." xor:"what"`
	JSON     bool   `help:"Print one JSON object per line."`
}

// Help says more in --help.
func (*devicesCommand) Help() string {
	return "A login that was ended is out at its next request, with every engine. --end-all also ends " +
		"logins at a Django site that did not come here yet; after that, a login at a Django site is not " +
		"valid here for SESSION_COOKIE_AGE: log in here. The site may run meanwhile."
}

// Run carries the command out.
func (c *devicesCommand) Run(a *app) error {
	return a.withSite(func(site *site.Site) error { return c.run(a, site) })
}

func (c *devicesCommand) run(a *app, site *site.Site) error {
	d := site.Devices()
	switch {
	case values(site.Settings).Devices == "none":
		return errors.New("DEVICES is none: nothing is known about devices")
	case d == nil:
		return errors.New("the table jamsession_device is missing: run jamsession migrate")
	}
	user, err := userNamed(a.ctx, site, c.Username)
	if err != nil {
		return err
	}
	switch {
	case c.End != "":
		return c.endOne(a, d, user.ID)
	case c.EndAll:
		n, err := d.EndAll(a.ctx, user.ID)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "All logins of %s end: %s.\n", legible(user.Username), devicesCount(n))
		return nil
	}
	list, err := d.ListUser(a.ctx, user.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSONLines(a.out, deviceLines(list))
	}
	return writeDevices(a.out, list)
}

func (c *devicesCommand) endOne(a *app, d *devices.Devices, userID string) error {
	err := d.EndDevice(a.ctx, userID, c.End)
	if errors.Is(err, devices.ErrNoDevice) {
		return fmt.Errorf("the user has no device %s: see jamsession devices %s", legible(c.End),
			legible(c.Username))
	}
	if err == nil {
		fmt.Fprintln(a.out, "The login on this device has ended.")
	}
	return err
}

func devicesCount(n int) string {
	if n == 1 {
		return "1 device"
	}
	return fmt.Sprintf("%d devices", n)
}

// A deviceLine is a device in a list.
type deviceLine struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Browser string    `json:"browser"`
	Address string    `json:"address"`
	Method  string    `json:"method"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen"`
}

func deviceLines(list []devices.Device) (lines []deviceLine) {
	for _, d := range list {
		lines = append(lines, deviceLine{
			d.ID, d.Name, d.Browser, d.Address, d.Method, d.Created.UTC(), d.Seen.UTC(),
		})
	}
	return lines
}

func writeDevices(w io.Writer, list []devices.Device) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "No devices.")
		return err
	}
	var rows [][]string
	for _, d := range list {
		rows = append(rows, []string{
			d.ID, d.Browser, d.Name, d.Address, d.Method,
			d.Created.UTC().Format("2006-01-02 15:04"), d.Active(),
		})
	}
	return writeTable(w, []column{
		{"ID", 0},
		{"DEVICE", 30},
		{"NAME", 20},
		{"ADDRESS", 30},
		{"LOGIN", 0},
		{"SINCE (UTC)", 0},
		{"SEEN", 0},
	}, rows)
}

// clearDevices deletes the rows of logins that ended long ago, if there are any.
func (a *app) clearDevices() error {
	s, err := a.settings()
	if err != nil || values(s).Devices == "none" {
		return err
	}
	here, err := site.Open(a.ctx, s, nil)
	if errors.Is(err, siteparts.ErrMissing) || errors.Is(err, django.ErrNotMigrated) {
		return nil // there are no users either
	}
	if err != nil {
		return err
	}
	if d := here.Devices(); d != nil {
		var n int
		n, err = d.ClearExpired(a.ctx)
		if n > 0 {
			fmt.Fprintf(a.out, "%s forgotten.\n", devicesCount(n))
		}
	}
	return errors.Join(err, here.Close())
}
