package crowd

import (
	"fmt"
	"runtime/debug"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// items measures a session that gets many items in one request.
func (r *run) items() {
	few := r.size.Items / 10
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	results := r.size.Rounds.Run(1, []contest.Contender{r.setter(few), r.setter(r.size.Items)})
	t := report.Table{
		Title: "Setting many items in one request",
		Note: "Into a new session in memory, without a request around it; both take turns. The garbage " +
			"collector runs between the turns only.",
		Columns: []string{"items", "set and saved", "times"},
	}
	for _, result := range results {
		t.Rows = append(t.Rows, []string{
			result.Name, report.Nanos(result.Median()), report.Number(result.Times(results[0])),
		})
	}
	r.add(t)
	r.atMost(20, results[1].Median()/1e6,
		"memory: setting %d items in one request, milliseconds", r.size.Items)
	// Linear time would be 10, but so many items do not fit into the processor's caches; quadratic
	// time would be 100.
	r.atMost(20, results[1].Times(results[0]), "memory: setting %d items, times %d", r.size.Items, few)
}

func (r *run) setter(n int) contest.Contender {
	m := noerror.In(session.New(memstore.New(), nil))
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("item ", i)
	}
	return contest.Contender{Name: fmt.Sprint(n), Ops: func(int) []func() {
		return []func(){func() {
			s, err := m.ByKey(r.ctx, "")
			r.check("begin", err)
			for i, name := range names {
				s.Set(name, i)
			}
			r.check("save", s.Save(r.ctx))
			s.Flush()
			r.check("end", s.Save(r.ctx))
		}}
	}}
}
