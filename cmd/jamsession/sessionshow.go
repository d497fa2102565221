package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
)

type showCommand struct {
	Session string `arg:"" help:"Fingerprint or key."`
	JSON    bool   `help:"One JSON object on one line, with the items in it."`
	Reveal  bool   `help:"Also show items that are secret."`
}

// Run carries the command out.
func (c *showCommand) Run(a *app) error {
	return a.withSessions(func(site *site.Site) error { return c.run(a, site) })
}

func (c *showCommand) run(a *app, site *site.Site) error {
	rec, err := find(a, site, c.Session)
	if err != nil {
		return err
	}
	items, err := decodeItems(site, rec)
	if errors.Is(err, session.ErrCorrupt) {
		return fmt.Errorf("session %s: its data is damaged or signed with another SECRET_KEY",
			session.Fingerprint(rec.Key))
	}
	if err != nil {
		return err
	}
	device := deviceOf(a, items)
	if !c.Reveal {
		hideSecrets(&items)
	}
	if c.JSON {
		return c.writeJSON(a, rec, items, device)
	}
	fmt.Fprintf(a.out, "fingerprint  %s\nexpires      %s (in %s)\n", session.Fingerprint(rec.Key),
		rec.Expiry.UTC().Format(time.RFC3339), roughly(time.Until(rec.Expiry)))
	if device != "" {
		fmt.Fprintf(a.out, "device       %s\n", legible(device))
	}
	fmt.Fprintln(a.out)
	return writeItems(a.out, items)
}

// deviceOf returns what the device of a login is called, if the users are in reach.
func deviceOf(a *app, items rawjson.Object) (name string) {
	user, device := loginOf(items)
	if device == "" {
		return ""
	}
	here, err := a.open(nil)
	if err != nil {
		return ""
	}
	name, err = devicesOf(here).of(a.ctx, user, device)
	if errors.Join(err, here.Close()) != nil {
		return ""
	}
	return name
}

func (c *showCommand) writeJSON(a *app, rec session.Record, items rawjson.Object, device string) error {
	return writeJSON(a.out, struct {
		Fingerprint string          `json:"fingerprint"`
		Expires     time.Time       `json:"expires"`
		DeviceName  string          `json:"device_name"`
		Items       json.RawMessage `json:"items"`
	}{session.Fingerprint(rec.Key), rec.Expiry.UTC(), device, asJSON(items)})
}
