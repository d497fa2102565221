package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jamsession/jamsession/settings"
)

// migrateCommand prints what Django's command of this name prints.
type migrateCommand struct {
	Plan bool `help:"Show what would be applied, and change nothing."`
}

// Help says more in --help.
func (*migrateCommand) Help() string {
	return "Makes the tables of Django's apps contenttypes, auth and sessions, with the " +
		"records by which Django knows that they are there. It may be run at any time; " +
		"tables that exist are left alone."
}

// Run carries the command out.
func (c *migrateCommand) Run(a *app) error {
	site, err := a.open(false)
	if err != nil {
		return err
	}
	return errors.Join(c.run(a, site), site.Close())
}

func (c *migrateCommand) run(a *app, site *settings.Site) error {
	plan, err := site.MigrationPlan(a.ctx)
	if err != nil {
		return err
	}
	if c.Plan {
		printPlan(a, plan)
		return nil
	}
	fmt.Fprintf(a.out, "Operations to perform:\n  Apply all migrations: auth, contenttypes, sessions\n")
	fmt.Fprintln(a.out, "Running migrations:")
	if len(plan) == 0 {
		fmt.Fprintln(a.out, "  No migrations to apply.")
		return nil
	}
	if err := site.Migrate(a.ctx); err != nil {
		return err
	}
	for _, name := range plan {
		fmt.Fprintf(a.out, "  Applying %s... OK\n", name)
	}
	return nil
}

func printPlan(a *app, plan []string) {
	fmt.Fprintln(a.out, "Planned operations:")
	if len(plan) == 0 {
		fmt.Fprintln(a.out, "  No planned migration operations.")
		return
	}
	fmt.Fprintln(a.out, "  "+strings.Join(plan, "\n  "))
}
