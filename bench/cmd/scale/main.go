// The program scale measures jamsession with much data; see package scale. It
// takes some minutes, and some gigabytes in /tmp, which it gives back.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
	"github.com/jamsession/jamsession/bench/scale"
)

func main() {
	rows := flag.Int("rows", 5_000_000,
		"`rows` in PostgreSQL; a fifth of it in SQLite, and as many sessions in memory")
	small := flag.Bool("small", false, "run in miniature, which shows only that it runs")
	dir := flag.String("o", "results", "`folder` for what was measured")
	limit := flag.Duration("limit", 15*time.Minute, "give up after so `long`")
	flag.Parse()
	size := scale.Full(*rows)
	if *small {
		size = scale.Small()
	}
	if err := run(size, *dir, *limit); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

// run measures, prints and saves.
func run(size scale.Size, dir string, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	var section report.Section
	bed := contest.NewBed()
	defer bed.Close()
	if err := bed.Try(func() { section = scale.Run(ctx, bed, size) }); err != nil {
		return err
	}
	section.Print(os.Stdout)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return section.Save(dir)
}
