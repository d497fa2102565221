package matrix

import (
	"fmt"
	"math"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
)

// A target is a figure to be reached, and how it is read off a group.
type target struct {
	engine     string
	c          Case
	goroutines int
	what       string
	limit      float64
	least      bool
	figure     func(g Group) (float64, bool)
}

// targets in the order of the page. Speed is a promise of the project; these
// figures are how it is kept.
var targets = []target{
	faster("memory", UntouchedCase, 1, "scs", 20),
	allocations("memory", NoCookie, 2),
	allocations("memory", UntouchedCase, 2),
	faster("memory", ReadCase, 1, "scs", 20),
	timesByHand(ReadCase, 1),
	timesByHand(ReadWriteCase, 1),
	timesByHand(CreateCase, 2),
	timesByHand(ReadLarge, 0.02),
	timesByHand(RotateCase, 1),
	allocations("memory", ReadCase, 6),
	allocations("memory", ReadLarge, 6),
	faster("signed_cookies", ReadCase, 1, "gorilla", 10),
	slower("Redis", ReadCase, 1.08),
	slower("Redis", ReadWriteCase, 1.15),
	timesFloor(ours, "Redis", ReadWriteCase, many, 1.35),
	timesFloor(oursDjango, "Redis", ReadLarge, 1, 1.5),
	faster("Redis", ReadCase, many, bestSCS, 3),
	faster("Redis", ReadWriteCase, many, bestSCS, 2.5),
	microseconds("Redis, client-side cached", ReadCase, 1.5),
	microseconds("Redis, client-side cached", ReadLarge, 4),
	faster("Redis, client-side cached", ReadCase, 1, bestSCS, 25),
	slower("PostgreSQL", ReadCase, 1.20),
	slower("PostgreSQL", ReadWriteCase, 1.20),
	slower("SQLite", ReadCase, 1.4),
	slower("SQLite", ReadWriteCase, 1.5),
	faster("SQLite", ReadCase, 1, "scs", 3.5),
	slower("Memcached", ReadCase, 1.15),
	timesFloor(ours, "Memcached", ReadCase, many, 1.25),
	timesFloor(oursDjango, "Memcached", ReadLarge, 1, 1.5),
	slower("MariaDB", ReadCase, 1.25),
	slower("file", LogoutCase, 1.2),
	slower("SQLite", LogoutCase, 1.2),
	slower("PostgreSQL", LogoutCase, 1.2),
	slower("MariaDB", LogoutCase, 1.2),
	slower("Redis", LogoutCase, 1.2),
	slower("Memcached", LogoutCase, 1.2),
	slower(cachedDB.name, LogoutCase, 1.2),
	slower("SQLite", ClearCase, 1.5),
	slower("PostgreSQL", ClearCase, 1.5),
	slower("MariaDB", ClearCase, 1.5),
	microseconds("file", ClearCase, 300_000),
	{
		"memory", ReadWriteCase, 1, "microseconds more with Django's codec", 2.5, false,
		func(g Group) (float64, bool) {
			own, ok1 := g.find(ours)
			django, ok2 := g.find(oursDjango)
			return (django.Median() - own.Median()) / 1000, ok1 && ok2
		},
	},
	metricsCost(ReadCase, "nanoseconds", 150, func(r contest.Result) float64 { return r.Median() }),
	metricsCost(ReadWriteCase, "nanoseconds", 150, func(r contest.Result) float64 { return r.Median() }),
	metricsCost(ReadWriteCase, "allocations", 0, func(r contest.Result) float64 {
		return math.Round(r.Allocs)
	}),
	{
		"memory", ReadWriteCase, 1, "allocations more with Django's codec", 12, false,
		func(g Group) (float64, bool) {
			own, ok1 := g.find(ours)
			django, ok2 := g.find(oursDjango)
			return math.Round(django.Allocs - own.Allocs), ok1 && ok2
		},
	},
}

// bestSCS is the fastest of scs's stores.
const bestSCS = "scs's best"

func faster(engine string, c Case, goroutines int, peer string, limit float64) target {
	what := "times faster than " + peer
	return target{engine, c, goroutines, what, limit, true, func(g Group) (float64, bool) {
		own, ok := g.find(ours)
		if peer != bestSCS {
			other, found := g.find(peer)
			return other.Times(own), ok && found
		}
		times, found := 0.0, false
		for _, name := range []string{"scs go-redis", "scs redigo"} {
			if other, there := g.find(name); there && (!found || other.Times(own) < times) {
				times, found = other.Times(own), true
			}
		}
		return times, ok && found
	}}
}

// metricsCost is what metrics add to a request, which is never less than nothing.
func metricsCost(c Case, unit string, limit float64, of func(contest.Result) float64) target {
	return target{"memory", c, 1, unit + " more with metrics", limit, false, func(g Group) (float64, bool) {
		own, ok1 := g.find(ours)
		measured, ok2 := g.find(oursMeasured)
		return max(0, of(measured)-of(own)), ok1 && ok2
	}}
}

func slower(engine string, c Case, limit float64) target {
	return timesFloor(ours, engine, c, 1, limit)
}

// timesFloor is how long one of ours takes, in that of the bare store.
func timesFloor(name, engine string, c Case, goroutines int, limit float64) target {
	what := "times the bare store"
	if name != ours {
		what += ", " + name
	}
	return target{engine, c, goroutines, what, limit, false, func(g Group) (float64, bool) {
		own, ok := g.find(name)
		floor, found := g.find(floorName)
		return own.Times(floor), ok && found
	}}
}

// timesByHand is how long a request takes in memory, in that of a handler that somebody
// writes by hand with a map and encoding/json.
func timesByHand(c Case, limit float64) target {
	t := timesFloor(ours, "memory", c, 1, limit)
	t.what = "times a handler with a map and encoding/json"
	return t
}

func microseconds(engine string, c Case, limit float64) target {
	return target{engine, c, 1, "microseconds", limit, false, func(g Group) (float64, bool) {
		own, ok := g.find(ours)
		return own.Median() / 1000, ok
	}}
}

func allocations(engine string, c Case, limit float64) target {
	return target{engine, c, 1, "allocations", limit, false, func(g Group) (float64, bool) {
		own, ok := g.find(ours)
		return math.Round(own.Allocs), ok // others' allocate in the background
	}}
}

// comparisons are targets between two groups: what each engine may need for a case, times what
// it, or another, needs for another.
var comparisons = []comparison{
	{"Redis", RotateCase, "Redis", ReadWriteCase, 1.1},
	{"PostgreSQL", RotateCase, "PostgreSQL", ReadWriteCase, 1.1},
	{"Memcached", RotateCase, "Memcached", ReadWriteCase, 1.1},
	{cachedDB.name, RotateCase, cachedDB.name, ReadWriteCase, 1.1},
	{cachedDB.name, ReadWriteCase, "PostgreSQL", ReadWriteCase, 1.25},
	{cachedDB.name, RotateCase, "PostgreSQL", RotateCase, 1.25},
}

type comparison struct {
	engine     string
	c          Case
	thanEngine string
	thanCase   Case
	limit      float64
}

// goal returns false unless both groups were measured.
func (c comparison) goal(groups []Group) (report.Goal, bool) {
	own, ok := oursOf(groups, c.engine, c.c)
	other, found := oursOf(groups, c.thanEngine, c.thanCase)
	if !ok || !found {
		return report.Goal{}, false
	}
	than := string(c.thanCase)
	if c.thanEngine != c.engine {
		than += " on " + c.thanEngine
	}
	return report.Goal{
		What:  fmt.Sprintf("%s: %s: times %s", c.engine, c.c, than),
		Limit: c.limit, Got: own.Median() / other.Median(),
	}, true
}

// oursOf returns what jamsession needs for a case, with one goroutine.
func oursOf(groups []Group, engine string, c Case) (contest.Result, bool) {
	for _, g := range groups {
		if g.Engine == engine && g.Case == c && g.Goroutines == 1 {
			return g.find(ours)
		}
	}
	return contest.Result{}, false
}

// goals returns the targets that were measured.
func goals(groups []Group) (goals []report.Goal) {
	for _, t := range targets {
		for _, g := range groups {
			if g.Engine != t.engine || g.Case != t.c || g.Goroutines != t.goroutines {
				continue
			}
			if got, ok := t.figure(g); ok {
				goals = append(goals, report.Goal{
					What:  fmt.Sprintf("%s: %s: %s", g.Engine, g.title(), t.what),
					Limit: t.limit, Least: t.least, Got: got,
				})
			}
		}
	}
	for _, c := range comparisons {
		if goal, ok := c.goal(groups); ok {
			goals = append(goals, goal)
		}
	}
	return goals
}
