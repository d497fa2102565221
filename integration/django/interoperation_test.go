package django

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"

	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/servertest"
)

func TestMain(m *testing.M) {
	flag.Parse()
	servertest.Main(m)
}

// A scenario is something that visitors do at both sites. It is tried in each
// direction: begun here and ended at Django, and the other way round.
type scenario struct {
	name string

	// home and away are the two directions. What is nil is none, such as for a
	// scenario that has one direction only.
	home, away func(v *visitor)

	// missing says why an engine, or this Django, has nothing to try in a
	// direction; "" if it has. Nil is nothing missing.
	missing func(p *pair, direction string) string
}

const notHere = "not in this Django"

// TestInteroperation tries every scenario on every engine in each direction,
// and prints what came of it.
func TestInteroperation(t *testing.T) {
	djangotest.Python(t) // or there is nothing to do
	results := &table{cells: map[[3]string]string{}}
	t.Run("engines", func(t *testing.T) {
		for _, e := range allEngines {
			t.Run(e.name, func(t *testing.T) {
				t.Parallel()
				p := openPair(t, e)
				for _, s := range scenarios {
					results.try(t, p, s)
				}
			})
		}
	})
	results.print(t)
}

// A table has a cell for each engine, scenario and direction.
type table struct {
	mu    sync.Mutex
	cells map[[3]string]string
}

const (
	homeward = "Go → Django"
	awayward = "Django → Go"
)

func (x *table) try(t *testing.T, p *pair, s scenario) {
	t.Helper()
	for direction, run := range map[string]func(*visitor){homeward: s.home, awayward: s.away} {
		cell := [3]string{p.engine.name, s.name, direction}
		if run == nil {
			x.set(cell, "-") // the scenario has one direction
			continue
		}
		if s.missing != nil {
			if why := s.missing(p, direction); why != "" {
				x.set(cell, why)
				continue
			}
		}
		passed := t.Run(s.name+" "+direction, func(t *testing.T) { run(p.visitor(t)) })
		x.set(cell, map[bool]string{true: "passed", false: "FAILED"}[passed])
	}
}

func (x *table) set(cell [3]string, result string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.cells[cell] = result
}

// print fails for a cell that was never tried.
func (x *table) print(t *testing.T) {
	t.Helper()
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, direction := range []string{homeward, awayward} {
		fmt.Fprintf(w, "\n%s", direction)
		for _, e := range allEngines {
			fmt.Fprintf(w, "\t%s", e.name)
		}
		fmt.Fprintln(w)
		for _, s := range scenarios {
			fmt.Fprint(w, s.name)
			for _, e := range allEngines {
				result := x.cells[[3]string{e.name, s.name, direction}]
				if result == "" {
					result = "not tried"
					t.Errorf("%s, %s, %s: not tried", e.name, s.name, direction)
				}
				fmt.Fprintf(w, "\t%s", result)
			}
			fmt.Fprintln(w)
		}
	}
	_ = w.Flush()
	fmt.Fprint(os.Stdout, text.String())
}
