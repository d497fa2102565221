// Package contest measures contenders side by side.
//
// Machines are noisy, and drift while one measures. So the contenders of a
// group take turns in many short rounds, in another order each time, and what
// counts is the ratio of two contenders within one round.
package contest

import (
	"math"
	"runtime"
	"slices"
	"sync"
	"time"
)

// A Contender is one way to do what its group is about.
type Contender struct {
	Name string

	// Ops returns one function for each of that many goroutines. Each call of
	// a function is one operation; it panics if the operation goes wrong.
	Ops func(goroutines int) []func()

	// Reset, if not nil, runs before each turn, untimed.
	Reset func()

	// Prepare, if not nil, runs before each turn, untimed, for operations that use something
	// up: each function is called so many times.
	Prepare func(calls int)

	// Once: an operation uses up what Reset prepared, so a turn is one call.
	Once bool
}

// A Result is what one contender did in all rounds.
type Result struct {
	Name   string
	Nanos  []float64 // per operation, by round
	Allocs float64   // per operation
	Bytes  float64   // allocated, per operation
}

// Rounds says how long to measure.
type Rounds struct {
	Count int
	Turn  time.Duration // of each contender in each round
}

// maxOnce is how many turns those have at most whose preparation takes long.
const maxOnce = 2

// Run makes the contenders take turns and returns their results in the order
// of the contenders.
func (r Rounds) Run(goroutines int, contenders []Contender) []Result {
	runners := make([]*runner, len(contenders))
	results := make([]Result, len(contenders))
	for i, c := range contenders {
		runners[i] = newRunner(c, goroutines, r.Turn)
		results[i].Name = c.Name
	}
	for round := range r.Count {
		for i := range contenders {
			j := (i + round) % len(contenders)
			if contenders[j].Once && round >= maxOnce {
				continue
			}
			t := runners[j].turn()
			results[j].Nanos = append(results[j].Nanos, t.nanos)
			results[j].Allocs, results[j].Bytes = t.allocs, t.bytes
		}
	}
	return results
}

// A runner is a contender with the number of operations that fill a turn.
type runner struct {
	Contender
	ops []func()
	n   int // operations a goroutine
}

type turn struct{ nanos, allocs, bytes float64 }

func newRunner(c Contender, goroutines int, length time.Duration) *runner {
	r := &runner{Contender: c, ops: c.Ops(goroutines), n: 1}
	if c.Once {
		return r
	}
	for { // this also warms up
		took := r.turn().nanos * float64(r.n*len(r.ops))
		if took >= float64(length)/2 || r.n >= 1<<26 {
			r.n = max(1, int(float64(r.n)*float64(length)/took))
			return r
		}
		r.n = int(math.Ceil(float64(r.n) * min(10, max(1.5, float64(length)/took))))
	}
}

// turn runs the contender's operations once. Garbage of others is collected
// before, its own counts.
func (r *runner) turn() turn {
	if r.Reset != nil {
		r.Reset()
	}
	if r.Prepare != nil {
		r.Prepare(r.n)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	begin := time.Now()
	r.run()
	took := time.Since(begin)
	runtime.ReadMemStats(&after)
	n := float64(r.n * len(r.ops))
	return turn{
		nanos:  float64(took) / n,
		allocs: float64(after.Mallocs-before.Mallocs) / n,
		bytes:  float64(after.TotalAlloc-before.TotalAlloc) / n,
	}
}

func (r *runner) run() {
	if len(r.ops) == 1 {
		repeat(r.ops[0], r.n)
		return
	}
	var wg sync.WaitGroup
	for _, op := range r.ops {
		wg.Go(func() { repeat(op, r.n) })
	}
	wg.Wait()
}

func repeat(op func(), n int) {
	for range n {
		op()
	}
}

// Add appends the rounds of another measurement of the same.
func (r *Result) Add(other Result) {
	r.Nanos = append(r.Nanos, other.Nanos...)
	r.Allocs, r.Bytes = other.Allocs, other.Bytes
}

// Median returns the nanoseconds of an operation.
func (r Result) Median() float64 { return Median(r.Nanos) }

// Spread is half the distance between the quartiles, as part of the median.
func (r Result) Spread() float64 {
	s := slices.Sorted(slices.Values(r.Nanos))
	return (s[len(s)*3/4] - s[len(s)/4]) / 2 / Median(s)
}

// Times returns how many times as long as other r takes: the median of the
// ratios of each round.
func (r Result) Times(other Result) float64 {
	ratios := make([]float64, len(r.Nanos))
	for i := range ratios {
		ratios[i] = r.Nanos[i] / other.Nanos[i]
	}
	return Median(ratios)
}

// Median returns the middle of some figures, of which there must be one.
func Median(xs []float64) float64 {
	s := slices.Sorted(slices.Values(xs))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}
