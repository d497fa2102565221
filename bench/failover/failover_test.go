package failover

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/internal/servertest"
)

// TestSynchronousStandbyLosesNothing, in miniature.
func TestSynchronousStandbyLosesNothing(t *testing.T) {
	o := Options{
		Visitors: 4, Every: 5 * time.Millisecond, Before: 300 * time.Millisecond,
		Quiet: time.Second, Limit: 30 * time.Second,
		Only: []string{"PostgreSQL, synchronous standby, two hosts in the URL"},
	}
	bed := contest.NewBed()
	defer bed.Close()
	err := bed.Try(func() {
		section := Run(t.Context(), bed, o)
		if len(section.Goals) != 2 || len(section.Tables[0].Rows) != 1 {
			t.Fatalf("%+v", section)
		}
		for _, g := range section.Goals {
			if !g.Reached() {
				t.Errorf("%s: %v", g.What, g.Got)
			}
		}
	})
	switch {
	case err != nil && strings.HasPrefix(err.Error(), "not run:"): // no such server
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
}

// TestLossesAreCounted: a server that forgets all loses the changes of every visitor.
func TestLossesAreCounted(t *testing.T) {
	bed := contest.NewBed()
	defer bed.Close()
	err := bed.Try(func() {
		r := &run{Bed: bed, ctx: t.Context(), options: Options{Visitors: 2}}
		server := servertest.StartRedisWith(r)
		on := r.open(r.cache("redis://" + server.Addr))
		c := &crowd{r: r, site: on}
		for i := range 2 {
			v := &visitor{crowd: c, number: i}
			c.visitors = append(c.visitors, v)
			for _, step := range []func(){v.enter, v.end, v.enter, v.add, v.add, v.read} {
				step()
			}
		}
		if got := c.result(time.Now(), on); got.sessionsLost+got.changesLost+got.logoutsUndone != 0 {
			t.Errorf("nothing was lost, but %+v", got)
		}
		r.do(server, "FLUSHALL")
		got := c.result(time.Now(), on)
		if got.sessionsLost != 2 || got.changesLost != 2*3 || got.requests != 12 {
			t.Errorf("two sessions with two changes each were lost, but %+v", got)
		}
		back := c.visitors[0]
		back.enter()
		back.ended = append(back.ended, back.cookie)
		if got := c.result(time.Now(), on); got.logoutsUndone != 1 {
			t.Errorf("a session is back after its logout, but %+v", got)
		}
	})
	if err != nil && strings.HasPrefix(err.Error(), "not run:") {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
}

// TestTimesAreThoseAfterTheKill.
func TestTimesAreThoseAfterTheKill(t *testing.T) {
	killed := time.Now()
	at := func(ms, took, session, status int) answer {
		end := killed.Add(time.Duration(ms) * time.Millisecond)
		return answer{session, end.Add(-time.Duration(took) * time.Millisecond), end, status}
	}
	c := &crowd{answers: []answer{
		at(-100, 1, 1, http.StatusServiceUnavailable), at(-50, 1, 1, http.StatusOK),
		at(10, 1, 1, http.StatusOK), at(20, 1, 2, http.StatusServiceUnavailable),
		at(30, 1, 1, http.StatusOK), at(40, 1, 2, http.StatusOK), at(60, 1, 2, 0),
		at(70, 1, 2, http.StatusOK), at(3000, 1200, 1, http.StatusOK), at(4000, 1, 1, http.StatusOK),
	}}
	want := result{
		requests: 10, unavailable: 2, otherFailures: 1, firstSuccess: 40 * time.Millisecond,
		lastFailure: 3 * time.Second, longest: 1200 * time.Millisecond,
	}
	if got := c.result(killed, nil); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
