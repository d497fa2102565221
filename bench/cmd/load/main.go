// Load measures jamsession end to end beside scs, no sessions at all, and
// Django. Run it in the folder bench:
//
//	go run ./cmd/load            # five minutes
//	go run ./cmd/load -quick     # half a minute, to see that it works
//	go run ./cmd/load -only '^PostgreSQL/' -page read -profiles /tmp
//
// The results go to a folder as JSON, for the page docs/performance.md.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"syscall"
	"time"

	"github.com/jamsession/jamsession/bench/load"
)

func main() {
	log.SetFlags(log.Ltime)
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	run := measure
	args := os.Args[1:]
	if len(args) > 0 && args[0] == "serve" {
		run, args = load.Serve, args[1:]
	}
	if err := run(ctx, args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		log.Print(err)
		cancel()
		os.Exit(1)
	}
}

func measure(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	rounds := flags.Int("rounds", 8, "how often each site has its turns")
	turn := flags.Duration("turn", 250*time.Millisecond, "how long a turn is")
	only := flags.String("only", "", "measure only the sites whose engine/name this `regexp` matches")
	page := flags.String("page", "", "measure only the pages whose name this `regexp` matches")
	dir := flags.String("o", "results", "the `folder` for the results")
	profiles := flags.String("profiles", "", "a `folder` for CPU profiles of the sites in Go")
	quick := flags.Bool("quick", false, "two rounds of short turns")
	if err := flags.Parse(args); err != nil {
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
	runtime.GOMAXPROCS(1) // the generator: what it takes, the sites do not get
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
	section.Print(os.Stdout)
	if err := os.MkdirAll(*dir, 0o755); err != nil {
		return err
	}
	return section.Save(*dir)
}
