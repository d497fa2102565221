package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jamsession/jamsession/settings"
)

type checkCommand struct {
	Deploy    bool   `help:"Also look for what is dangerous on a site that others can reach."`
	FailLevel string `default:"ERROR" enum:"ERROR,WARNING" help:"Exit with 1 for this level on."`
}

// Help says more in --help.
func (*checkCommand) Help() string {
	return "Findings have the ids of Django's checks where Django has them."
}

// Run carries the command out.
func (c *checkCommand) Run(a *app) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	findings := append(s.Check(c.Deploy), checkDatabase(a, s)...)
	failed := false
	for _, f := range findings {
		fmt.Fprintln(a.err, f)
		failed = failed || f.Level == settings.Error || c.FailLevel == "WARNING"
	}
	fmt.Fprintf(a.out, "System check identified %s (0 silenced).\n", issues(len(findings)))
	if failed {
		return errReported
	}
	return nil
}

func issues(n int) string {
	switch n {
	case 0:
		return "no issues"
	case 1:
		return "1 issue"
	default:
		return fmt.Sprintf("%d issues", n)
	}
}

// checkDatabase finds out whether the database can be used as it is.
func checkDatabase(a *app, s *settings.Settings) []settings.Finding {
	if s.SecretKey == "" {
		return []settings.Finding{{
			Level: settings.Error, ID: "jamsession.E001", Message: "SECRET_KEY is not set.",
			Hint: "Make one with: openssl rand -base64 48",
		}}
	}
	site, err := settings.Open(a.ctx, s)
	if err != nil {
		return []settings.Finding{{
			Level: settings.Error, ID: "jamsession.E002",
			Message: strings.TrimPrefix(err.Error(), "settings: "),
		}}
	}
	plan, err := site.MigrationPlan(a.ctx)
	if err = errors.Join(err, site.Close()); err != nil {
		return []settings.Finding{{Level: settings.Error, ID: "jamsession.E003", Message: err.Error()}}
	}
	if len(plan) == 0 {
		return nil
	}
	return []settings.Finding{{
		Level: settings.Warning, ID: "jamsession.W002",
		Message: fmt.Sprintf("%d migrations are not applied.", len(plan)),
		Hint:    "Run jamsession migrate.",
	}}
}
