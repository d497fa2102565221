package scale

import (
	"math/rand/v2"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
	"github.com/jamsession/jamsession/session"
)

// A table is a store with the rows in it that are read and changed.
type table struct {
	store session.Store
	hot   []session.Record
	idle  chan session.Record // the hot ones as they are, except those that are being changed
}

func newTable(store session.Store, hot []session.Record) table {
	t := table{store, hot, make(chan session.Record, len(hot))}
	for _, rec := range hot {
		t.idle <- rec
	}
	return t
}

// warm reads all hot rows once: that is what makes them hot.
func (r *run) warm(t table) {
	for _, rec := range t.hot {
		_, err := t.store.Load(r.ctx, rec.Key)
		r.check("read", err)
	}
}

// pointReads compares reads of single rows, and returns how many times as
// long they take in the large table.
func (r *run) pointReads(database string, small, large table, rows int) float64 {
	contenders := []contest.Contender{
		r.reader(thousands(len(small.hot))+" rows", small),
		r.reader(thousands(rows)+" rows, "+thousands(len(large.hot))+" of them hot", large),
	}
	results := r.size.Reads.Run(1, contenders)
	times := results[1].Times(results[0])
	t := report.Table{
		Title: "Point reads, " + database,
		Note: "One goroutine loads random rows of those that are hot; the two tables take turns." +
			" The hot rows lie anywhere among the others.",
		Columns: []string{"table", "load", "±", "times"},
	}
	for _, result := range results {
		t.Rows = append(t.Rows, []string{
			result.Name, report.Nanos(result.Median()), percent(result.Spread()),
			report.Number(result.Times(results[0])),
		})
	}
	r.add(t)
	return times
}

func (r *run) reader(name string, t table) contest.Contender {
	r.warm(t)
	return contest.Contender{Name: name, Ops: func(int) []func() {
		return []func(){func() {
			_, err := t.store.Load(r.ctx, t.hot[rand.IntN(len(t.hot))].Key)
			r.check("read", err)
		}}
	}}
}

func percent(part float64) string { return report.Number(100*part) + " %" }
