package main

import (
	"context"
	"flag"
	"log"
	"regexp"
	"runtime"
	"time"

	"github.com/jamsession/jamsession/bench/load"
)

// measureLoad measures jamsession end to end beside scs, no sessions at all,
// and Django. To profile the pages of one engine:
//
//	go run . load -only '^PostgreSQL/' -page read -profiles /tmp
func measureLoad(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	rounds := flags.Int("rounds", 8, "how often each site has its turns")
	turn := flags.Duration("turn", 250*time.Millisecond, "how long a turn is")
	only := flags.String("only", "", "measure only the sites whose engine/name this `regexp` matches")
	page := flags.String("page", "", "measure only the pages whose name this `regexp` matches")
	dir := flags.String("o", "results", "the `folder` for the results")
	profiles := flags.String("profiles", "", "a `folder` for CPU profiles of the sites in Go")
	quick := flags.Bool("quick", false, "two rounds of short turns")
	if err := parse(flags, args); err != nil {
		return err
	}
	match, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	pages, err := regexp.Compile(*page)
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(1) // the generator: it must not take from the sites
	o := load.Options{
		Rounds: *rounds, Turn: *turn, Connections: []int{32, 128}, Visitors: 1000,
		Only: match, Pages: pages, Profiles: *profiles, Log: log.Printf,
	}
	if *quick {
		o.Rounds, o.Turn = 2, 100*time.Millisecond
	}
	section, err := load.Run(ctx, o)
	if err != nil {
		return err
	}
	return keep(section, *dir)
}
