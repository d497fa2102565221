package main

import (
	"context"
	"flag"
	"fmt"
	"slices"

	"github.com/jamsession/jamsession/bench/report"
)

// writePage writes the results, and what they mean for many sessions, into
// docs/performance.md and docs/scaling.md, between their marks, and draws the
// charts: of everything beside it, and of a few reads for README.md.
func writePage(_ context.Context, args []string) error {
	flags := flag.NewFlagSet("page", flag.ContinueOnError)
	dir := flags.String("results", "results", "the `folder` with the results")
	page := flags.String("page", "../docs/performance.md", "the `file` to write into")
	scaling := flags.String("scaling", "../docs/scaling.md", "the other `file` to write into")
	chart := flags.String("chart", "../docs/performance.svg", "the `file` to draw")
	summary := flags.String("summary", "../docs/summary.svg", "the `file` to draw for README.md")
	if err := parse(flags, args); err != nil {
		return err
	}
	sections, err := report.Read(*dir)
	if err != nil {
		return err
	}
	if len(sections) == 0 {
		return fmt.Errorf("%s is empty; run make bench first", *dir)
	}
	pages := append(slices.Clone(sections), needs(sections)...)
	if err := report.WritePages([]string{*page, *scaling}, pages); err != nil {
		return err
	}
	if err := report.WriteChart(*chart, sections); err != nil {
		return err
	}
	return report.WriteChart(*summary, sections,
		"memory, read", "SQLite, read", "Redis, read", "PostgreSQL, read", "signed_cookies, read")
}
