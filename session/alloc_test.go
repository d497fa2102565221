package session_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// A lightWriter is a ResponseWriter that costs nothing, so that only the
// session is measured.
type lightWriter struct{ header http.Header }

func (w *lightWriter) Header() http.Header         { return w.header }
func (w *lightWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w *lightWriter) WriteHeader(int)             {}

// lightRequest returns a writer and a request with the cookie of a session
// that holds what Django's login leaves, and pad.
func lightRequest(tb testing.TB, m *session.Manager, store session.Store, pad int) (*lightWriter, *http.Request) {
	tb.Helper()
	items := `{"_auth_user_id":"1","_auth_user_backend":"django.contrib.auth.backends.ModelBackend",` +
		`"_auth_user_hash":"` + strings.Repeat("0", 64) + `","n":1,"pad":"` + strings.Repeat("x", pad) + `"}`
	err := store.Create(tb.Context(), session.Record{
		Key: validKey, Data: []byte(items), Expiry: time.Now().Add(time.Hour),
	})
	if err != nil {
		tb.Fatal(err)
	}
	r, _ := http.NewRequest("GET", "http://127.0.0.1/", nil)
	r.Header.Set("Cookie", "theme=dark; sessionid="+validKey)
	return &lightWriter{make(http.Header)}, r
}

var page = []byte("page")

var (
	untouched = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(page)
	})
	readOne = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session.Item[string]("_auth_user_id").Get(session.From(r), "")
		_, _ = w.Write(page)
	})
	readWrite = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		session.Item[int]("n").Update(session.From(r), 0, func(n int) int { return n + 1 })
	})
)

// TestAllocations holds what the documentation says a request costs, whatever
// the size of the session.
func TestAllocations(t *testing.T) {
	for _, c := range []struct {
		name    string
		handler http.Handler
		pad     int
		limit   float64
	}{
		{"untouched", untouched, 0, 2},
		{"read", readOne, 0, 5},
		{"read of 64 KiB", readOne, 64 << 10, 5},
		{"read what was saved in this process", saved(readOne), 0, 4},
		{"read+write", saved(readWrite), 0, 11},
	} {
		store := memstore.New()
		m := noerror.In(session.New(store, nil))
		w, r := lightRequest(t, m, store, c.pad)
		h := m.Handler(c.handler)
		h.ServeHTTP(w, r)
		got := testing.AllocsPerRun(200, func() {
			clear(w.header)
			h.ServeHTTP(w, r)
		})
		if got > c.limit && !raceEnabled {
			t.Errorf("%s: %.0f allocations, at most %.0f", c.name, got, c.limit)
		}
		t.Logf("%s: %.0f allocations", c.name, got)
	}
}

// saved is a page whose session is saved at the first visit.
func saved(h http.Handler) http.Handler {
	first := true
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if first {
			session.From(r).Set("n", 1)
		}
		first = false
		h.ServeHTTP(w, r)
	})
}

func BenchmarkHandler(b *testing.B) {
	for _, c := range []struct {
		name    string
		handler http.Handler
		pad     int
	}{
		{"Untouched", untouched, 0},
		{"Read", readOne, 0},
		{"Read64KiB", readOne, 64 << 10},
		{"ReadWrite", readWrite, 0},
	} {
		b.Run(c.name, func(b *testing.B) {
			store := memstore.New()
			m := noerror.In(session.New(store, nil))
			w, r := lightRequest(b, m, store, c.pad)
			h := m.Handler(c.handler)
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				h.ServeHTTP(w, r)
			}
		})
	}
	b.Run("NoMiddleware", func(b *testing.B) {
		store := memstore.New()
		w, r := lightRequest(b, noerror.In(session.New(store, nil)), store, 0)
		b.ReportAllocs()
		for b.Loop() {
			untouched.ServeHTTP(w, r)
		}
	})
	b.Run("Create", func(b *testing.B) {
		m := noerror.In(session.New(memstore.New(), nil))
		w := &lightWriter{make(http.Header)}
		r, _ := http.NewRequest("GET", "http://127.0.0.1/", nil)
		h := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			session.From(r).Set("n", 1)
		}))
		b.ReportAllocs()
		for b.Loop() {
			clear(w.header)
			h.ServeHTTP(w, r)
		}
	})
}

// A forgetful store has the methods of every store and no others.
type forgetful struct{ session.Store }

// BenchmarkRemember compares a store that keeps what was decoded with one that
// does not.
func BenchmarkRemember(b *testing.B) {
	for _, pad := range []int{0, 64 << 10} {
		for _, kept := range []bool{true, false} {
			b.Run(fmt.Sprintf("pad=%d/kept=%t", pad, kept), func(b *testing.B) {
				store := memstore.New()
				if !kept {
					store = forgetful{store}
				}
				m := noerror.In(session.New(store, nil))
				w, r := lightRequest(b, m, store, pad)
				h := m.Handler(saved(readOne))
				b.ReportAllocs()
				for b.Loop() {
					clear(w.header)
					h.ServeHTTP(w, r)
				}
			})
		}
	}
}
