// Hostile measures honest logins at a site that is attacked. Run it in the
// folder bench:
//
//	go run ./cmd/hostile          # a minute
//	go run ./cmd/hostile -quick   # to see that it works
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
	if len(args) > 0 && args[0] == "serve-logins" {
		run, args = load.ServeLogins, args[1:]
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
	flags := flag.NewFlagSet("hostile", flag.ContinueOnError)
	attack := flags.Duration("attack", 20*time.Second, "how long each site is attacked")
	conns := flags.Int("connections", 1000, "how many the attacker has")
	dir := flags.String("o", "results", "the `folder` for the results")
	profiles := flags.String("profiles", "", "a `folder` for CPU profiles of the sites")
	quick := flags.Bool("quick", false, "a short attack")
	if err := flags.Parse(args); err != nil {
		return err
	}
	o := load.HostileOptions{
		Connections: *conns, Every: 700 * time.Millisecond, Quiet: 5 * time.Second, Attack: *attack,
		Profiles: *profiles, Log: log.Printf,
	}
	if *quick {
		o.Quiet, o.Attack = 3*time.Second, 5*time.Second
	}
	section, err := load.RunHostile(ctx, o)
	if err != nil {
		return err
	}
	section.Print(os.Stdout)
	if err := os.MkdirAll(*dir, 0o755); err != nil {
		return err
	}
	return section.Save(*dir)
}
