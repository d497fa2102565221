// Package report keeps what was measured and writes it down: as text for a
// terminal, and into the page docs/performance.md with its chart.
//
// A measuring program makes one [Section]. Sections are kept as JSON, so that
// the page can be written anew from what was measured at different times.
package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// A Section is what one program measured.
type Section struct {
	Name    string  `json:"name"`    // of its file, and of its place in the page
	Machine Machine `json:"machine"` // on which everything in it was measured
	Tables  []Table `json:"tables"`
	Goals   []Goal  `json:"goals"`
	Bars    []Bar   `json:"bars,omitempty"`
}

// A Table is text in columns; all but the first are aligned to the right.
type Table struct {
	Title   string     `json:"title"`
	Note    string     `json:"note,omitempty"` // what one must know to read it
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
}

// A Goal is a figure that was to be reached.
type Goal struct {
	What  string  `json:"what"`  // such as "memory: read, times faster than scs"
	Limit float64 `json:"limit"` // the least or the most that reaches it
	Least bool    `json:"least"` // the limit is the least; otherwise it is the most
	Got   float64 `json:"got"`
}

// Reached reports whether the goal is.
func (g Goal) Reached() bool {
	if g.Least {
		return g.Got >= g.Limit
	}
	return g.Got <= g.Limit
}

// want is the limit in words.
func (g Goal) want() string {
	if g.Least {
		return "at least " + Number(g.Limit)
	}
	return "at most " + Number(g.Limit)
}

// A Bar is one bar of the chart: how many times as long as jamsession
// something else takes.
type Bar struct {
	Group string  `json:"group"`
	Name  string  `json:"name"`
	Times float64 `json:"times"`
}

// Number formats a figure with as many digits as mean something.
func Number(x float64) string {
	switch {
	case x >= 100 || x == float64(int64(x)):
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	default:
		return fmt.Sprintf("%.2f", x)
	}
}

// Nanos formats a time per operation, given in nanoseconds.
func Nanos(ns float64) string {
	switch {
	case ns < 1e3:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 1e6:
		return Number(ns/1e3) + " µs"
	case ns < 1e9:
		return Number(ns/1e6) + " ms"
	default:
		return Number(ns/1e9) + " s"
	}
}

// Save keeps the section in a folder, in place of an older one.
func (s Section) Save(dir string) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, s.Name+".json"), append(text, '\n'), 0o644)
}

// Read returns the sections that a folder keeps, in order of name.
func Read(dir string) ([]Section, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	var sections []Section
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var s Section
		if err := json.Unmarshal(text, &s); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		sections = append(sections, s)
	}
	return sections, nil
}
