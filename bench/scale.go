package main

import (
	"context"
	"flag"
	"time"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
	"github.com/jamsession/jamsession/bench/scale"
)

// measureScale measures with millions of rows and sessions; see package scale.
func measureScale(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("scale", flag.ContinueOnError)
	rows := flags.Int("rows", 5_000_000,
		"`rows` in PostgreSQL; a fifth of it in SQLite, and as many sessions in Redis")
	small := flags.Bool("small", false, "run in miniature, which shows only that it runs")
	dir := flags.String("o", "results", "`folder` for what was measured")
	limit := flags.Duration("limit", 15*time.Minute, "give up after so `long`")
	if err := parse(flags, args); err != nil {
		return err
	}
	size := scale.Full(*rows)
	if *small {
		size = scale.Small()
	}
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	var section report.Section
	bed := contest.NewBed()
	defer bed.Close()
	if err := bed.Try(func() { section = scale.Run(ctx, bed, size) }); err != nil {
		return err
	}
	return keep(section, *dir)
}
