package load

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jamsession/jamsession/memstore"
)

// visit starts a site, and its visitors log in.
func visit(t *testing.T, pages http.HandlerFunc, visitors int) *target {
	t.Helper()
	server := httptest.NewServer(pages)
	t.Cleanup(server.Close)
	target, err := newTarget(server.Listener.Addr().String(), visitors, true)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func memorySite() http.Handler { return site(jam(memstore.New(), nil)) }

// TestTurnKeepsItsConnections: each connection of a turn is opened once, and
// each answer is counted.
func TestTurnKeepsItsConnections(t *testing.T) {
	var answers atomic.Int64
	var from sync.Map
	pages := memorySite()
	target := visit(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/read" {
			answers.Add(1)
			from.Store(r.RemoteAddr, true)
		}
		pages.ServeHTTP(w, r)
	}, 8)
	turn, err := target.turn(read, 4, 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	conns := 0
	from.Range(func(any, any) bool { conns++; return true })
	if conns != 4 {
		t.Errorf("%d connections, want 4", conns)
	}
	if n := answers.Load(); uint64(n) != turn.latencies.total || n < 8 {
		t.Errorf("%d answers were counted as %d", n, turn.latencies.total)
	}
	if turn.took < 20*time.Millisecond {
		t.Errorf("the turn took %v", turn.took)
	}
}

// TestWritesAreCounted: each visitor's writes are found again, and a site that
// loses one is found out.
func TestWritesAreCounted(t *testing.T) {
	var lose atomic.Bool
	pages := memorySite()
	target := visit(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/write" && lose.CompareAndSwap(true, false) {
			r.Method, r.URL.Path = http.MethodGet, "/read"
		}
		pages.ServeHTTP(w, r)
	}, 5)
	for range 2 {
		if _, err := target.turn(write, 2, time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	if err := target.check(); err != nil {
		t.Error(err)
	}
	lose.Store(true)
	if _, err := target.turn(write, 2, time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if err := target.check(); err == nil {
		t.Error("the lost write was not missed")
	}
}

// TestWrongAnswersEndTheTurn, whatever is wrong with them.
func TestWrongAnswersEndTheTurn(t *testing.T) {
	for name, wrong := range map[string]http.HandlerFunc{
		"another body": func(w http.ResponseWriter, _ *http.Request) { greet(w, "1", "somebody else") },
		"another status": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			greet(w, "0", "Guest")
		},
		"no answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"an end": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "close")
			greet(w, "0", "Guest")
		},
	} {
		t.Run(name, func(t *testing.T) {
			pages := memorySite()
			target := visit(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/untouched" {
					wrong(w, r)
					return
				}
				pages.ServeHTTP(w, r)
			}, 3)
			if _, err := target.turn(read, 3, time.Millisecond); err != nil {
				t.Fatal(err)
			}
			if _, err := target.turn(untouched, 3, time.Millisecond); err == nil {
				t.Error("nobody minded")
			}
		})
	}
}

// TestNoVisitorAsksTwiceAtATime, so that no request waits for another's session.
func TestNoVisitorAsksTwiceAtATime(t *testing.T) {
	var asking sync.Map
	pages := memorySite()
	target := visit(t, func(w http.ResponseWriter, r *http.Request) {
		if cookie := r.Header.Get("Cookie"); cookie != "" {
			if _, twice := asking.LoadOrStore(cookie, true); twice {
				t.Error("two requests with one session")
			}
			defer asking.Delete(cookie)
		}
		pages.ServeHTTP(w, r)
	}, 10)
	if _, err := target.turn(write, 10, 10*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if _, err := target.turn(write, 11, time.Millisecond); err == nil || !strings.Contains(err.Error(), "visitors") {
		t.Errorf("more connections than visitors: %v", err)
	}
}

// TestLoginNeedsACookie: a site without sessions passes for nothing else.
func TestLoginNeedsACookie(t *testing.T) {
	server := httptest.NewServer(site(none{}))
	defer server.Close()
	addr := server.Listener.Addr().String()
	if _, err := newTarget(addr, 1, true); err == nil {
		t.Error("no cookie was missed")
	}
	guests, err := newTarget(addr, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		if _, err := guests.turn(p, 1, time.Millisecond); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
}
