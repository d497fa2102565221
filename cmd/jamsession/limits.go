package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/site"
)

type limitsCommands struct {
	Show showLimits `cmd:"" help:"Show how many attempts a name or an address has left."`
	Lift liftLimits `cmd:"" help:"Give a name or an address all its attempts back."`
}

// Help says more in --help.
func (*limitsCommands) Help() string {
	return "A name is a username or an email address, in any spelling, whether anybody has it or " +
		"not. An IP address stands for its visitors, with IPv6 for those of the same 64 bits. The " +
		"site may run meanwhile."
}

type showLimits struct {
	Name string `arg:"" help:"A username, an email address, or an IP address."`
}

// Help says more in --help.
func (*showLimits) Help() string {
	return "Known devices have attempts of their own, which cannot be listed. NEW_SESSION_LIMIT is " +
		"counted by each process for itself."
}

// Run carries the command out.
func (c *showLimits) Run(a *app) error {
	return a.withLimits(c.Name, func(site *site.Site) error { return c.run(a, site) })
}

func (c *showLimits) run(a *app, site *site.Site) error {
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "LIMIT\tLEFT\tNEXT\tALL")
	for _, l := range site.Limiters() {
		all, err := l.Limits(a.ctx, subject(c.Name))
		if err != nil {
			return err
		}
		for _, s := range all {
			fmt.Fprintf(t, "%s, %s\t%d of %d\t%s\t%s\n", s.Purpose, ofBucket[s.Bucket],
				s.Left, s.Limit.Burst, in(s.Wait), in(s.Full))
		}
	}
	return t.Flush()
}

// ofBucket says for what attempts in a bucket are counted.
var ofBucket = map[string]string{
	"account":        "name",
	"source":         "address",
	"device source":  "known devices at the address",
	"mailbox":        "mails to the address",
	"device mailbox": "mails asked for from known devices",
}

// in says when something is, rounded up to seconds.
func in(wait time.Duration) string {
	if wait <= 0 {
		return "now"
	}
	return "in " + (wait + time.Second - 1).Truncate(time.Second).String()
}

type liftLimits struct {
	Name string `arg:"" help:"A username, an email address, or an IP address."`
}

// Help says more in --help.
func (*liftLimits) Help() string {
	return "For a user's name, the user's email address is included, and so are the devices on " +
		"which the user has logged in. First make sure who is asking: somebody who guesses passwords " +
		"gets the attempts, too. A process that has just refused an IP address may refuse it for as long " +
		"as it takes until one attempt comes back."
}

// Run carries the command out.
func (c *liftLimits) Run(a *app) error {
	return a.withLimits(c.Name, func(site *site.Site) error { return c.run(a, site) })
}

func (c *liftLimits) run(a *app, site *site.Site) error {
	names := []string{c.Name}
	user, err := site.Users().ByUsername(a.ctx, sqlusers.NormalizeUsername(c.Name))
	if err == nil {
		names = append(names, user.Email)
	} else if !errors.Is(err, auth.ErrUserNotFound) {
		return err
	}
	if err := liftNames(a.ctx, site, names...); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "The limits of %q are lifted.\n", c.Name)
	return nil
}

// liftNames lifts the limits of each name that is not empty.
func liftNames(ctx context.Context, site *site.Site, names ...string) error {
	for _, name := range names {
		for _, l := range site.Limiters() {
			if err := l.Lift(ctx, subject(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// subject returns what a text stands for: a name may look like an address.
func subject(text string) throttle.Subject {
	addr, _ := netip.ParseAddr(strings.Trim(text, "[]"))
	return throttle.Subject{Name: text, Source: addr}
}

// withLimits runs a command about a name on a site whose limits other processes have, too.
func (a *app) withLimits(name string, run func(*site.Site) error) error {
	if name == "" {
		return fmt.Errorf("want a name or an address: %w", errUsage)
	}
	s, err := a.settings()
	if err != nil {
		return err
	}
	store := values(s).LoginLimitStore
	switch {
	case store == "none":
		return errors.New("LOGIN_LIMIT_STORE is none: there are no limits")
	case store == "memory":
		return errors.New("LOGIN_LIMIT_STORE is memory: each process counts for itself, until it " +
			"ends; use db")
	case store == "auto":
		missing, err := site.Plan(a.ctx, s, nil)
		if err == nil && slices.Contains(missing, "jamsession_throttle") {
			return errors.New("the table jamsession_throttle is missing, so that each process counts " +
				"for itself, until it ends: run jamsession migrate")
		}
	}
	return a.withSite(run)
}
