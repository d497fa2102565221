// Package failover kills real servers that have a replica while visitors use a site on them,
// and measures what visitors notice: requests that failed, how long that went on, and which
// changes and logouts were undone that the site had acknowledged.
package failover

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
)

// Options say how much to measure.
type Options struct {
	Visitors int
	Every    time.Duration // of a request of each visitor
	Before   time.Duration // the server is killed
	Quiet    time.Duration // after the last failure; longer than STORE_TIMEOUT
	Limit    time.Duration // of the time until that

	// Only are the names of cases. Nil is all.
	Only []string
}

// Full is what stands in docs/scaling.md.
func Full() Options {
	return Options{
		Visitors: 32, Every: 20 * time.Millisecond, Before: 4 * time.Second,
		Quiet: 6 * time.Second, Limit: 60 * time.Second,
	}
}

// A run is one measurement of everything.
type run struct {
	*contest.Bed
	ctx     context.Context
	options Options
}

// A place is where the sessions of a site are, on several servers.
type place struct {
	settings map[string]string

	// fail kills a server, as a crash does, and does what an operator would then do.
	fail func()
}

// A failover is one case.
type failover struct {
	name    string
	prepare func(*run) place
	keeps   bool // nothing that was acknowledged may be lost
}

var failovers = []failover{
	{name: "Redis Sentinel", prepare: (*run).sentinel},
	{name: "Redis Cluster", prepare: func(r *run) place { return r.cluster() }},
	{
		name:    "Redis Cluster, full coverage not required",
		prepare: func(r *run) place { return r.cluster("--cluster-require-full-coverage", "no") },
	},
	{name: "PostgreSQL, asynchronous standby", prepare: (*run).asynchronous},
	{name: "PostgreSQL, synchronous standby", prepare: (*run).synchronous, keeps: true},
	{name: "PostgreSQL, synchronous standby, two hosts in the URL", prepare: (*run).twoHosts, keeps: true},
}

// Run measures everything. What goes wrong it tells the bed.
func Run(ctx context.Context, bed *contest.Bed, o Options) report.Section {
	defer slog.SetDefault(slog.Default())
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil))) // each 503 has its line
	section := report.Section{Name: "failover"}
	table := report.Table{
		Title: "A server is killed under load",
		Note: fmt.Sprintf("%d visitors of a site, each with a session and a request every %d ms: half of"+
			" them reads, half changes, and each twentieth a logout. After %v the primary is killed with"+
			" SIGKILL. A Sentinel and a cluster wait %v until they count it as down; the standby of"+
			" PostgreSQL is promoted at once, and the name moved, or the URL has both hosts. All servers,"+
			" on one machine, have their data in its memory. The times are those from the kill to the first"+
			" success of a session that had met a failure, and to the last answer that failed or took a"+
			" second.",
			o.Visitors, o.Every.Milliseconds(), o.Before, downAfter),
		Columns: []string{
			"", "requests", "503", "other failures", "first success", "last failure", "longest answer",
			"changes lost", "sessions lost", "logouts undone",
		},
	}
	for _, f := range failovers {
		if o.Only != nil && !slices.Contains(o.Only, f.name) {
			continue
		}
		begin := time.Now()
		seen := measure(ctx, o, f)
		table.Rows = append(table.Rows, append([]string{f.name}, seen.cells()...))
		section.Goals = append(section.Goals, f.goals(seen)...)
		bed.Logf("%s: %.0f s", f.name, time.Since(begin).Seconds())
	}
	section.Tables = []report.Table{table}
	section.Machine = report.ThisMachine()
	return section
}

func (f failover) goals(seen result) []report.Goal {
	if !f.keeps {
		return nil
	}
	return []report.Goal{
		{What: f.name + ", killed: acknowledged changes lost", Limit: 0, Got: float64(seen.changesLost)},
		{What: f.name + ", killed: logouts undone", Limit: 0, Got: float64(seen.logoutsUndone)},
	}
}

// measure runs one case on servers of its own.
func measure(ctx context.Context, o Options, f failover) result {
	bed := contest.NewBed()
	defer bed.Close()
	r := &run{Bed: bed, ctx: ctx, options: o}
	at := f.prepare(r)
	site := r.open(at.settings)
	crowd := r.gather(site)
	r.wait(o.Before)
	killed := time.Now()
	at.fail()
	r.settle(crowd, killed)
	crowd.leave()
	return crowd.result(killed, r.open(at.settings))
}

// settle returns when no request has failed for a while.
func (r *run) settle(c *crowd, killed time.Time) {
	for {
		r.wait(50 * time.Millisecond)
		switch {
		case time.Since(c.lastTrouble(killed)) > r.options.Quiet:
			return
		case time.Since(killed) > r.options.Limit:
			r.Fatalf("%v after the kill requests still fail: %s", r.options.Limit, c.lastFailure())
		}
	}
}

func (r *run) wait(d time.Duration) {
	select {
	case <-time.After(d):
	case <-r.ctx.Done():
		r.check("the limit of time", r.ctx.Err())
	}
}

// check ends the run if something went wrong.
func (r *run) check(doing string, err error) {
	if err != nil {
		r.Fatalf("%s: %v", doing, err)
	}
}

// A result is what visitors noticed.
type result struct {
	requests, unavailable, otherFailures     int
	firstSuccess, lastFailure, longest       time.Duration
	changesLost, sessionsLost, logoutsUndone int
}

// orNone prints a time, or that there was none.
func orNone(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	return report.Nanos(float64(d))
}

func (r result) cells() []string {
	return []string{
		strconv.Itoa(r.requests), strconv.Itoa(r.unavailable), strconv.Itoa(r.otherFailures),
		orNone(r.firstSuccess), orNone(r.lastFailure),
		report.Nanos(float64(r.longest)),
		strconv.Itoa(r.changesLost), strconv.Itoa(r.sessionsLost), strconv.Itoa(r.logoutsUndone),
	}
}
