package main

import (
	"context"
	"flag"
	"log"
	"time"

	"github.com/jamsession/jamsession/bench/load"
)

// measureHostile measures honest logins at a site that is attacked.
func measureHostile(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("hostile", flag.ContinueOnError)
	attack := flags.Duration("attack", 20*time.Second, "how long each site is attacked")
	conns := flags.Int("connections", 1000, "how many the attacker has")
	dir := flags.String("o", "results", "the `folder` for the results")
	profiles := flags.String("profiles", "", "a `folder` for CPU profiles of the sites")
	quick := flags.Bool("quick", false, "a short attack")
	if err := parse(flags, args); err != nil {
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
	return keep(section, *dir)
}
