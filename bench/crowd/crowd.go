// Package crowd measures what grows with the number of sessions in memory, of
// goroutines, and of items: bytes, waiting, and refusals by a full store.
package crowd

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
	"github.com/jamsession/jamsession/session"
)

// A Size says how much to measure.
type Size struct {
	Sessions int // in memory
	Items    int // in one request; and a tenth of it
	Rounds   contest.Rounds
	Clears   int // how many times all sessions are cleared
}

// Full is what stands in docs/performance.md.
func Full() Size {
	return Size{
		Sessions: 1_000_000, Items: 20_000, Clears: 5,
		Rounds: contest.Rounds{Count: 15, Turn: 50 * time.Millisecond},
	}
}

// Small shows that everything works, and measures nothing.
func Small() Size {
	return Size{
		Sessions: 2000, Items: 200, Clears: 1,
		Rounds: contest.Rounds{Count: 2, Turn: time.Millisecond},
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
	r := &run{Bed: bed, ctx: ctx, size: size, out: report.Section{Name: "crowd"}}
	for _, part := range []struct {
		name    string
		measure func()
	}{
		{"bytes", r.bytes},
		{"refusals", r.refusals},
		{"clearing", r.clearing},
		{"goroutines", r.goroutines},
		{"items", r.items},
	} {
		begin := time.Now()
		part.measure()
		runtime.GC()
		r.Logf("%s: %.1f s", part.name, time.Since(begin).Seconds())
	}
	r.out.Machine = report.ThisMachine()
	return r.out
}

// check ends the run if something went wrong.
func (r *run) check(doing string, err error) {
	if err != nil {
		r.Fatalf("%s: %v", doing, err)
	}
}

func (r *run) add(t report.Table) { r.out.Tables = append(r.out.Tables, t) }

func (r *run) atMost(limit float64, got float64, what string, args ...any) {
	r.out.Goals = append(r.out.Goals, report.Goal{What: fmt.Sprintf(what, args...), Limit: limit, Got: got})
}

// fill creates sessions of which nobody has a cookie.
func (r *run) fill(store session.Store, n int, end time.Time) {
	data := []byte(`{"_auth_user_id":"1"}`)
	for i := range n {
		rec := session.Record{Key: fmt.Sprintf("%032d", i), Data: data, Expiry: end}
		r.check("create", store.Create(r.ctx, rec))
	}
}
