package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/site"
)

// migrateCommand prints what Django's command of this name prints.
type migrateCommand struct {
	Plan  bool `help:"Show what would be applied, and change nothing."`
	Check bool `help:"Change nothing, and exit with 1 if anything is to be applied."`
}

// Help says more in --help.
func (*migrateCommand) Help() string {
	return "Makes the tables of Django's apps contenttypes, auth and sessions, with the " +
		"records by which Django knows that they exist, and two additions: an " +
		"index on the email addresses of auth_user, and jamsession's tables. It may be " +
		"run at any time; existing tables do not change."
}

// Run carries the command out.
func (c *migrateCommand) Run(a *app) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	plan, err := site.Plan(a.ctx, s, nil)
	if err != nil {
		return err
	}
	if c.Plan || c.Check && len(plan) > 0 {
		printPlan(a, plan)
	}
	if c.Check && len(plan) > 0 {
		return errReported
	}
	if c.Plan || c.Check {
		return nil
	}
	fmt.Fprintln(a.out, "Operations to perform:")
	fmt.Fprintln(a.out, "  Apply all migrations: auth, contenttypes, sessions")
	fmt.Fprintln(a.out, "Running migrations:")
	if len(plan) == 0 {
		fmt.Fprintln(a.out, "  No migrations to apply.")
		return nil
	}
	if err := site.Migrate(a.ctx, s, nil); err != nil {
		return err
	}
	missing, err := site.Plan(a.ctx, s, nil)
	if err != nil {
		return err
	}
	for _, name := range plan {
		result := "OK"
		if slices.Contains(missing, name) { // an index that we may not make
			result = "not possible; see the warning"
		}
		fmt.Fprintf(a.out, "  Applying %s... %s\n", name, result)
	}
	return nil
}

func printPlan(a *app, plan []string) {
	fmt.Fprintln(a.out, "Planned operations:")
	if len(plan) == 0 {
		plan = []string{"No planned migration operations."}
	}
	fmt.Fprintln(a.out, "  "+strings.Join(plan, "\n  "))
}
