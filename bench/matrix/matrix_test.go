package matrix

import (
	"io"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/internal/servertest"
)

func TestMain(m *testing.M) {
	expiredSessions = 100
	servertest.Main(m)
}

// TestEverySiteDoesTheSame: what is compared must be comparable. Each library
// counts, reads and rotates, and each floor runs.
func TestEverySiteDoesTheSame(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			bed := contest.NewBed()
			defer bed.Close()
			var entrants []entrant
			if err := bed.Try(func() { entrants = e.open(bed) }); err != nil {
				servertest.Missing(t, err.Error())
			}
			for _, c := range e.cases {
				for _, contender := range contenders(entrants, c) {
					ops := contender.Ops(2)
					if contender.Reset != nil {
						contender.Reset()
					}
					if contender.Prepare != nil {
						contender.Prepare(2)
					}
					for _, op := range ops {
						op()
						if !contender.Once {
							op()
						}
					}
				}
			}
			for _, entrant := range entrants {
				if entrant.site != nil {
					counts(t, entrant)
				}
			}
		})
	}
}

// TestPassesAreOneMeasurement: each group is there once, with the rounds of all
// passes.
func TestPassesAreOneMeasurement(t *testing.T) {
	rounds := contest.Rounds{Count: 2, Turn: time.Microsecond}
	groups, missing := Measure(3, rounds, regexp.MustCompile("^signed_cookies / read$"), io.Discard)
	if len(groups) != 1 || len(missing) != 0 {
		t.Fatalf("%d groups, and %q is missing, want one and nothing", len(groups), missing)
	}
	for _, r := range groups[0].Results {
		if len(r.Nanos) != 6 {
			t.Errorf("%s has %d rounds, want 6", r.Name, len(r.Nanos))
		}
	}
}

// counts fails unless an item that is counted up is saved each time, and
// another visitor has a separate one.
func counts(t *testing.T, e entrant) {
	t.Helper()
	first, second := e.site.visit(Fill)(""), e.site.visit(Fill)("")
	visit := e.site.visit(ReadWrite)
	for range 3 {
		if set := visit(first); set != "" {
			first = set
		}
	}
	for i, cookie := range []string{first, second} {
		e.site.visit(Show)(cookie)
		if want := []int{4, 1}[i]; shown != want {
			t.Errorf("%s: visitor %d counted to %d, want %d", e.name, i+1, shown, want)
		}
	}
}

// BenchmarkMatrix is each contender by itself, for profiles and for benchstat.
func BenchmarkMatrix(b *testing.B) {
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			bed := contest.NewBed()
			defer bed.Close()
			var entrants []entrant
			if err := bed.Try(func() { entrants = e.openApart(bed) }); err != nil {
				b.Skipf("not run: %v", err)
			}
			for _, entrant := range entrants {
				for _, g := range e.groups(all) {
					contender, ok := entrant.contender(g.Case)
					if !ok || contender.Once {
						continue
					}
					b.Run(g.title()+"/"+entrant.name, func(b *testing.B) { run(b, contender, g.Goroutines) })
				}
			}
		})
	}
}

var all = regexp.MustCompile("")

func run(b *testing.B, c contest.Contender, goroutines int) {
	ops := c.Ops(goroutines)
	if c.Reset != nil {
		c.Reset()
	}
	if c.Prepare != nil {
		c.Prepare(b.N)
		b.ResetTimer()
	}
	b.ReportAllocs()
	if goroutines > 1 {
		runTogether(b, ops)
		return
	}
	if c.Prepare != nil { // for exactly so many
		for range b.N {
			ops[0]()
		}
		return
	}
	for b.Loop() {
		ops[0]()
	}
}

// runTogether runs each op in a goroutine; they share b.N.
func runTogether(b *testing.B, ops []func()) {
	b.ResetTimer()
	var left atomic.Int64
	left.Store(int64(b.N))
	var done sync.WaitGroup
	for _, op := range ops {
		done.Go(func() {
			for left.Add(-1) >= 0 {
				op()
			}
		})
	}
	done.Wait()
}
