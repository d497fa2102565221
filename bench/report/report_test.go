package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var example = Section{
	Name:    "matrix",
	Machine: Machine{Date: "2026-11-27", System: "a machine", Go: "go1.26", Versions: []string{"x v1"}},
	Tables:  []Table{{Title: "memory", Columns: []string{"", "µs"}, Rows: [][]string{{"read", "1.2"}, {"write", "10"}}}},
	Goals: []Goal{
		{What: "read: times faster", Limit: 20, Least: true, Got: 31.25},
		{What: "read: allocations", Limit: 6, Got: 7},
	},
	Bars: []Bar{{Group: "memory, read", Name: "floor", Times: 0.5}, {Group: "memory, read", Name: "a <peer>", Times: 20}},
}

const page = "# Page\n\n<!-- measured: goals -->\nold\n<!-- end -->\n\n<!-- measured: matrix -->\n<!-- end -->\nrest\n"

// TestPageIsWrittenBetweenItsMarks, again and again, from what was kept.
func TestPageIsWrittenBetweenItsMarks(t *testing.T) {
	dir, path := t.TempDir(), filepath.Join(t.TempDir(), "page.md")
	if err := errors.Join(example.Save(dir), os.WriteFile(path, []byte(page), 0o600)); err != nil {
		t.Fatal(err)
	}
	sections, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	var first []byte
	for range 2 {
		if err := WritePages([]string{path}, sections); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && !bytes.Equal(first, got) {
			t.Errorf("written twice it differs:\n%s", got)
		}
		first = got
	}
	for _, want := range []string{
		"| read: times faster | at least 20 | 31.2 | yes |", "| read: allocations | at most 6 | 7 | **no** |",
		"| write | 10 |", "Measured on 2026-11-27: a machine, go1.26.", "\nrest\n",
	} {
		if !strings.Contains(string(first), want) {
			t.Errorf("%q is missing in\n%s", want, first)
		}
	}
	if strings.Contains(string(first), "old") {
		t.Error("what stood there before was left")
	}
}

func TestSectionWithoutMarkIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(path, []byte("# Page\n<!-- measured: goals -->\n<!-- end -->\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WritePages([]string{path}, []Section{example}); err == nil ||
		!strings.Contains(err.Error(), "measured: matrix") {
		t.Errorf("WritePages: %v", err)
	}
}

// TestSectionsLieOnSeveralPages: each is written where its mark is, and what was computed
// names no machine.
func TestSectionsLieOnSeveralPages(t *testing.T) {
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one.md"), filepath.Join(dir, "two.md")
	err := errors.Join(os.WriteFile(one, []byte(page), 0o600),
		os.WriteFile(two, []byte("<!-- measured: needs -->\n<!-- end -->\n"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	computed := Section{Name: "needs", Tables: example.Tables}
	if err := WritePages([]string{one, two}, []Section{example, computed}); err != nil {
		t.Fatal(err)
	}
	for path, machine := range map[string]bool{one: true, two: false} {
		got, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(got), "| read | 1.2 |") ||
			strings.Contains(string(got), "Measured on") != machine {
			t.Errorf("%v\n%s", err, got)
		}
	}
}

func TestChartIsXML(t *testing.T) {
	d := xml.NewDecoder(strings.NewReader(chart(example.Bars)))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestPrintListsUnreachedGoals(t *testing.T) {
	var out strings.Builder
	example.Print(&out)
	if !strings.Contains(out.String(), "NOT REACHED  read: allocations: 7, at most 6\n") ||
		!strings.Contains(out.String(), "write   10\n") {
		t.Errorf("printed is\n%s", &out)
	}
}

func TestFigures(t *testing.T) {
	for _, c := range [][2]string{
		{Nanos(12.4), "12 ns"},
		{Nanos(1234), "1.23 µs"},
		{Nanos(45.67e6), "45.7 ms"},
		{Nanos(2e9), "2 s"},
		{Number(207), "207"},
		{Number(1.655), "1.66"},
		{Number(20), "20"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s, want %s", c[0], c[1])
		}
	}
}
