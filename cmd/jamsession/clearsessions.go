package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/sessionmodel"
	"github.com/jamsession/jamsession/site"
)

type clearCommand struct {
	BatchSize int           `default:"1000" help:"Rows to delete in one statement."`
	Pause     time.Duration `default:"10ms" help:"Pause between two statements, for others."`
	DryRun    bool          `help:"Count, and delete nothing. For engines with a table."`
}

// Help says more in --help.
func (*clearCommand) Help() string {
	return "Run it once a day. Nobody can use an expired session that is still stored: " +
		"this only reclaims the space. It works in batches, so that no visitor " +
		"waits, can be stopped at any time, and may run in several places at once. Caches forget " +
		"expired sessions by themselves, and signed cookies are not kept at all. Then it forgets the " +
		"devices whose logins ended more than a day ago."
}

// Run carries the command out.
func (c *clearCommand) Run(a *app) error {
	if c.BatchSize < 1 {
		return fmt.Errorf("--batch-size must be 1 or more: %w", errUsage)
	}
	err := a.withSessions(func(site *site.Site) error { return c.run(a, site) })
	if err != nil || c.DryRun {
		return err
	}
	return a.clearDevices()
}

func (c *clearCommand) run(a *app, site *site.Site) error {
	now := time.Now()
	if !values(site.Settings).SessionsInTable() {
		return c.runWithoutTable(a, site)
	}
	db, err := djangodb.New(site.Database)
	if err != nil {
		return err
	}
	model, err := sessionmodel.Open(a.ctx, db, values(site.Settings).SessionTable)
	if err != nil {
		return err
	}
	total, err := model.CountExpired(a.ctx, now)
	if err != nil {
		return err
	}
	if c.DryRun {
		fmt.Fprintf(a.out, "%s would be removed.\n", expiredSessions(total))
		return nil
	}
	return c.clear(a, model, now, func(n int) { progress(a.err, n, total) })
}

// runWithoutTable clears an engine that does not know how much there is.
func (c *clearCommand) runWithoutTable(a *app, site *site.Site) error {
	engine := site.Settings.Get("SESSION_ENGINE")
	if c.DryRun {
		return fmt.Errorf("--dry-run cannot count with SESSION_ENGINE %s: %w", engine, errUsage)
	}
	n, err := site.Sessions.ClearExpired(a.ctx)
	if err != nil {
		return fmt.Errorf("%w: %s removed until then", err, expiredSessions(n))
	}
	fmt.Fprintf(a.out, "%s removed.\n", expiredSessions(n))
	return nil
}

// clear deletes what has expired by now, calls tell after each batch with the
// number of sessions removed, and prints it at the end, even if that comes
// early.
func (c *clearCommand) clear(a *app, model *sessionmodel.Model, now time.Time, tell func(int)) error {
	n, err := c.batches(a, model, now, tell)
	endProgress(a.err)
	if err != nil {
		return fmt.Errorf("%w: %s removed until then", err, expiredSessions(n))
	}
	fmt.Fprintf(a.out, "%s removed.\n", expiredSessions(n))
	return nil
}

// batches stops between two batches: after an interruption nobody would know
// whether a batch was carried out.
func (c *clearCommand) batches(
	a *app, model *sessionmodel.Model, now time.Time, tell func(int),
) (n int, _ error) {
	stmt, err := model.PrepareClearing(a.ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = stmt.Close() }()
	uninterrupted := context.WithoutCancel(a.ctx)
	for a.ctx.Err() == nil {
		deleted, err := model.ClearExpired(uninterrupted, stmt, now, c.BatchSize)
		n += deleted
		if err != nil || deleted < c.BatchSize {
			return n, err
		}
		tell(n)
		select {
		case <-time.After(c.Pause):
		case <-a.ctx.Done():
		}
	}
	return n, errStopped
}

func expiredSessions(n int) string {
	if n == 1 {
		return "1 expired session"
	}
	return fmt.Sprintf("%d expired sessions", n)
}

// progress rewrites one line of a terminal; to a file it writes nothing.
func progress(w io.Writer, n, total int) {
	if isTerminal(w) {
		fmt.Fprintf(w, "\r%d of %d (%d %%)", n, total, 100*n/max(n, total, 1))
	}
}

func endProgress(w io.Writer) {
	if isTerminal(w) {
		fmt.Fprint(w, "\r\x1b[K") // erases the line
	}
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) // a descriptor is small
}
