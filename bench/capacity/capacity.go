// Package capacity measures how much room sessions take on each engine, how long a read takes
// among them, and how long a request keeps the site and the server busy.
//
// The records are those that a login leaves. They are filled in by whatever is fastest: COPY,
// LOAD DATA, pipelines.
package capacity

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
	"github.com/jamsession/jamsession/session"
)

// Options say how much to measure.
type Options struct {
	Counts   []int // of sessions, one after the other
	MaxFiles int   // more are not made: each takes an inode

	// Only are the names of engines. Nil is all.
	Only []string

	Spell time.Duration // of reads, of requests that read, and of those that write
}

// An engine is filled in a way of its own.
type engine struct {
	name   string
	counts string // what its bytes are
	codec  func() session.Codec

	// ordered: the order in which keys arrive matters.
	ordered bool

	fill func(*run, filling) filled
}

// Filled is an engine with sessions in it.
type filled struct {
	store session.Store
	bytes float64              // that all sessions take
	any   func() string        // the key of some session
	busy  func() time.Duration // that of the server; nil if there is none
}

var engines = []engine{
	{name: "memory", counts: "the heap after a collection", codec: plain, fill: fillMemory},
	{name: "Redis", counts: "used_memory", codec: plain, fill: fillRedis},
	{name: "Memcached", counts: "total_malloced and hash_bytes", codec: plain, fill: fillMemcached},
	{
		name: "PostgreSQL", counts: "the table with its indexes", codec: signed, ordered: true,
		fill: fillPostgreSQL,
	},
	{name: "MariaDB", counts: "the file of the table", codec: signed, ordered: true, fill: fillMariaDB},
	{name: "SQLite", counts: "the file", codec: signed, ordered: true, fill: fillSQLite},
	{name: "files", counts: "blocks of the disk", codec: signed, fill: fillFiles},
}

// A run is one measurement of everything.
type run struct {
	*contest.Bed
	ctx     context.Context
	options Options
	room    report.Table
	work    report.Table
}

// Titles of the tables, by which others find them.
const (
	RoomTitle = "The room of sessions, and a read among them"
	WorkTitle = "What a request keeps busy"
)

// manyPages is the least number of sessions whose tables tell how full pages are.
const manyPages = 10_000

// Run measures everything. What goes wrong it tells the bed.
func Run(ctx context.Context, bed *contest.Bed, o Options) report.Section {
	r := &run{Bed: bed, ctx: ctx, options: o}
	r.room = report.Table{
		Title:   RoomTitle,
		Columns: []string{"engine", "sessions", "bytes a session", "in all", "read, median", "p99"},
	}
	r.work = report.Table{
		Title: WorkTitle,
		Note: "32 goroutines load sessions, or load, change and save them, within one process and" +
			" without HTTP. The site is that process; the server, which shares the machine, is all" +
			" processes of the engine's.",
		Columns: []string{"engine", "sessions", "read: site", "server", "read+write: site", "server"},
	}
	counted := ""
	for _, e := range engines {
		if o.Only != nil && !slices.Contains(o.Only, e.name) {
			continue
		}
		counted += "; " + e.name + ": " + e.counts
		for i, n := range o.Counts {
			if e.name == "files" && n > o.MaxFiles {
				r.Logf("files: %s would need as many inodes; left out", thousands(n))
				continue
			}
			if e.ordered && i == 0 && n >= manyPages {
				r.measure(e, n, false)
			}
			r.measure(e, n, true)
		}
	}
	r.room.Note = "Bytes are those of the engine with the sessions less those without" + counted +
		". Tables are filled in the order of the keys, so that their pages are as full as they can be," +
		" and the smallest also with keys in the order of chance, as logins come. Reads load sessions" +
		" that lie anywhere among all."
	return report.Section{
		Name: "capacity", Tables: []report.Table{r.room, r.work}, Machine: report.ThisMachine(),
	}
}

// measure fills one engine, measures, and deletes all of it.
func (r *run) measure(e engine, n int, inOrder bool) {
	bed := contest.NewBed()
	defer bed.Close()
	begin := time.Now()
	one := &run{Bed: bed, ctx: r.ctx, options: r.options}
	texts, err := payloads(r.ctx, e.codec())
	r.check("make records", err)
	f := filling{n: n, inOrder: inOrder, payloads: texts, end: time.Now().Add(13 * 24 * time.Hour)}
	full := e.fill(one, f)
	if full.any == nil {
		full.any = f.any
	}
	r.Logf("%s: %s sessions in %.0f s", e.name, thousands(n), time.Since(begin).Seconds())
	label := thousands(n)
	if e.ordered && !inOrder {
		label += ", keys by chance"
	}
	median, p99 := one.reads(full)
	r.room.Rows = append(r.room.Rows, []string{
		e.name, label, report.Number(full.bytes / float64(n)), gigabytes(full.bytes),
		report.Nanos(float64(median)), report.Nanos(float64(p99)),
	})
	if e.ordered && !inOrder {
		return
	}
	r.work.Rows = append(r.work.Rows, append([]string{e.name, label}, one.requests(full, e.codec())...))
}

// check ends the run if something went wrong.
func (r *run) check(doing string, err error) {
	if err != nil {
		r.Fatalf("%s: %v", doing, err)
	}
}

func gigabytes(bytes float64) string { return report.Number(bytes/1e9) + " GB" }

// thousands writes 5000000 as "5 000 000".
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s %03d", thousands(n/1000), n%1000)
}
