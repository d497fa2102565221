package load

import (
	"testing"
	"time"

	"github.com/jamsession/jamsession/bench/contest"
)

// did makes an entrant that took this long for each answer, in two rounds.
func did(engine, name string, nanos float64) *entrant {
	e := &entrant{contender: contender{engine: engine, name: name}, runs: make(map[workload]*run)}
	for _, p := range pages {
		r := &run{Result: contest.Result{Name: name, Nanos: []float64{nanos, 10 * nanos}}, cpu: time.Second}
		r.latencies.add(time.Millisecond)
		e.runs[workload{p, 32}] = r
	}
	return e
}

// TestGoals: each is how many times as many requests a second the first has.
func TestGoals(t *testing.T) {
	all := results{sites: []*entrant{
		did(onMemory, noSessions, 95), did(onMemory, ours, 100), did(onMemory, scsName, 300),
		did(onSQLite, ours, 100), did(onSQLite, scsName, 170),
		did(onSQLite, oursDjango, 120), did(onSQLite, djangoName, 1320),
	}}
	want := []struct {
		got     float64
		reached bool
	}{{3, true}, {1.7, false}, {0.95, true}, {11, true}}
	goals := all.goals(32)
	if len(goals) != len(want) {
		t.Fatalf("got %+v", goals)
	}
	for i, g := range goals {
		if d := g.Got - want[i].got; d*d > 1e-9 || g.Reached() != want[i].reached {
			t.Errorf("%s: got %v, reached %v; want %v", g.What, g.Got, g.Reached(), want[i])
		}
	}
}

// TestTable: rates, and what part they are of jamsession's.
func TestTable(t *testing.T) {
	o := Options{Connections: []int{32}, Rounds: 2}
	table := o.table(engine{name: onMemory}, []*entrant{did(onMemory, ours, 1e6), did(onMemory, scsName, 2e6)})
	if row := table.Rows[1]; row[0] != "read, scs" || row[1] != "91" || row[2] != "0.50" || row[5] != "1 s" {
		t.Errorf("got %q", row)
	}
}
