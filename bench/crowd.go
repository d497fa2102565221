package main

import (
	"context"
	"flag"
	"time"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/crowd"
	"github.com/jamsession/jamsession/bench/report"
)

// measureCrowd measures memory with a million sessions; see package crowd.
func measureCrowd(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("crowd", flag.ContinueOnError)
	small := flags.Bool("small", false, "run in miniature, which shows only that it runs")
	sessions := flags.Int("sessions", crowd.Full().Sessions, "`sessions` in memory")
	dir := flags.String("o", "results", "`folder` for what was measured")
	limit := flags.Duration("limit", 10*time.Minute, "give up after so `long`")
	if err := parse(flags, args); err != nil {
		return err
	}
	size := crowd.Full()
	size.Sessions = *sessions
	if *small {
		size = crowd.Small()
	}
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	var section report.Section
	bed := contest.NewBed()
	defer bed.Close()
	if err := bed.Try(func() { section = crowd.Run(ctx, bed, size) }); err != nil {
		return err
	}
	return keep(section, *dir)
}
