package main

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jamsession/jamsession/bench/capacity"
	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
)

// measureCapacity measures the room of many sessions; see package capacity.
func measureCapacity(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("capacity", flag.ContinueOnError)
	sessions := flags.String("sessions", "1000000,10000000", "how many `sessions`, separated by commas")
	files := flags.Int("files", 1_000_000, "the most `files` to make for the engine file")
	only := flags.String("only", "", "the `engines` to measure, separated by commas; all if empty")
	dir := flags.String("o", "results", "`folder` for what was measured")
	limit := flags.Duration("limit", 40*time.Minute, "give up after so `long`")
	if err := parse(flags, args); err != nil {
		return err
	}
	o := capacity.Options{MaxFiles: *files, Spell: 3 * time.Second}
	for text := range strings.SplitSeq(*sessions, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("-sessions: %q is not a number of sessions", text)
		}
		o.Counts = append(o.Counts, n)
	}
	if *only != "" {
		o.Only = strings.Split(*only, ",")
	}
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	var section report.Section
	bed := contest.NewBed()
	defer bed.Close()
	if err := bed.Try(func() { section = capacity.Run(ctx, bed, o) }); err != nil {
		return err
	}
	return keep(section, *dir)
}
