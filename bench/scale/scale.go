// Package scale measures jamsession where there is much: point reads in a
// table of millions of rows, live traffic while a million expired rows are
// deleted from it, and the memory of a million sessions in Redis.
//
// The tables are Django's, filled in bulk. One row in five has expired, and
// lies anywhere among the living: deleting the oldest first touches pages all
// over the table, which is the hard case.
package scale

import (
	"context"
	"fmt"
	"time"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
)

// A Size says how much to measure.
type Size struct {
	PostgreSQL int // rows
	SQLite     int // rows
	Sessions   int // in Redis
	Hot        int // rows that are read, and all rows of the small table

	Reads   contest.Rounds // of the point reads
	Spell   time.Duration  // of the traffic alone, and of the traffic while rows are deleted
	Traffic Rate
}

// Full is what stands in docs/performance.md for 5 000 000 rows.
func Full(rows int) Size {
	return Size{
		PostgreSQL: rows, SQLite: rows / 5, Sessions: rows / 5, Hot: min(10_000, rows/10),
		Reads:   contest.Rounds{Count: 15, Turn: 250 * time.Millisecond},
		Spell:   2 * time.Second,
		Traffic: Rate{Reads: 400, Updates: 100},
	}
}

// Small shows that everything works, and measures nothing.
func Small() Size {
	return Size{
		PostgreSQL: 5000, SQLite: 5000, Sessions: 1000, Hot: 200,
		Reads:   contest.Rounds{Count: 3, Turn: 2 * time.Millisecond},
		Spell:   200 * time.Millisecond,
		Traffic: Rate{Reads: 400, Updates: 100},
	}
}

// A run is one measurement of everything.
type run struct {
	*contest.Bed
	ctx  context.Context
	size Size
	out  report.Section
}

// Run measures everything. What goes wrong it tells the bed.
func Run(ctx context.Context, bed *contest.Bed, size Size) report.Section {
	r := &run{Bed: bed, ctx: ctx, size: size, out: report.Section{Name: "scale"}}
	r.needDisk()
	var versions []string
	for _, part := range []struct {
		name    string
		measure func() string // returns the version of the server
	}{
		{"PostgreSQL", r.postgreSQL},
		{"SQLite", r.sqlite},
		{"Redis", r.redis},
	} {
		begin := time.Now()
		if version := part.measure(); version != "" {
			versions = append(versions, part.name+" "+version)
		}
		r.Logf("%s: %.0f s in all", part.name, time.Since(begin).Seconds())
	}
	r.out.Machine = report.ThisMachine(versions...)
	return r.out
}

// check ends the run if something went wrong.
func (r *run) check(doing string, err error) {
	if err != nil {
		r.Fatalf("%s: %v", doing, err)
	}
}

func (r *run) add(t report.Table) { r.out.Tables = append(r.out.Tables, t) }

// timed runs one step and says how long it took.
func (r *run) timed(doing string, step func() error) {
	begin := time.Now()
	r.check(doing, step())
	r.Logf("%s: %.1f s", doing, time.Since(begin).Seconds())
}

// thousands writes 5000000 as "5 000 000".
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s %03d", thousands(n/1000), n%1000)
}
