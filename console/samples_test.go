package console

import (
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/telemetry"
)

// TestSpansAreWhatWasCountedInThem, also where a minute has no sample, or the process is younger.
func TestSpansAreWhatWasCountedInThem(t *testing.T) {
	s := &samples{first: sample{minute: 1000, conflicts: 5}}
	for _, one := range []sample{{minute: 1001, conflicts: 6}, {minute: 1002, conflicts: 6}, {minute: 1004, conflicts: 16}} {
		s.add(one)
	}
	now := sample{minute: 1005, conflicts: 17}
	each, all := s.spans(now, 1, 8)
	want := []uint64{0, 0, 0, 1, 0, 0, 10, 1}
	for i, one := range each {
		if one.conflicts != want[i] {
			t.Errorf("bar %d has %d, want %d", i, one.conflicts, want[i])
		}
	}
	if all.conflicts != 12 || len(each) != len(want) {
		t.Errorf("%d in all of %d", all.conflicts, len(each))
	}
	if each, _ := s.spans(sample{minute: 1005 + 2*samplesKept, conflicts: 20}, 30, 48); each[0].conflicts != 0 {
		t.Errorf("two days later: %d", each[0].conflicts)
	}
}

// TestQuantileIsWithinItsBucket.
func TestQuantileIsWithinItsBucket(t *testing.T) {
	var s sample
	if got := s.quantile(.99); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
	s.loads[3], s.loads[9] = 99, 1 // up to 1 ms, and up to 100 ms
	for share, at := range map[float64]int{.5: 3, .98: 3, .999: 9} {
		low := telemetry.Bounds[at-1] * float64(time.Second)
		got, high := float64(s.quantile(share)), telemetry.Bounds[at]*float64(time.Second)
		if got < low || got > high {
			t.Errorf("%v: %v, want between %v and %v", share, got, low, high)
		}
	}
	s.loads[len(s.loads)-1] = 1000
	if got := s.quantile(.99); got != 10*time.Second {
		t.Errorf("beyond the last bound: %v", got)
	}
}

// TestChartFitsItsPicture.
func TestChartFitsItsPicture(t *testing.T) {
	for _, values := range [][]int{nil, {0, 0}, {1, 1_000_000, 3}, {-1, 5}} {
		c := newChart("Logins", "7", spans[0], values)
		for _, b := range c.Bars {
			if b.Y < 0 || b.Height < 1 || b.Y+b.Height != chartHeight || b.X+barWidth > c.Width {
				t.Errorf("%v: %+v in %d", values, b, c.Width)
			}
		}
	}
}
