package capacity

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
)

// TestRun measures a few sessions on every engine, which shows only that all of it runs: each
// reads what was filled in behind the store's back.
func TestRun(t *testing.T) {
	bed := contest.NewBed()
	defer bed.Close()
	var section report.Section
	err := bed.Try(func() {
		section = Run(t.Context(), bed, Options{Counts: []int{300}, MaxFiles: 300, Spell: 20 * time.Millisecond})
	})
	switch {
	case err != nil && strings.HasPrefix(err.Error(), "not run:"): // no such server
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	room, work := section.Tables[0], section.Tables[1]
	if len(room.Rows) != len(engines) || len(work.Rows) != len(engines) {
		t.Errorf("%d rows of room and %d of work", len(room.Rows), len(work.Rows))
	}
	for _, row := range slices.Concat(room.Rows, work.Rows) {
		if row[2] == "0" || row[2] == "0 ns" || row[4] == "0 ns" {
			t.Errorf("nothing was measured: %q", row)
		}
	}
}

// TestKeysDiffer, are the same each time, and rise if they are in order.
func TestKeysDiffer(t *testing.T) {
	for _, inOrder := range []bool{false, true} {
		f := filling{n: 1000, inOrder: inOrder}
		var keys []string
		for i := range f.n {
			keys = append(keys, f.key(i))
			if len(keys[i]) != 32 || strings.Trim(keys[i], alphabet) != "" || f.key(i) != keys[i] {
				t.Fatalf("key %q, and then %q", keys[i], f.key(i))
			}
		}
		if slices.IsSorted(keys) != inOrder {
			t.Errorf("in order is %v", !inOrder)
		}
		slices.Sort(keys)
		if len(slices.Compact(keys)) != f.n {
			t.Error("two sessions have the same key")
		}
	}
}
