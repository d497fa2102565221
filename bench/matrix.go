package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime/pprof"
	"time"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/matrix"
	"github.com/jamsession/jamsession/bench/report"
)

// measureMatrix measures what a request costs inside one process: each engine,
// beside the bare store and other libraries.
func measureMatrix(_ context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("matrix", flag.ContinueOnError)
	passes := flags.Int("passes", 3, "how many `times` everything is set up and measured")
	rounds := flags.Int("rounds", 6, "how many `times` each contender has its turn in a pass")
	turn := flags.Duration("turn", 20*time.Millisecond, "how `long` a turn is")
	only := flags.String("only", "", "measure only what matches this `expression`, such as \"memory / read\"")
	dir := flags.String("o", "", "keep the result in this `folder`")
	profile := flags.String("cpuprofile", "", "write a profile of it all to this `file`")
	if err := parse(flags, args); err != nil {
		return err
	}
	expression, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	if *rounds < 1 || *passes < 1 {
		return errors.New("-passes and -rounds must be above 0")
	}
	stop, err := startProfile(*profile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	each := contest.Rounds{Count: *rounds, Turn: *turn}
	groups, missing := matrix.Measure(*passes, each, expression, os.Stderr)
	section := matrix.Section(groups)
	section.Machine = report.ThisMachine()
	err = keep(section, *dir)
	for _, m := range missing {
		fmt.Println("not run:", m)
	}
	return err
}

// startProfile begins a profile, if a file is named, and returns the function
// that ends it.
func startProfile(name string) (stop func() error, err error) {
	if name == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}
