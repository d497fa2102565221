package main

import (
	"slices"
	"testing"

	"github.com/jamsession/jamsession/bench/capacity"
	"github.com/jamsession/jamsession/bench/report"
)

// TestNeedsAreComputed from the rows with the most sessions.
func TestNeedsAreComputed(t *testing.T) {
	load := report.Section{Name: "load", Tables: []report.Table{{
		Title: "End to end: memory", Columns: []string{"page, site", "processor"},
		Rows: [][]string{{"read, jamsession", "9 ms"}, {"read, no sessions", "30.0 µs"}},
	}}}
	sizes := report.Section{Name: "capacity", Tables: []report.Table{
		{Title: capacity.RoomTitle, Rows: [][]string{
			{"Redis", "1", "900"}, {"Redis", "10", "350"}, {"files", "1", "4000"},
		}},
		{Title: capacity.WorkTitle, Rows: [][]string{
			{"Redis", "1", "1 s", "1 s", "1 s", "1 s"},
			{"Redis", "10", "10.0 µs", "4 µs", "1 ms", "20 µs"},
			{"files", "1", "10 µs", "–", "70 µs", "–"},
		}},
	}}
	if got := needs([]report.Section{load}); got != nil {
		t.Errorf("without sizes it is %v", got)
	}
	got := needs([]report.Section{load, sizes})[0].Tables
	for i, want := range [][][]string{
		{{"Redis", "2", "0.20", "51.5", "1"}, {"files", "2", "–", "5", "–"}},
		{{"Redis", "10", "350", "35 GB"}, {"files", "1", "4000", "400 GB"}},
	} {
		if !slices.EqualFunc(got[i].Rows, want, slices.Equal) {
			t.Errorf("%s: %q, want %q", got[i].Title, got[i].Rows, want)
		}
	}
}
