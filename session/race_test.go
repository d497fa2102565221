package session_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// gate holds requests until as many have arrived as are expected.
type gate struct{ wg sync.WaitGroup }

func newGate(n int) *gate {
	g := new(gate)
	g.wg.Add(n)
	return g
}

func (g *gate) pass() {
	g.wg.Done()
	g.wg.Wait()
}

// TestNoLostUpdate: requests that have all loaded the session before the
// first one saves each set an item of their own and count one counter.
func TestNoLostUpdate(t *testing.T) {
	const n = 32
	for range 20 {
		g := newGate(n)
		m := noerror.In(session.New(memstore.New(), nil))
		mux := http.NewServeMux()
		mux.HandleFunc("/begin", func(w http.ResponseWriter, r *http.Request) { session.From(r).Set("total", 0) })
		mux.HandleFunc("/set/{i}", func(w http.ResponseWriter, r *http.Request) {
			s := session.From(r)
			g.pass()
			s.Set("item"+r.PathValue("i"), true)
			session.Item[int]("total").Update(s, 0, func(n int) int { return n + 1 })
		})
		mux.HandleFunc("/show", func(w http.ResponseWriter, r *http.Request) {
			s := session.From(r)
			fmt.Fprint(w, len(s.Names())-1, " ", session.Item[int]("total").Get(s, 0))
		})
		server := httptest.NewServer(m.Handler(mux))
		b := newBrowser(t, server)
		b.get("/begin")
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				if status, _ := b.get(fmt.Sprint("/set/", i)); status != 200 {
					t.Errorf("status %d", status)
				}
			})
		}
		wg.Wait()
		if _, got := b.get("/show"); got != "32 32" {
			t.Errorf("items and total: %s, want 32 32", got)
		}
		server.Close()
	}
}

// TestLogoutStaysALogout: a hundred requests have the session in hand when a
// logout is answered, and then go on to write. With IdleTimeout each of them
// would also save if it only read.
func TestLogoutStaysALogout(t *testing.T) {
	const n = 100
	for name, opts := range map[string]*session.Options{
		"writers":          nil,
		"idle readers":     {RefreshInterval: -1, IdleTimeout: 1 << 40},
		"save each reader": {RefreshInterval: -1, SaveEveryRequest: true},
	} {
		t.Run(name, func(t *testing.T) {
			inHand := newGate(n + 1)
			loggedOut := make(chan struct{})
			store := memstore.New()
			m := noerror.In(session.New(store, opts))
			mux := http.NewServeMux()
			mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
				session.From(r).CycleKey()
				session.From(r).Set("uid", 7)
			})
			mux.HandleFunc("/work", func(w http.ResponseWriter, r *http.Request) {
				s := session.From(r)
				inHand.pass()
				<-loggedOut
				session.Item[int]("uid").Get(s, 0)
				if name == "writers" {
					session.Item[int]("n").Update(s, 0, func(n int) int { return n + 1 })
				}
			})
			mux.HandleFunc("/logout", func(w http.ResponseWriter, r *http.Request) {
				inHand.pass()
				session.From(r).Flush()
			})
			mux.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, session.Item[int]("uid").Get(session.From(r), 0))
			})
			server := httptest.NewServer(m.Handler(mux))
			defer server.Close()
			b := newBrowser(t, server)
			b.get("/login")
			key := b.key()
			var wg sync.WaitGroup
			for range n {
				wg.Go(func() { checkInterrupted(t, server, key, name == "writers") })
			}
			b.get("/logout")
			close(loggedOut)
			wg.Wait()
			req, _ := http.NewRequest("GET", server.URL+"/who", nil)
			req.Header.Set("Cookie", "sessionid="+key)
			resp, err := server.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if uid := readAll(t, resp.Body); uid != "0" {
				t.Errorf("after the logout the old cookie is user %s", uid)
			}
			for rec, err := range session.List(t.Context(), store) {
				t.Errorf("a record is there: %v %v", rec.Expiry, err)
			}
		})
	}
}

// checkInterrupted sends one request that is overtaken by the logout.
func checkInterrupted(t *testing.T, server *httptest.Server, key string, writes bool) {
	req, _ := http.NewRequest("GET", server.URL+"/work", nil)
	req.Header.Set("Cookie", "sessionid="+key)
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	switch {
	case writes && resp.StatusCode != http.StatusBadRequest:
		t.Errorf("a writer got status %d, want 400", resp.StatusCode)
	case !writes && resp.StatusCode != http.StatusOK:
		t.Errorf("a reader got status %d, want 200", resp.StatusCode)
	case resp.Header["Set-Cookie"] != nil:
		t.Errorf("the cookie was touched: %v", resp.Header)
	}
}

// TestLoginKillsTheOldKey: fixation. The key from before a rotation opens
// nothing, even for requests that had loaded it.
func TestLoginKillsTheOldKey(t *testing.T) {
	for range 200 {
		store := newSpy()
		m := noerror.In(session.New(store, &session.Options{Logger: quiet}))
		old := keyOf(request(m, "", func(w http.ResponseWriter, r *http.Request) { session.From(r).Set("cart", 1) }))
		g := newGate(2)
		var wg sync.WaitGroup
		var rotated string
		wg.Go(func() {
			rotated = keyOf(request(m, old, func(w http.ResponseWriter, r *http.Request) {
				s := session.From(r)
				g.pass()
				s.CycleKey()
				s.Set("uid", 7)
			}))
		})
		wg.Go(func() {
			request(m, old, func(w http.ResponseWriter, r *http.Request) {
				s := session.From(r)
				g.pass()
				s.Set("color", "red")
			})
		})
		wg.Wait()
		recs := store.records()
		if len(recs) != 1 || recs[0].Key != rotated || rotated == old {
			t.Fatalf("%d records; the old key is alive: %v", len(recs), len(recs) > 0 && recs[0].Key == old)
		}
	}
}
