package contest

import (
	"math"
	"sync/atomic"
	"testing"
	"time"
)

// TestContendersTakeTurns: each has one in each round, and none twice at once.
func TestContendersTakeTurns(t *testing.T) {
	var running, overlaps atomic.Int32
	contender := func(name string) Contender {
		return Contender{Name: name, Ops: func(goroutines int) []func() {
			op := func() {
				if running.Add(1) > int32(goroutines) {
					overlaps.Add(1)
				}
				running.Add(-1)
			}
			ops := make([]func(), goroutines)
			for i := range ops {
				ops[i] = op
			}
			return ops
		}}
	}
	results := Rounds{Count: 5, Turn: time.Millisecond}.Run(4, []Contender{contender("a"), contender("b")})
	if overlaps.Load() > 0 {
		t.Error("two contenders ran at the same time")
	}
	for i, name := range []string{"a", "b"} {
		if r := results[i]; r.Name != name || len(r.Nanos) != 5 || r.Median() <= 0 {
			t.Errorf("%+v", r)
		}
	}
}

// TestOnceIsOnce: what uses up its preparation runs once after each.
func TestOnceIsOnce(t *testing.T) {
	prepared, ran := 0, 0
	Rounds{Count: 9, Turn: time.Hour}.Run(1, []Contender{{
		Once: true, Reset: func() { prepared++ },
		Ops: func(int) []func() { return []func(){func() { ran++ }} },
	}})
	if prepared != maxOnce || ran != maxOnce {
		t.Errorf("prepared %d times, ran %d times, want %d", prepared, ran, maxOnce)
	}
}

func TestAllocationsAreCounted(t *testing.T) {
	var sink []byte
	results := Rounds{Count: 1, Turn: time.Millisecond}.Run(1, []Contender{{
		Ops: func(int) []func() { return []func(){func() { sink = make([]byte, 1000) }} },
	}})
	_ = sink
	if r := results[0]; math.Round(r.Allocs) != 1 || r.Bytes < 1000 || r.Bytes > 1500 {
		t.Errorf("%.2f allocations of %.0f bytes, want 1 of 1024", r.Allocs, r.Bytes)
	}
}

// TestDriftHitsAllAlike: of two contenders the ratio within the rounds counts,
// even if the machine was twice as slow in some.
func TestDriftHitsAllAlike(t *testing.T) {
	a := Result{Nanos: []float64{100, 200, 100, 400, 100}}
	b := Result{Nanos: []float64{50, 100, 50, 200, 50}}
	if got := a.Times(b); got != 2 {
		t.Errorf("Times is %v, want 2", got)
	}
	if a.Median() != 100 || b.Spread() <= 0 {
		t.Errorf("median %v, spread %v", a.Median(), b.Spread())
	}
	if got := (Result{Nanos: []float64{3, 1}}).Median(); got != 2 {
		t.Errorf("median of two is %v, want 2", got)
	}
}
