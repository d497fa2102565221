// Jamsession manages the tables of a site's sessions and users, which a Django
// site may share.
//
// Commands:
//
//	init                Write a small site with a login.
//	migrate             Make the tables that are missing.
//	createsuperuser     Make a superuser.
//	changepassword      Change a user's password.
//	clearsessions       Remove expired sessions.
//	sessions list       List the sessions that have not expired.
//	sessions show       Show the items of a session.
//	sessions delete     Delete sessions; their visitors are logged out.
//	sessions end        End all sessions of a user, or of everybody.
//	devices             Show where users are logged in, and end it.
//	users list          List the users.
//	users create        Make a user.
//	users deactivate    Keep users out, and end their sessions.
//	users reactivate    Let users in again.
//	sendtestemail       Send a mail, to see whether EMAIL_URL works.
//	limits show         Show how many attempts a name or an address has left.
//	limits lift         Give a name or an address all its attempts back.
//	decode              Decode a session value or cookie from standard input.
//	check               Look for dangerous settings, and compare with Django's.
//	django-facts        Print a script that tells what a Django site is like.
//	settings            Show which settings count, and where each is from.
//	secret              Print a new SECRET_KEY.
//	completion          Print a script that completes commands and flags.
//	help                Explain a command.
//	version             Print the version.
//
// Each explains itself with --help. Settings come from flags, the environment
// and jamsession.toml, in this order; package settings lists them. SECRET_KEY
// may also be in the file secret_key, which counts if the key is not set
// anywhere else.
//
// An error is one line on standard error; each wrong setting gets a line. The
// exit status is 1 after an error, and 2 if the command line was wrong. SIGINT
// and SIGTERM stop a command between two steps, and it prints how far it came;
// a second signal ends it at once.
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

	"github.com/jamsession/jamsession/cmd/jamsession/internal/starter"
	_ "github.com/jamsession/jamsession/site/all" // opens what the settings name
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal is not caught
	os.Exit(run(ctx, os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr}))
}

// stdio are the three streams of a process.
type stdio struct {
	in       *os.File
	out, err io.Writer
}

// run carries out one command line and returns the exit status.
func run(ctx context.Context, args []string, std stdio) int {
	out := &watchedWriter{Writer: std.out}
	std.out = out
	status := dispatch(ctx, args, std)
	if status == 0 && out.err != nil {
		return report(std.err, out.err)
	}
	return status
}

// A watchedWriter remembers the first error: a list that did not fit on the
// disk must not look complete.
type watchedWriter struct {
	io.Writer
	err error
}

func (w *watchedWriter) Write(text []byte) (int, error) {
	n, err := w.Writer.Write(text)
	if w.err == nil {
		w.err = err
	}
	return n, err
}

func dispatch(ctx context.Context, args []string, std stdio) int {
	var cli commandLine
	if len(args) == 0 {
		args = []string{"--help"}
	}
	answered := false
	command, err := newParser(&cli, std, func() { answered = true }).Parse(args)
	if answered {
		return 0
	}
	if err != nil {
		return report(std.err, fmt.Errorf("%w: %w", err, errUsage))
	}
	if err := command.Run(&app{ctx, std, &cli.globals}); err != nil {
		return report(std.err, err)
	}
	return 0
}

// newParser returns what reads command lines. It calls answered after it has printed a help
// or the version: then there is no command to run.
func newParser(cli *commandLine, std stdio, answered func()) *kong.Kong {
	parser := kong.Must(cli,
		kong.Name("jamsession"),
		kong.Description("Manage the tables of a site's sessions and users."),
		kong.Writers(std.out, std.err),
		kong.Vars{
			"routers": strings.Join(starter.Routers(), ", "), "orders": "stored,expires,user,size,items",
		},
		kong.Exit(func(int) { answered() }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 80}),
	)
	parser.Model.HelpFlag.Help = "Show this help."
	return parser
}

var (
	// errUsage is wrapped by the errors of the command line.
	errUsage = errors.New("see jamsession --help")

	// errStopped says that a signal came, or an end of the answers.
	errStopped = errors.New("stopped")

	// errReported is an error that has been printed already.
	errReported = errors.New("reported")
)

// report prints an error and returns the exit status for it.
func report(w io.Writer, err error) int {
	if errors.Is(err, errReported) {
		return 1
	}
	if errors.Is(err, context.Canceled) {
		err = errStopped
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("the database or the cache did not answer in time: %w", err)
	}
	for line := range strings.Lines(err.Error()) {
		line = ownWords(strings.TrimSuffix(line, "\n"))
		fmt.Fprintln(w, "jamsession:", legible(line)) // it may have arguments, and words of a server
	}
	if errors.Is(err, errUsage) {
		return 2
	}
	return 1
}

// ownWords drops the name of the package from an error of a setting.
func ownWords(text string) string {
	return strings.TrimPrefix(strings.TrimPrefix(text, "settings: "), "site: ")
}
