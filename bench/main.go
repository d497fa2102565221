// Bench measures what sessions cost, beside other libraries and beside Django.
// Run it in the folder bench:
//
//	go run . matrix    # a request inside one process, for each engine; some minutes
//	go run . load      # sites over HTTP, and Django; five minutes
//	go run . scale     # millions of rows; some minutes, and some gigabytes in /tmp
//	go run . devices   # what devices cost, a million of them, and open watches; a minute or two
//	go run . crowd     # a million sessions in memory; a minute
//	go run . hostile   # honest logins at a site under attack; a minute
//	go run . sizes     # what a site links, and the start of the command; half a minute
//	go run . capacity  # up to ten million sessions; 25 minutes, 8 GB in /tmp, 8 GB of memory
//	go run . failover  # servers that are killed under load; three minutes
//	go run . page      # write the results into docs/performance.md and docs/scaling.md
//
// Each of them lists its flags with -help. The results go to a folder as JSON,
// from which page takes them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/jamsession/jamsession/bench/load"
	"github.com/jamsession/jamsession/bench/report"
)

// A command is one of the program's. A command without help is for the
// program itself, which starts its sites with it.
type command struct {
	name, help string
	run        func(ctx context.Context, args []string) error
}

var commands = []command{
	{"matrix", "measure a request inside one process, for each engine and library", measureMatrix},
	{"load", "measure whole sites over HTTP, beside scs and Django", measureLoad},
	{"scale", "measure with millions of rows and sessions", measureScale},
	{"capacity", "measure the room of up to ten million sessions", measureCapacity},
	{"failover", "kill databases under load, and measure what visitors notice", measureFailover},
	{"devices", "measure what it costs to know where users are logged in", measureDevices},
	{"crowd", "measure a million sessions in memory, many goroutines and items", measureCrowd},
	{"hostile", "measure honest logins at a site that is attacked", measureHostile},
	{"sizes", "measure what a site links, and the start of the command", measureSizes},
	{"page", "write the results into docs/performance.md and docs/scaling.md", writePage},
	{"serve", "", load.Serve},
	{"serve-logins", "", load.ServeLogins},
}

func main() {
	log.SetFlags(log.Ltime)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil {
		log.Print(err)
		os.Exit(1)
	}
}

// run carries out one command line. Help goes to out.
func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		usage(out)
		return errors.New("which command?")
	}
	if args[0] == "-h" || args[0] == "-help" || args[0] == "--help" || args[0] == "help" {
		usage(out)
		return nil
	}
	for _, c := range commands {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, args[1:])
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	usage(out)
	return fmt.Errorf("there is no command %q", args[0])
}

func usage(out io.Writer) {
	fmt.Fprintln(out, "usage: go run . COMMAND [FLAGS]; each command lists its flags with -help")
	for _, c := range commands {
		if c.help != "" {
			fmt.Fprintf(out, "  %-8s  %s\n", c.name, c.help)
		}
	}
}

// parse reads the flags of a command that takes no arguments.
func parse(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%s takes flags only, not %q", flags.Name(), flags.Arg(0))
	}
	return nil
}

// keep prints a section, and saves it if a folder is named.
func keep(section report.Section, dir string) error {
	if !slices.ContainsFunc(section.Tables, func(t report.Table) bool { return len(t.Rows) > 0 }) {
		return errors.New("nothing was measured: -only, if it was given, matches nothing")
	}
	section.Print(os.Stdout)
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return section.Save(dir)
}
