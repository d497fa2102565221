package failover

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"time"

	"github.com/jamsession/jamsession/session"
)

// A crowd are the visitors of a site.
type crowd struct {
	r        *run
	site     *site
	stop     chan struct{}
	stopped  sync.Once
	visiting sync.WaitGroup
	visitors []*visitor

	mu      sync.Mutex
	answers []answer
}

// An answer is one that a visitor got.
type answer struct {
	session    int // 0: it was to begin one
	begin, end time.Time
	status     int
}

func (a answer) failed() bool {
	return a.status != http.StatusOK && a.status != http.StatusUnauthorized
}

// slow is when a visitor takes an answer for a failure.
const slow = time.Second

// gather returns when all visitors have a session and have begun to use it.
func (r *run) gather(on *site) *crowd {
	c := &crowd{r: r, site: on, stop: make(chan struct{})}
	for i := range r.options.Visitors {
		v := &visitor{crowd: c, number: i}
		if v.enter(); v.cookie == nil {
			r.Fatalf("a visitor got no session: %s", c.lastFailure())
		}
		c.visitors = append(c.visitors, v)
	}
	for _, v := range c.visitors {
		c.visiting.Go(v.visit)
	}
	r.Cleanup(c.leave)
	return c
}

// leave returns when the last request has been answered.
func (c *crowd) leave() {
	c.stopped.Do(func() { close(c.stop) })
	c.visiting.Wait()
}

// lastTrouble returns when an answer last failed or was slow, after the kill.
func (c *crowd) lastTrouble(killed time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := killed
	for _, a := range c.answers {
		if (a.failed() || a.end.Sub(a.begin) >= slow) && a.end.After(last) {
			last = a.end
		}
	}
	return last
}

func (c *crowd) lastFailure() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := len(c.answers) - 1; i >= 0; i-- {
		if c.answers[i].failed() {
			return fmt.Sprintf("status %d", c.answers[i].status)
		}
	}
	return "too slowly"
}

// result adds up, and looks by another site, which remembers nothing, at what the servers have.
func (c *crowd) result(killed time.Time, fresh *site) result {
	all := result{requests: len(c.answers), lastFailure: c.lastTrouble(killed).Sub(killed)}
	failing := map[int]bool{}
	for _, a := range c.answers {
		all.longest = max(all.longest, a.end.Sub(a.begin))
		switch {
		case a.status == http.StatusServiceUnavailable:
			all.unavailable++
		case a.failed():
			all.otherFailures++
		case failing[a.session] && all.firstSuccess == 0:
			all.firstSuccess = a.end.Sub(killed)
		}
		if a.failed() && a.end.After(killed) && a.session != 0 {
			failing[a.session] = true
		}
	}
	for _, v := range c.visitors {
		v.crowd = &crowd{r: c.r, site: fresh}
		if v.cookie != nil {
			v.read()
		}
		all.changesLost += v.changesLost
		all.sessionsLost += v.sessionsLost
		for _, cookie := range v.ended {
			if fresh.get("/read", cookie).status == http.StatusOK {
				all.logoutsUndone++
			}
		}
	}
	return all
}

// A visitor has one session at a time. Only one goroutine uses it.
type visitor struct {
	crowd  *crowd
	number int

	cookie  *http.Cookie
	entered int  // how often
	count   int  // that was acknowledged last
	ending  bool // a logout failed, so that it may have been done

	ended                     []*http.Cookie // of sessions whose logout was acknowledged
	changesLost, sessionsLost int
}

// leaveEach is how many requests a visitor makes for each logout.
const leaveEach = 20

func (v *visitor) visit() {
	tick := time.NewTicker(v.crowd.r.options.Every)
	defer tick.Stop()
	for i := 1; ; i++ {
		select {
		case <-v.crowd.stop:
			return
		case <-tick.C:
		}
		switch {
		case v.cookie == nil:
			v.enter()
		case i%leaveEach == 0:
			v.end()
		case i%2 == 0:
			v.read()
		default:
			v.add()
		}
	}
}

func (v *visitor) ask(path string) reply {
	begin := time.Now()
	got := v.crowd.site.get(path, v.cookie)
	v.crowd.mu.Lock()
	defer v.crowd.mu.Unlock()
	v.crowd.answers = append(v.crowd.answers, answer{v.session(), begin, time.Now(), got.status})
	return got
}

// session is a number that no other session has.
func (v *visitor) session() int {
	if v.cookie == nil {
		return 0
	}
	return v.entered*v.crowd.r.options.Visitors + v.number + 1
}

// enter begins a session.
func (v *visitor) enter() {
	if got := v.ask("/enter"); got.status == http.StatusOK {
		v.cookie, v.count, v.ending = got.cookie, 1, false
		v.entered++
	}
}

func (v *visitor) read() { v.expect(v.ask("/read"), v.count) }

func (v *visitor) add() { v.expect(v.ask("/add"), v.count+1) }

// expect compares an answer with what was acknowledged before. A higher count is not a loss,
// since a change whose answer failed may have been made.
func (v *visitor) expect(got reply, least int) {
	switch got.status {
	case http.StatusOK:
		v.changesLost += max(0, least-got.count)
		v.count = got.count
	case http.StatusUnauthorized:
		if !v.ending {
			v.sessionsLost++
			v.changesLost += v.count
		}
		v.cookie = nil
	}
}

// end logs out.
func (v *visitor) end() {
	switch got := v.ask("/end"); got.status {
	case http.StatusOK:
		v.ended = append(v.ended, v.cookie)
		v.cookie = nil
	case http.StatusUnauthorized:
		v.expect(got, v.count)
	default:
		v.ending = true
	}
}

// A site is one of settings, with a few pages.
type site struct {
	handler http.Handler
	ctx     context.Context
}

// A reply is what a page says.
type reply struct {
	status, count int
	cookie        *http.Cookie
}

// get asks for a page.
func (s *site) get(path string, cookie *http.Cookie) (got reply) {
	defer func() {
		if v := recover(); v != nil {
			if err, ok := v.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			got.status = 0 // the connection would have been closed
		}
	}()
	r := httptest.NewRequestWithContext(s.ctx, http.MethodGet, path, nil)
	if cookie != nil {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	got.status = w.Code
	got.count, _ = strconv.Atoi(w.Body.String())
	for _, c := range w.Result().Cookies() {
		if c.Name == "sessionid" {
			got.cookie = c
		}
	}
	return got
}

// pages count the changes of a visitor.
const countItem = session.Item[int]("count")

func pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/enter", func(_ http.ResponseWriter, r *http.Request) {
		countItem.Set(session.From(r), 1)
	})
	inside := func(page func(s *session.Session, count int) int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			s := session.From(r)
			count := countItem.Get(s, 0)
			if count == 0 {
				http.Error(w, "There is no session.", http.StatusUnauthorized)
				return
			}
			_, _ = w.Write([]byte(strconv.Itoa(page(s, count))))
		}
	}
	mux.HandleFunc("/read", inside(func(_ *session.Session, count int) int { return count }))
	mux.HandleFunc("/add", inside(func(s *session.Session, count int) int {
		countItem.Set(s, count+1)
		return count + 1
	}))
	mux.HandleFunc("/end", inside(func(s *session.Session, count int) int {
		s.Flush()
		return count
	}))
	return mux
}
