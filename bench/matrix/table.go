package matrix

import (
	"fmt"
	"slices"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
)

// Section turns what was measured into tables, goals and bars.
func Section(groups []Group) report.Section {
	s := report.Section{Name: "matrix", Goals: goals(groups), Bars: bars(groups)}
	for _, e := range engines {
		var rows []Group
		for _, g := range groups {
			if g.Engine == e.name {
				rows = append(rows, g)
			}
		}
		if len(rows) > 0 {
			s.Tables = append(s.Tables, table(e.name, rows))
		}
	}
	return s
}

// table has a row for each group, and a column for each contender in any.
func table(engine string, groups []Group) report.Table {
	var peers []string
	for _, g := range groups {
		for _, r := range g.Results {
			own := slices.Contains([]string{floorName, ours, oursDjango}, r.Name)
			if !own && !slices.Contains(peers, r.Name) {
				peers = append(peers, r.Name)
			}
		}
	}
	t := report.Table{
		Title: engine,
		Columns: append([]string{
			"", "floor", "jamsession", "spread", "allocs", "× floor", "Django's codec",
		}, peers...),
	}
	for _, g := range groups {
		t.Rows = append(t.Rows, row(g, peers))
	}
	return t
}

func row(g Group, peers []string) []string {
	own, _ := g.find(ours)
	spread := fmt.Sprintf("±%.0f %%", own.Spread()*100)
	cells := []string{g.title(), "", report.Nanos(own.Median()), spread, allocs(own), "", ""}
	if floor, ok := g.find(floorName); ok {
		cells[1], cells[5] = report.Nanos(floor.Median()), report.Number(own.Times(floor))
	}
	if django, ok := g.find(oursDjango); ok {
		cells[6] = fmt.Sprintf("%s (%s)", report.Nanos(django.Median()), allocs(django))
	}
	for _, name := range peers {
		cell := ""
		if peer, ok := g.find(name); ok {
			cell = fmt.Sprintf("%s × (%s)", report.Number(peer.Times(own)), allocs(peer))
		}
		cells = append(cells, cell)
	}
	return cells
}

func allocs(r contest.Result) string { return fmt.Sprintf("%.0f", r.Allocs) }

// bars are the peers' times against ours for what a page does most.
func bars(groups []Group) (bars []report.Bar) {
	for _, g := range groups {
		if g.Goroutines > 1 || (g.Case != ReadCase && g.Case != ReadWriteCase) {
			continue
		}
		own, ok := g.find(ours)
		if !ok {
			continue
		}
		for _, r := range g.Results {
			if r.Name != ours && r.Name != oursDjango {
				bars = append(bars, report.Bar{
					Group: g.Engine + ", " + string(g.Case), Name: r.Name, Times: r.Times(own),
				})
			}
		}
	}
	return bars
}
