package metrics_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/metrics"
	"github.com/jamsession/jamsession/session"
)

// A lightWriter is a ResponseWriter that costs nothing.
type lightWriter struct{ header http.Header }

func (w *lightWriter) Header() http.Header         { return w.header }
func (w *lightWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w *lightWriter) WriteHeader(int)             {}

// request returns a function that serves a request which reads from its session, and writes to it.
func request(tb testing.TB, p session.Probe, writes bool) func() {
	tb.Helper()
	store := memstore.New()
	key := strings.Repeat("k", 32)
	err := store.Create(tb.Context(), session.Record{
		Key: key, Data: []byte(`{"n":1}`), Expiry: time.Now().Add(time.Hour),
	})
	if err != nil {
		tb.Fatal(err)
	}
	m := noerror.In(session.New(store, &session.Options{Probe: p}))
	r, _ := http.NewRequest(http.MethodGet, "http://127.0.0.1/", nil)
	r.Header.Set("Cookie", "sessionid="+key)
	w := &lightWriter{make(http.Header)}
	h := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		n := session.Item[int]("n")
		if s := session.From(r); writes {
			n.Update(s, 0, func(n int) int { return n + 1 })
		} else {
			n.Get(s, 0)
		}
	}))
	return func() {
		clear(w.header)
		h.ServeHTTP(w, r)
	}
}

// TestMetricsAddNoAllocation to a request.
func TestMetricsAddNoAllocation(t *testing.T) {
	for _, writes := range []bool{false, true} {
		without := testing.AllocsPerRun(500, request(t, nil, writes))
		with := testing.AllocsPerRun(500, request(t, metrics.New(nil), writes))
		if with > without {
			t.Errorf("writes %v: %v allocations, and %v without metrics", writes, with, without)
		}
	}
}

func BenchmarkRequest(b *testing.B) {
	for _, writes := range []bool{false, true} {
		name := map[bool]string{false: "read", true: "write"}[writes]
		b.Run(name+"/without", func(b *testing.B) { loop(b, request(b, nil, writes)) })
		b.Run(name+"/with", func(b *testing.B) { loop(b, request(b, metrics.New(nil), writes)) })
	}
}

func loop(b *testing.B, request func()) {
	b.ReportAllocs()
	for b.Loop() {
		request()
	}
}
