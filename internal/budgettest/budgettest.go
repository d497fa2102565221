// Package budgettest holds requests to what they may allocate, on each engine. Times depend on
// the machine, and allocations do not: what makes the common request dearer is noticed when
// it is written.
package budgettest

import (
	"fmt"
	"math"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/session"
)

// A Budget is what one request may allocate at most.
type Budget struct {
	Allocs int
	Bytes  int // a tenth above what it is, for other releases of Go and of drivers
}

// A Case is a page and the session that it meets: one that has what a login sets and an
// item that is counted, and that was loaded before unless the case ends it.
type Case string

// The cases.
const (
	Untouched Case = "untouched"      // the page does not look at the session
	Read      Case = "read"           // it reads an item
	ReadLarge Case = "read of 64 KiB" // the same, beside an item of 64 KiB
	ReadWrite Case = "read+write"     // it counts an item up
	Create    Case = "create"         // a new session with the items of a login
	Rotate    Case = "rotate"         // a new key, as at a login
	Logout    Case = "logout"         // the session ends
	Items     Case = "20 000 items"   // they are set in a new session
)

const (
	userItem  = session.Item[string]("_auth_user_id")
	countItem = session.Item[int]("n")
)

// A request is how a case is made. Each runs on a session that prepare has filled, if it
// is there, and keeps it unless it is fresh.
type request struct {
	prepare, show func(s *session.Session)
	fresh         bool
	n             int // requests in a turn
}

var requests = map[Case]request{
	Untouched: {login, nil, false, 20},
	Read:      {login, look, false, 10},
	ReadLarge: {func(s *session.Session) {
		login(s)
		s.Set("pad", strings.Repeat("x", 64<<10))
	}, look, false, 10},
	ReadWrite: {login, func(s *session.Session) {
		countItem.Update(s, 0, func(n int) int { return n + 1 })
	}, false, 10},
	Create: {nil, login, true, 10},
	Rotate: {login, (*session.Session).CycleKey, false, 10},
	Logout: {login, (*session.Session).Flush, true, 10},
	Items: {nil, func(s *session.Session) {
		for i, name := range itemNames {
			s.Set(name, i)
		}
	}, true, 1},
}

var itemNames = func() (names []string) {
	for i := range 20_000 {
		names = append(names, fmt.Sprint("item ", i))
	}
	return names
}()

func login(s *session.Session) {
	userItem.Set(s, "1")
	s.Set("_auth_user_backend", "django.contrib.auth.backends.ModelBackend")
	s.Set("_auth_user_hash", strings.Repeat("0123456789abcdef", 4))
	countItem.Set(s, 1)
}

// look reads an item, which must be there: it would cost less to find nothing.
func look(s *session.Session) {
	if userItem.Get(s, "") != "1" {
		panic("budgettest: the session is not the one that was prepared")
	}
}

// Run measures each case that has a budget. The race detector allocates by itself, and so
// does a system of 32 bits for some numbers: nothing is measured there.
func Run(t *testing.T, m *session.Manager, budgets map[Case]Budget) {
	t.Helper()
	if raceEnabled || strconv.IntSize < 64 {
		return
	}
	for c, budget := range budgets {
		t.Run(string(c), func(t *testing.T) {
			r, ok := requests[c]
			if !ok {
				t.Fatal("there is no such case")
			}
			allocs, bytes := measure(t, m, r, budget)
			t.Logf("%d allocations, %d bytes", allocs, bytes)
			if allocs > budget.Allocs {
				t.Errorf("%d allocations, at most %d", allocs, budget.Allocs)
			}
			if bytes > budget.Bytes {
				t.Errorf("%d bytes, at most %d", bytes, budget.Bytes)
			}
		})
	}
}

// A case is measured so many times, and more if it is above its budget. The least counts:
// what goes on in the background, and what depends on the moment, only adds to it.
const turns, mostTurns = 4, 40

// measure returns what one request allocates.
func measure(t *testing.T, m *session.Manager, r request, budget Budget) (allocs, bytes int) {
	t.Helper()
	allocs, bytes = math.MaxInt, math.MaxInt
	page := m.Handler(pageOf(r.show))
	visitors := make([]visitor, r.n)
	for turn := range mostTurns {
		if turn > turns && allocs <= budget.Allocs && bytes <= budget.Bytes {
			break
		}
		for i := range visitors {
			cookie := visitors[i].cookie()
			if r.fresh || turn == 0 {
				cookie = r.begin(t, m)
			}
			visitors[i] = newVisitor(t, cookie)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := range visitors {
			page.ServeHTTP(&visitors[i], visitors[i].request)
		}
		runtime.ReadMemStats(&after)
		for i := range visitors {
			if visitors[i].status != http.StatusNoContent {
				t.Fatalf("status %d", visitors[i].status)
			}
		}
		if turn > 0 { // the first one warms up
			allocs = min(allocs, int(after.Mallocs-before.Mallocs)/r.n)
			bytes = min(bytes, int(after.TotalAlloc-before.TotalAlloc)/r.n)
		}
	}
	return allocs, bytes
}

// begin returns the cookie of a session that is prepared, and was shown unless it is fresh,
// or "".
func (r request) begin(t *testing.T, m *session.Manager) string {
	t.Helper()
	cookie := ""
	for _, show := range []func(s *session.Session){r.prepare, r.show} {
		if r.prepare != nil && (cookie == "" || !r.fresh) {
			v := newVisitor(t, cookie)
			m.Handler(pageOf(show)).ServeHTTP(&v, v.request)
			cookie = v.cookie()
		}
	}
	return cookie
}

func pageOf(show func(s *session.Session)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if show != nil {
			show(session.From(r))
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// A visitor makes one request, and is a ResponseWriter that costs nothing.
type visitor struct {
	request *http.Request
	header  http.Header
	status  int
}

func newVisitor(t *testing.T, cookie string) visitor {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	return visitor{request: r, header: make(http.Header)}
}

// cookie is what the visitor has after the request.
func (v *visitor) cookie() string {
	if lines := v.header["Set-Cookie"]; len(lines) > 0 {
		cookie, _, _ := strings.Cut(lines[len(lines)-1], ";")
		return cookie
	}
	if v.request == nil {
		return ""
	}
	return v.request.Header.Get("Cookie")
}

func (v *visitor) Header() http.Header         { return v.header }
func (v *visitor) Write(p []byte) (int, error) { return len(p), nil }
func (v *visitor) WriteHeader(status int)      { v.status = status }
