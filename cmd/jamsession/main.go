// Jamsession looks after the tables of a site: those of sessions and users,
// which a Django site may share.
//
//	jamsession migrate            make the tables that are missing
//	jamsession createsuperuser    make a user who may do everything
//	jamsession changepassword     change a user's password
//	jamsession clearsessions      remove expired sessions
//	jamsession sessions           list, show and delete sessions
//	jamsession decode             decode a session value or cookie
//	jamsession check              look for dangerous settings
//	jamsession version            print the version
//
// Each says more with --help. Settings come from flags, the environment and
// jamsession.toml, in this order; package settings lists them.
//
// An error is one line on standard error. The exit status is 1 after an
// error, and 2 if the command line was wrong.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(status)
}

// stdio are the three streams of a process.
type stdio struct {
	in       *os.File
	out, err io.Writer
}

// run carries out one command line and returns the exit status.
func run(ctx context.Context, args []string, std stdio) int {
	var cli commandLine
	status := -1
	parser := kong.Must(&cli,
		kong.Name("jamsession"),
		kong.Description("Look after the tables of a site's sessions and users."),
		kong.UsageOnError(),
		kong.Writers(std.out, std.err),
		kong.Exit(func(code int) { status = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 80}),
	)
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if status >= 0 { // --help has been printed
		return status
	}
	if err != nil {
		fmt.Fprintf(std.err, "jamsession: %v: see jamsession --help\n", err)
		return 2
	}
	if err := command.Run(&app{ctx, std, &cli.globals}); err != nil {
		return report(std.err, err)
	}
	return 0
}

// errReported is an error whose words have been printed.
var errReported = errors.New("reported")

// report prints an error and returns the exit status for it.
func report(w io.Writer, err error) int {
	if errors.Is(err, errReported) {
		return 1
	}
	if errors.Is(err, context.Canceled) {
		err = errors.New("stopped")
	}
	fmt.Fprintln(w, "jamsession:", strings.TrimPrefix(err.Error(), "settings: "))
	if errors.Is(err, errUsage) {
		return 2
	}
	return 1
}

// errUsage is wrapped by errors of the command line that its grammar allows.
var errUsage = errors.New("see --help")
