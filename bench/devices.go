package main

import (
	"context"
	"flag"
	"time"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/devices"
	"github.com/jamsession/jamsession/bench/report"
)

// measureDevices measures what devices cost; see package devices.
func measureDevices(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("devices", flag.ContinueOnError)
	small := flags.Bool("small", false, "run in miniature, which shows only that it runs")
	rows := flags.Int("rows", devices.Full().Rows, "`devices` in the table")
	dir := flags.String("o", "results", "`folder` for what was measured")
	limit := flags.Duration("limit", 10*time.Minute, "give up after so `long`")
	if err := parse(flags, args); err != nil {
		return err
	}
	size := devices.Full()
	size.Rows = *rows
	if *small {
		size = devices.Small()
	}
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	var section report.Section
	bed := contest.NewBed()
	defer bed.Close()
	if err := bed.Try(func() { section = devices.Run(ctx, bed, size) }); err != nil {
		return err
	}
	return keep(section, *dir)
}
