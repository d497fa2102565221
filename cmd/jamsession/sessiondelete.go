package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
)

type deleteCommand struct {
	Sessions []string `arg:"" name:"session" help:"Fingerprints or keys."`
}

// Help says more in --help.
func (*deleteCommand) Help() string {
	return "If one of the sessions cannot be found, none is deleted."
}

// Run carries the command out.
func (c *deleteCommand) Run(a *app) error {
	return a.withSessions(func(site *site.Site) error { return c.run(a, site) })
}

func (c *deleteCommand) run(a *app, site *site.Site) error {
	var found []session.Record
	for i, name := range c.Sessions {
		rec, err := find(a, site, name)
		if err != nil {
			return fmt.Errorf("nothing was deleted: session %d of %d: %w", i+1, len(c.Sessions), err)
		}
		found = append(found, rec)
	}
	for _, rec := range found {
		if err := a.ctx.Err(); err != nil {
			return err
		}
		err := site.Sessions.Delete(context.WithoutCancel(a.ctx), rec.Key)
		if err != nil && !errors.Is(err, session.ErrNotFound) { // it may have ended meanwhile
			return err
		}
		fmt.Fprintf(a.out, "Session %s deleted.\n", session.Fingerprint(rec.Key))
	}
	return nil
}
