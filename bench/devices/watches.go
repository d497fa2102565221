package devices

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
	"github.com/jamsession/jamsession/internal/servertest"
)

// asking is another site of which this one hears by its own look only.
const asking = "another, without a push"

// A watched login has some watches open.
type watched struct {
	user   auth.User
	cookie *http.Cookie
	tabs   []context.Context
}

// watches opens many, and ends some of their logins here and at another site.
func (r *run) watches(databases []database) report.Table {
	count := r.size.Logins * r.size.Tabs
	t := report.Table{
		Title: fmt.Sprintf("From the end of a login to that of its %d watches, of %d", r.size.Tabs, count),
		Note: "The median, and the longest. Another site has a pool of its own and hears of it by what" +
			" carries the word, or by asking every second.",
		Columns: []string{"database", "ended by", "median", "longest"},
	}
	redis := "redis://" + servertest.Redis(r).Addr + "/0"
	for n, c := range []struct{ by, push string }{
		{"the same site", ""},
		{"another, LISTEN", databases[1].url},
		{"another, Redis", redis},
		{asking, ""},
	} {
		d := databases[1]
		flags := map[string]string{"DEVICE_PUSH_URL": c.push}
		here := r.open(d, flags)
		ending := here
		if c.by != "the same site" {
			ending = r.open(d, flags)
		}
		logins := r.logins(here, n)
		held := r.hold(here, logins, "/hold")
		bytes := r.hold(here, logins, "/watch") - held
		endings := r.size.Endings
		if c.by == asking {
			endings = min(endings, 5)
		}
		times := r.end(ending, logins, endings)
		r.Logf("ended by %s: %.0f", c.by, times)
		t.Rows = append(t.Rows, []string{
			d.name, c.by, report.Nanos(contest.Median(times)), report.Nanos(longest(times)),
		})
		if c.by == "the same site" {
			r.out.Goals = append(r.out.Goals, report.Goal{
				What:  fmt.Sprintf("one of %d watches: bytes", count),
				Limit: 2048, Got: float64(bytes) / float64(count),
			})
		}
		if c.by != asking {
			r.out.Goals = append(r.out.Goals, report.Goal{
				What:  "from the end of a login, by " + c.by + ", to that of its watches: milliseconds",
				Limit: 100, Got: contest.Median(times) / 1e6,
			})
		}
		r.check("close", here.Devices().Close())
	}
	return t
}

// logins makes users who are logged in.
func (r *run) logins(s *site, n int) []*watched {
	all := make([]*watched, r.size.Logins)
	for i := range all {
		user := s.addUser(fmt.Sprint("watcher", n, "-", i))
		all[i] = &watched{user: user, cookie: s.login(user)}
	}
	return all
}

// hold opens all tabs of logins, and returns how many bytes they take.
func (r *run) hold(s *site, logins []*watched, path string) int64 {
	for _, w := range logins {
		w.tabs = make([]context.Context, r.size.Tabs)
	}
	before := inUse()
	for _, w := range logins {
		for i := range w.tabs {
			s.ask(path, &w.tabs[i], w.cookie)
		}
	}
	return inUse() - before
}

// inUse returns how much memory is in use, that of goroutines included.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// end ends logins one after the other, and returns how long their watches took to end.
func (r *run) end(s *site, logins []*watched, count int) (times []float64) {
	for _, w := range logins[:count] {
		list, err := s.Devices().ListUser(r.ctx, w.user.ID)
		r.check("list", err)
		begin := time.Now()
		r.check("end", s.Devices().EndDevice(r.ctx, w.user.ID, list[0].ID))
		for _, tab := range w.tabs {
			select {
			case <-tab.Done():
			case <-time.After(time.Minute):
				r.Fatalf("a watch did not end in a minute")
			}
		}
		times = append(times, float64(time.Since(begin)))
	}
	for _, w := range logins[count:] {
		if err := w.tabs[0].Err(); err != nil {
			r.Fatalf("a watch of another login ended: %v", context.Cause(w.tabs[0]))
		}
	}
	return times
}

func longest(times []float64) (most float64) {
	for _, t := range times {
		most = max(most, t)
	}
	return most
}
