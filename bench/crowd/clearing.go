package crowd

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// live is how many sessions are used while others are cleared.
const live = 1000

// clearing measures what one visitor after another waits while all sessions but theirs
// are cleared, and for as long in a quiet store of that size.
func (r *run) clearing() {
	var took, quiet, busy, quietUsual, busyUsual []float64
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection would be the longest wait
	for range r.size.Clears {
		runtime.GC()
		store := memstore.New()
		m := noerror.In(session.New(store, nil))
		visit := r.visits(m)
		r.fill(store, r.size.Sessions, time.Now().Add(-time.Hour))
		waits := waitsUntil(time.After(time.Second/2), visit)
		quiet, quietUsual = append(quiet, slices.Max(waits)), append(quietUsual, contest.Median(waits))

		done := make(chan time.Time, 1)
		begin := time.Now()
		go func() {
			n, err := store.ClearExpired(r.ctx, time.Now())
			if err != nil || n != r.size.Sessions {
				r.Errorf("%d were cleared, %v", n, err)
			}
			done <- time.Now()
		}()
		waits = waitsUntil(done, visit)
		took = append(took, float64(time.Since(begin)))
		busy, busyUsual = append(busy, slices.Max(waits)), append(busyUsual, contest.Median(waits))
	}
	r.add(report.Table{
		Title: fmt.Sprintf("A visitor's wait while %d sessions are cleared", r.size.Sessions),
		Note: fmt.Sprintf("One goroutine loads a session, counts an item up and saves, without a request "+
			"around it, and the garbage collector runs between the rounds only. The least of %d rounds: "+
			"a lock that is held for long would show in each, and what the machine takes does not.",
			r.size.Clears),
		Columns: []string{"", "median", "longest", "clearing"},
		Rows: [][]string{
			{"a quiet store", report.Nanos(slices.Min(quietUsual)), report.Nanos(slices.Min(quiet)), ""},
			{
				"while it is cleared", report.Nanos(slices.Min(busyUsual)),
				report.Nanos(slices.Min(busy)), report.Nanos(slices.Min(took)),
			},
		},
	})
	r.atMost(1, slices.Min(busy)/1e6,
		"memory: the longest wait of a visitor while %d sessions are cleared, milliseconds", r.size.Sessions)
}

// visits returns a function that visits the next of some sessions.
func (r *run) visits(m *session.Manager) (visit func()) {
	keys := make([]string, live)
	for i := range keys {
		s, err := m.ByKey(r.ctx, "")
		r.check("begin", err)
		s.Set("n", 0)
		r.check("save", s.Save(r.ctx))
		keys[i] = s.Key()
	}
	next := 0
	return func() {
		s, err := m.ByKey(r.ctx, keys[next%live])
		r.check("load", err)
		next++
		session.Item[int]("n").Update(s, 0, func(n int) int { return n + 1 })
		r.check("save", s.Save(r.ctx))
	}
}

// waitsUntil visits until done, and returns how many nanoseconds each visit took.
func waitsUntil(done <-chan time.Time, visit func()) (waits []float64) {
	waits = make([]float64, 0, 1<<20)
	for {
		begin := time.Now()
		visit()
		waits = append(waits, float64(time.Since(begin)))
		select {
		case <-done:
			return waits
		default:
		}
	}
}
