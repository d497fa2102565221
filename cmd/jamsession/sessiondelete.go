package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
)

type deleteCommand struct {
	Sessions []string `arg:"" name:"session" optional:"" help:"Fingerprints or keys."`
	User     string   `help:"Delete the sessions of this user, by name or id." placeholder:"NAME"`
	All      bool     `help:"Delete all sessions."`
}

// Help says more in --help.
func (*deleteCommand) Help() string {
	return "If one of the sessions cannot be found, none is deleted. --user and --all delete the " +
		"sessions that the engine can list; jamsession sessions end works with every engine."
}

// Run carries the command out.
func (c *deleteCommand) Run(a *app) error {
	kinds := 0
	for _, given := range []bool{len(c.Sessions) > 0, c.User != "", c.All} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return fmt.Errorf("name sessions, or give --user or --all: %w", errUsage)
	case c.User != "":
		return a.withNames(func(site *site.Site, names *usernames) error { return c.ofUser(a, site, names) })
	case c.All:
		return a.withSessions(func(site *site.Site) error { return c.all(a, site) })
	default:
		return a.withSessions(func(site *site.Site) error { return c.named(a, site) })
	}
}

func (c *deleteCommand) named(a *app, site *site.Site) error {
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
		if err := deleteSession(a, site, rec.Key); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "Session %s deleted.\n", session.Fingerprint(rec.Key))
	}
	return nil
}

func (c *deleteCommand) ofUser(a *app, site *site.Site, names *usernames) error {
	found := &search{user: c.User}
	if err := found.run(a, site, names); err != nil {
		return err
	}
	var keys []string
	for _, s := range found.list {
		keys = append(keys, s.key)
	}
	return deleteSessions(a, site, keys)
}

func (c *deleteCommand) all(a *app, site *site.Site) error {
	var keys []string
	for rec, err := range session.List(a.ctx, site.Store) {
		if err != nil {
			return listError(site, err)
		}
		keys = append(keys, rec.Key)
	}
	return deleteSessions(a, site, keys)
}

// deleteSessions says how many it has deleted, also if it is stopped.
func deleteSessions(a *app, site *site.Site, keys []string) error {
	for i, key := range keys {
		err := a.ctx.Err()
		if err == nil {
			err = deleteSession(a, site, key)
		} else {
			err = errStopped
		}
		if err != nil {
			return fmt.Errorf("%w: %s deleted until then", err, sessions(i))
		}
	}
	fmt.Fprintf(a.out, "%s deleted.\n", sessions(len(keys)))
	return nil
}

// deleteSession deletes a session, which may have ended meanwhile. A signal does not leave it
// open whether it has.
func deleteSession(a *app, site *site.Site, key string) error {
	err := site.Sessions.Delete(context.WithoutCancel(a.ctx), key)
	if errors.Is(err, session.ErrNotFound) {
		return nil
	}
	return err
}

func sessions(n int) string {
	if n == 1 {
		return "1 session"
	}
	return fmt.Sprintf("%d sessions", n)
}
