package matrix

import (
	"fmt"
	"io"
	"regexp"

	"github.com/jamsession/jamsession/bench/contest"
)

// engines in the order of the page.
var engines = []engine{
	memory, signedCookies, files, sqliteEngine, postgres, postgresSQL, mariaDB,
	redisEngine, cachedRedis, memcached, cachedDB,
}

// many is how many goroutines measure in parallel.
const many = 32

// A Group is a case on an engine, with the results of all that competed.
type Group struct {
	Engine     string
	Case       Case
	Goroutines int
	Results    []contest.Result
}

// name is how -only and the terminal know the group.
func (g Group) name() string { return g.Engine + " / " + g.title() }

// title is the name within the engine.
func (g Group) title() string {
	if g.Goroutines > 1 {
		return fmt.Sprintf("%s, %d goroutines", g.Case, g.Goroutines)
	}
	return string(g.Case)
}

// find returns the result of a contender, or false if it did not compete.
func (g Group) find(name string) (contest.Result, bool) {
	for _, r := range g.Results {
		if r.Name == name {
			return r, true
		}
	}
	return contest.Result{}, false
}

// Measure runs all groups whose name matches only, in several passes: minutes
// pass between two, so one bad minute of the machine is not all that is known
// of a group, and servers and connections are others. It tells its progress,
// and which engines were left out because their server is not there.
func Measure(passes int, rounds contest.Rounds, only *regexp.Regexp, progress io.Writer) (
	groups []Group, missing []string,
) {
	for pass := range passes {
		for _, e := range engines {
			wanted := e.groups(only)
			if len(wanted) == 0 {
				continue
			}
			bed := contest.NewBed()
			err := bed.Try(func() {
				entrants := e.openApart(bed)
				for _, g := range wanted {
					_, _ = fmt.Fprintf(progress, "%d/%d %s\n", pass+1, passes, g.name())
					g.Results = rounds.Run(g.Goroutines, contenders(entrants, g.Case))
					groups = add(groups, g)
				}
			})
			bed.Close()
			if err != nil && pass == 0 {
				missing = append(missing, fmt.Sprintf("%s: %v", e.name, err))
			}
		}
	}
	return groups, missing
}

// add appends a group, or its rounds to those that it has from another pass.
func add(groups []Group, g Group) []Group {
	for _, old := range groups {
		if old.name() == g.name() {
			for i := range old.Results {
				old.Results[i].Add(g.Results[i])
			}
			return groups
		}
	}
	return append(groups, g)
}

// openApart opens the engine. If it has a server, that has half of the
// processors, and all else the others until the bed is closed.
func (e engine) openApart(bed *contest.Bed) (entrants []entrant) {
	if !e.server {
		return e.open(bed)
	}
	together, err := contest.Apart(func() { entrants = e.open(bed) })
	mustNot(err)
	bed.Cleanup(together)
	return entrants
}

func (e engine) groups(only *regexp.Regexp) (groups []Group) {
	for _, goroutines := range []int{1, many} {
		for _, c := range e.cases {
			g := Group{Engine: e.name, Case: c, Goroutines: goroutines}
			if c == ClearCase && goroutines > 1 { // nobody clears by many
				continue
			}
			if only.MatchString(g.name()) {
				groups = append(groups, g)
			}
		}
	}
	return groups
}

func contenders(entrants []entrant, c Case) (all []contest.Contender) {
	for _, e := range entrants {
		if contender, ok := e.contender(c); ok {
			all = append(all, contender)
		}
	}
	return all
}
