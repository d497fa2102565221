package load

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
)

// Options say what to measure, and for how long.
type Options struct {
	Rounds      int           // in which all contenders of an engine take turns
	Turn        time.Duration // of a contender, for each page and number of connections
	Connections []int         // how many at once; the first is what the goals are about
	Visitors    int           // of each site, each with a session; at least as many as connections

	// Only leaves out the contenders whose engine/name it does not match. Nil
	// is all.
	Only *regexp.Regexp

	// Pages leaves out the pages whose name it does not match: a profile is
	// of one page. Nil is all.
	Pages *regexp.Regexp

	// Profiles is a folder for a CPU profile of each server in Go. Empty is
	// no profiles.
	Profiles string

	// Log is told what goes on. Nil tells nobody.
	Log func(format string, args ...any)
}

// Run measures and returns the section "load". What is not installed is left
// out, unless JAMSESSION_REQUIRE_SERVICES is 1: then it is an error. So is a
// wrong answer. All that Run starts has ended when it returns.
func Run(ctx context.Context, o Options) (report.Section, error) {
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	var all results
	for _, e := range engines {
		if err := o.runEngine(ctx, e, &all); err != nil {
			return report.Section{}, fmt.Errorf("%s: %w", e.name, err)
		}
	}
	return all.section(o), nil
}

func (o Options) runEngine(ctx context.Context, e engine, all *results) error {
	chosen := o.contenders(e)
	if len(chosen) == 0 {
		return nil
	}
	b := contest.NewBed()
	defer b.Close()
	var on bed
	if err := b.Try(func() { on = e.start(b) }); err != nil {
		return o.leaveOut(e.name, err)
	}
	var sites []*entrant
	var err error
	open := func() { sites, err = o.openAll(b, chosen, on) }
	if e.apart {
		together, fault := contest.Apart(open)
		if fault != nil {
			return fault
		}
		defer together()
	} else {
		open()
	}
	if err != nil || len(sites) == 0 {
		return err
	}
	if err := o.measure(ctx, sites); err != nil {
		return err
	}
	all.add(on, sites)
	return nil
}

// openAll starts sites on an engine.
func (o Options) openAll(b *contest.Bed, chosen []contender, on bed) (sites []*entrant, err error) {
	for _, c := range chosen {
		err := b.Try(func() { sites = append(sites, o.open(b, c, on)) })
		if err != nil && c.open == nil {
			err = o.leaveOut(c.path(), err)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return sites, nil
}

func (o Options) leaveOut(what string, err error) error {
	if os.Getenv("JAMSESSION_REQUIRE_SERVICES") == "1" {
		return err
	}
	o.Log("%s is left out: %v", what, err)
	return nil
}

// contenders returns those of an engine that are to be measured.
func (o Options) contenders(e engine) (chosen []contender) {
	for _, c := range contenders {
		if c.engine == e.name && (o.Only == nil || o.Only.MatchString(c.path())) {
			chosen = append(chosen, c)
		}
	}
	return chosen
}

// An entrant is a contender that serves, with what it has done so far.
type entrant struct {
	contender
	process *process
	target  *target
	runs    map[workload]*run
	used    usage // at the end
}

// A workload is what contenders are compared in.
type workload struct {
	page  page
	conns int
}

// A run is what an entrant has done of a workload in all rounds.
type run struct {
	contest.Result // nanoseconds of the site for each answer, by round
	latencies      histogram
	cpu            time.Duration // of the server, for all answers
}

// open starts a contender, and its visitors log in. It fails or skips t if
// that cannot be.
func (o Options) open(t testing.TB, c contender, on bed) *entrant {
	e := &entrant{contender: c, runs: make(map[workload]*run)}
	if c.open == nil {
		e.process = startDjango(t, on)
	} else {
		e.process = start(t, o.serve(t, c, on))
	}
	var err error
	if e.target, err = newTarget(e.process.addr, o.Visitors, c.name != noSessions); err != nil {
		t.Fatal(err)
	}
	return e
}

// serve is the command that ends in [Serve].
func (o Options) serve(t testing.TB, c contender, on bed) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"serve", "-contender", c.path(), "-address", on.address}
	if o.Profiles != "" {
		name := strings.NewReplacer("/", "-", " ", "-", ",", "", "'", "").Replace(c.path())
		args = append(args, "-cpuprofile", filepath.Join(o.Profiles, name+".pprof"))
	}
	return exec.Command(self, args...)
}

// pages returns those that are to be measured.
func (o Options) pages() (chosen []page) {
	for _, p := range pages {
		if o.Pages == nil || o.Pages.MatchString(p.String()) {
			chosen = append(chosen, p)
		}
	}
	return chosen
}

func (o Options) workloads() (list []workload) {
	for _, p := range o.pages() {
		for _, conns := range o.Connections {
			list = append(list, workload{p, conns})
		}
	}
	return list
}

// measure makes the sites take turns, in another order in each round, and then
// finds out whether all that was written is there.
func (o Options) measure(ctx context.Context, sites []*entrant) error {
	for _, w := range o.workloads() {
		for _, e := range sites { // to warm up
			if _, err := e.target.turn(w.page, w.conns, o.Turn/4); err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
		}
	}
	for round := range o.Rounds {
		o.Log("%s: round %d of %d", sites[0].engine, round+1, o.Rounds)
		for _, w := range o.workloads() {
			for i := range sites {
				e := sites[(i+round)%len(sites)]
				if err := e.turn(ctx, w, o.Turn); err != nil {
					return fmt.Errorf("%s: %w", e.name, err)
				}
			}
		}
	}
	for _, e := range sites {
		e.used = e.process.usage()
		if e.name == noSessions {
			continue
		}
		if err := e.target.check(); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
	}
	return nil
}

// turn measures once. Garbage of the generator is collected before.
func (e *entrant) turn(ctx context.Context, w workload, length time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r := e.runs[w]
	if r == nil {
		r = &run{Result: contest.Result{Name: e.name}}
		e.runs[w] = r
	}
	runtime.GC()
	before := e.process.usage()
	t, err := e.target.turn(w.page, w.conns, length)
	if err != nil {
		return err
	}
	r.cpu += e.process.usage().cpu - before.cpu
	r.Nanos = append(r.Nanos, float64(t.took)/float64(t.latencies.total))
	r.latencies.merge(&t.latencies)
	return nil
}
