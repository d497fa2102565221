package django

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/internal/servertest"
)

// A cell of the table.
type cell struct {
	engine, scenario string
	direction        direction
}

// What a cell can say.
const (
	passed      = "passed"
	failed      = "FAILED"
	notInDjango = "not in this Django"
	notTried    = "not tried"
	absent      = "absent here" // a server, or a Django
)

// Scenarios that measure what Django does to Go's visitors.
const (
	atOnce         = "both write at once"
	atOnceMerging  = "both write, both compare"
	logouts        = "logouts while both write"
	logoutsMerging = "logouts, both compare"
)

// measures are what the table calls their figures.
var measures = []struct{ scenario, what string }{
	{atOnce, "overwritten by Django"},
	{atOnceMerging, "with jamsession_sessions"},
	{logouts, "brought back by Django"},
	{logoutsMerging, "with jamsession_sessions"},
}

// results are the cells that were tried.
var results = &table{cells: make(map[cell]string), lost: make(map[cell]string)}

type table struct {
	mu     sync.Mutex
	cells  map[cell]string
	lost   map[cell]string // what Django overwrote or brought back, of how much
	django string          // its version
}

func (r *table) ran(django *side) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.django = fmt.Sprintf("%d.%d", django.major, django.minor)
}

func (r *table) set(c cell, outcome string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cells[c] = outcome
}

func (r *table) measure(c cell, lost, of int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost[c] = fmt.Sprintf("%d of %d", lost, of)
}

func (r *table) get(c cell) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if outcome, ok := r.cells[c]; ok {
		return outcome
	}
	return notTried
}

// finish prints the table. A cell that was not tried fails the test, unless
// only some tests were asked for.
func (r *table) finish(t *testing.T, w io.Writer) {
	fmt.Fprint(w, r.String())
	if strings.Contains(r.String(), notTried) && flag.Lookup("test.run").Value.String() == "" {
		t.Error("there are cells that were not tried")
	}
}

func (r *table) String() string {
	var text strings.Builder
	row := func(columns ...any) { fmt.Fprintf(&text, tableRow, columns...) }
	rule := func() { fmt.Fprintf(&text, "| %[1]s | %[1]s---- | %[2]s | %[2]s |\n", dashes[:22], dashes[:18]) }
	row("Django "+r.django, "Scenario", directions[djangoFirst], directions[goFirst])
	rule()
	for _, e := range slices.Concat(engines, formats) {
		for _, s := range e.scenarios() {
			row(e.name, s.name, r.get(cell{e.name, s.name, djangoFirst}), r.get(cell{e.name, s.name, goFirst}))
		}
	}
	if !servertest.HasValkey() {
		row(valkey, "all", absent, absent)
	}
	rule()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range engines {
		for _, m := range measures {
			from, to := r.lost[cell{e.name, m.scenario, djangoFirst}], r.lost[cell{e.name, m.scenario, goFirst}]
			if from != "" {
				row(e.name, m.what, from, to)
			}
		}
	}
	return text.String()
}

const tableRow = "| %-22s | %-26s | %-18s | %-18s |\n"

const dashes = "------------------------------"
