package main

import (
	"context"
	"flag"
	"strings"
	"time"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/failover"
	"github.com/jamsession/jamsession/bench/report"
)

// measureFailover kills servers that have a replica; see package failover.
func measureFailover(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("failover", flag.ContinueOnError)
	only := flags.String("only", "", "the `cases` to measure, separated by semicolons; all if empty")
	dir := flags.String("o", "results", "`folder` for what was measured")
	limit := flags.Duration("limit", 8*time.Minute, "give up after so `long`")
	if err := parse(flags, args); err != nil {
		return err
	}
	o := failover.Full()
	if *only != "" {
		o.Only = strings.Split(*only, ";")
	}
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	var section report.Section
	bed := contest.NewBed()
	defer bed.Close()
	if err := bed.Try(func() { section = failover.Run(ctx, bed, o) }); err != nil {
		return err
	}
	return keep(section, *dir)
}
