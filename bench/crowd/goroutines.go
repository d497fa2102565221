package crowd

import (
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// goroutines compares one store for all with a store for each goroutine, which cannot wait
// for another: what they lose by sharing is what the locks cost.
func (r *run) goroutines() {
	const many = 32
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	t := report.Table{
		Title: fmt.Sprintf("Requests of %d goroutines on %d processors", many, runtime.GOMAXPROCS(0)),
		Note: "Times is how many times as long a request takes if all share one store; speed-up, how " +
			"many requests there are in the time of one by one goroutine. The garbage collector runs " +
			"between the turns only: beside one goroutine it would have another processor.",
		Columns: []string{"page", "one store", "a store each", "times", "speed-up"},
	}
	for _, page := range []struct {
		name string
		show func(s *session.Session)
	}{
		{"read", func(s *session.Session) { session.Item[int]("n").Get(s, 0) }},
		{"read+write", func(s *session.Session) {
			session.Item[int]("n").Update(s, 0, func(n int) int { return n + 1 })
		}},
	} {
		shared, apart := r.sharers(page.show, true), r.sharers(page.show, false)
		alone := r.size.Rounds.Run(1, []contest.Contender{shared})[0]
		results := r.size.Rounds.Run(many, []contest.Contender{shared, apart})
		times := results[0].Times(results[1])
		t.Rows = append(t.Rows, []string{
			page.name, report.Nanos(results[0].Median()), report.Nanos(results[1].Median()),
			report.Number(times), report.Number(alone.Median() / results[0].Median()),
		})
		r.atMost(1.1, times, "memory: %s, %d goroutines in one store, times one store each", page.name, many)
	}
	r.add(t)
}

// sharers are visitors with a session each, in one store or in one each.
func (r *run) sharers(show func(s *session.Session), share bool) contest.Contender {
	return contest.Contender{Name: fmt.Sprint(share), Ops: func(goroutines int) []func() {
		ops := make([]func(), goroutines)
		one := noerror.In(session.New(memstore.New(), nil))
		for i := range ops {
			m := one
			if !share {
				m = noerror.In(session.New(memstore.New(), nil))
			}
			ops[i] = r.visitor(m, show)
		}
		return ops
	}}
}

// visitor makes one request after another.
func (r *run) visitor(m *session.Manager, show func(s *session.Session)) func() {
	s, err := m.ByKey(r.ctx, "")
	r.check("begin", err)
	s.Set("n", 1)
	r.check("save", s.Save(r.ctx))
	h := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		show(session.From(req))
		w.WriteHeader(http.StatusNoContent)
	}))
	req, err := http.NewRequestWithContext(r.ctx, http.MethodGet, "http://example.com/", nil)
	r.check("request", err)
	req.Header.Set("Cookie", "sessionid="+s.Key())
	w := lightWriter{make(http.Header)}
	return func() {
		clear(w.header)
		h.ServeHTTP(w, req)
	}
}

// A lightWriter is a ResponseWriter that costs nothing.
type lightWriter struct{ header http.Header }

func (w lightWriter) Header() http.Header       { return w.header }
func (lightWriter) Write(p []byte) (int, error) { return len(p), nil }
func (lightWriter) WriteHeader(int)             {}
