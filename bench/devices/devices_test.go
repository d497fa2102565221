package devices

import (
	"strings"
	"testing"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
	"github.com/jamsession/jamsession/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

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
	if len(section.Tables) != 3 || len(section.Goals) != 10 {
		t.Errorf("%d tables and %d goals, want 3 and 10", len(section.Tables), len(section.Goals))
	}
	for _, goal := range section.Goals {
		if !(goal.Got != 0) {
			t.Errorf("goal %q: nothing was measured", goal.What)
		}
	}
}
