package load

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestHistogramIsTrueToWithin1In64 compares with the sorted durations.
func TestHistogramIsTrueToWithin1In64(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var a, b histogram
	var all []time.Duration
	for i := range 10_001 {
		d := time.Duration(1) << rng.IntN(36)
		d += time.Duration(rng.Int64N(int64(d)))
		all = append(all, d)
		if i%2 == 0 {
			a.add(d)
		} else {
			b.add(d)
		}
	}
	a.merge(&b)
	slices.Sort(all)
	for _, q := range []float64{0, 0.01, 0.5, 0.9, 0.99, 0.999, 1} {
		want := all[min(int(q*float64(len(all))), len(all)-1)]
		if got := a.quantile(q); (got - want).Abs() > want/64 {
			t.Errorf("quantile %v: got %v, want %v", q, got, want)
		}
	}
}

func TestHistogramTakesAnyDuration(t *testing.T) {
	for _, d := range []time.Duration{-1, 0, 1, 63, 64, 127, 128, longest, longest + 1, 1<<63 - 1} {
		var h histogram
		h.add(d)
		want := min(max(d, 0), longest)
		if got := h.quantile(0.5); (got - want).Abs() > want/64 {
			t.Errorf("%d: got %d, want %d", d, got, want)
		}
	}
	if got := new(histogram).quantile(0.5); got != 0 {
		t.Errorf("the median of nothing is %v", got)
	}
}

func TestHistogramDoesNotAllocate(t *testing.T) {
	var h histogram
	if n := testing.AllocsPerRun(100, func() { h.add(time.Millisecond) }); n != 0 {
		t.Errorf("add allocates %v times", n)
	}
}
