package crowd

import (
	"testing"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
)

// TestRun runs everything in miniature. What it measures means nothing.
func TestRun(t *testing.T) {
	bed := contest.NewBed()
	defer bed.Close()
	var section report.Section
	if err := bed.Try(func() { section = Run(t.Context(), bed, Small()) }); err != nil {
		t.Fatal(err)
	}
	if section.Name != "crowd" || len(section.Tables) != 5 || len(section.Goals) != 7 {
		t.Errorf("section %q has %d tables and %d goals, want 5 and 7",
			section.Name, len(section.Tables), len(section.Goals))
	}
	for _, goal := range section.Goals {
		if !(goal.Got > 0) {
			t.Errorf("goal %q: nothing was measured", goal.What)
		}
	}
}
