package crowd

import (
	"errors"
	"fmt"
	"time"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// refusals compares full stores: what a session costs that is refused must not grow with
// those that are there.
func (r *run) refusals() {
	small := max(1, r.size.Sessions/1000)
	results := r.size.Rounds.Run(1, []contest.Contender{r.refuser(small), r.refuser(r.size.Sessions)})
	t := report.Table{
		Title:   "A new session is refused by a full store",
		Note:    "The store itself, without a request around it; both take turns.",
		Columns: []string{"sessions", "refusal", "times"},
	}
	for _, result := range results {
		t.Rows = append(t.Rows, []string{
			result.Name, report.Nanos(result.Median()), report.Number(result.Times(results[0])),
		})
	}
	r.add(t)
	r.atMost(2, results[1].Times(results[0]),
		"memory: a refusal by a full store of %d, times one of %d", r.size.Sessions, small)
}

func (r *run) refuser(n int) contest.Contender {
	store := noerror.In(memstore.NewLimited(n))
	later := time.Now().Add(24 * time.Hour)
	r.fill(store, n, later)
	rec := session.Record{Key: "refused", Data: []byte("{}"), Expiry: later}
	return contest.Contender{Name: fmt.Sprint(n), Ops: func(int) []func() {
		return []func(){func() {
			if err := store.Create(r.ctx, rec); !errors.Is(err, memstore.ErrFull) {
				r.Fatalf("a full store: %v", err)
			}
		}}
	}}
}
