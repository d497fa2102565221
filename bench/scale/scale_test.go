package scale

import (
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
)

// TestRun runs everything in miniature. What it measures means nothing.
func TestRun(t *testing.T) {
	bed := contest.NewBed()
	defer bed.Close()
	var section report.Section
	err := bed.Try(func() { section = Run(t.Context(), bed, Small()) })
	switch {
	case err != nil && strings.HasPrefix(err.Error(), "not run:"): // no such server
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	if section.Name != "scale" || len(section.Tables) != 5 || len(section.Goals) != 3 {
		t.Errorf("section %q has %d tables and %d goals, want 5 and 3",
			section.Name, len(section.Tables), len(section.Goals))
	}
	for _, goal := range section.Goals {
		if !(goal.Got > 0) {
			t.Errorf("goal %q: nothing was measured", goal.What)
		}
	}
	for _, table := range section.Tables {
		for _, row := range table.Rows {
			last := len(row) - 1
			if table.Columns[last] == "failed" && row[last] != "0" {
				t.Errorf("%s, %s: %s operations failed", table.Title, row[0], row[last])
			}
		}
	}
}

// TestRows: one in five has expired, and the hot ones are others.
func TestRows(t *testing.T) {
	rows := tableOf(1000, 50)
	expired, keys := 0, map[string]bool{}
	for rec, ok := rows.next(); ok; rec, ok = rows.next() {
		if !rec.Expiry.After(rows.now) {
			expired++
		}
		if n := len(rec.Data); n < 250 || n > 400 {
			t.Errorf("a payload has %d bytes, want about 300", n)
		}
		if !regexp.MustCompile(`^[a-z0-9]{32}$`).MatchString(rec.Key) {
			t.Errorf("key %q", rec.Key)
		}
		keys[rec.Key] = true
	}
	if expired != 200 || len(keys) != 1000 || len(rows.hot) != 50 {
		t.Errorf("%d expired, %d keys, %d hot; want 200, 1000, 50", expired, len(keys), len(rows.hot))
	}
	for _, rec := range rows.hot {
		if !rec.Expiry.After(rows.now) {
			t.Errorf("a hot row has expired")
		}
	}
}

// TestArrivalsDoNotWait for those before: the load is the same when the
// database is slow, and the waiting of each is counted.
func TestArrivalsDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var taken times
		var begun atomic.Int64
		stop := make(chan struct{})
		time.AfterFunc(time.Second+time.Millisecond, func() { close(stop) })
		arrive(100, stop, &taken, func() error {
			begun.Add(1)
			time.Sleep(3 * time.Second)
			return nil
		})
		if begun.Load() != 100 || len(taken.all) != 100 || taken.quantile(0.01) != 3*time.Second {
			t.Errorf("%d began and %d were done, the fastest in %v; want 100, 100, 3s",
				begun.Load(), len(taken.all), taken.quantile(0.01))
		}
	})
}

func TestQuantile(t *testing.T) {
	var taken times
	for i := 100; i > 0; i-- {
		taken.add(time.Duration(i), nil)
	}
	for part, want := range map[float64]time.Duration{0: 1, 0.5: 51, 0.99: 100, 1: 100} {
		if got := taken.quantile(part); got != want {
			t.Errorf("quantile %v = %d, want %d", part, got, want)
		}
	}
}

// TestLastRound counts only if it is about as long as the others.
func TestLastRound(t *testing.T) {
	long := func(seconds int) round { return round{busy: spell{took: time.Duration(seconds) * time.Second}} }
	seconds := func(r round) float64 { return r.busy.took.Seconds() }
	for _, c := range []struct {
		rounds []round
		want   float64
	}{
		{[]round{long(4), long(6), long(1)}, 5},
		{[]round{long(4), long(6), long(5)}, 5},
		{[]round{long(1)}, 1},
	} {
		if got := overRounds(c.rounds, seconds); got != c.want {
			t.Errorf("the median of %d rounds is %v, want %v", len(c.rounds), got, c.want)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{5: "5", 1000: "1 000", 5_000_012: "5 000 012"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %q, want %q", n, got, want)
		}
	}
}
