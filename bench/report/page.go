package report

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// WritePages replaces what stands in pages between the marks
//
//	<!-- measured: NAME -->
//	<!-- end -->
//
// by the section of that name, and between those of "goals" by the goals of
// all sections. A section without a mark in any page is an error: nobody would
// see it.
func WritePages(paths []string, sections []Section) error {
	shown := make(map[string]bool)
	for _, path := range paths {
		if err := writePage(path, sections, shown); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	for _, s := range sections {
		if !shown[s.Name] {
			return fmt.Errorf("no page has a line %q", strings.TrimSpace(mark(s.Name)))
		}
	}
	return nil
}

func writePage(path string, sections []Section, shown map[string]bool) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	page := string(text)
	fill := func(name, text string) (err error) {
		if strings.Contains(page, mark(name)) {
			shown[name] = true
			page, err = fillMark(page, name, text)
		}
		return err
	}
	if err := fill("goals", goals(sections)); err != nil {
		return err
	}
	for _, s := range sections {
		if err := fill(s.Name, s.markdown()); err != nil {
			return err
		}
	}
	return os.WriteFile(path, []byte(page), 0o644)
}

func mark(name string) string { return "<!-- measured: " + name + " -->\n" }

func fillMark(page, name, text string) (string, error) {
	begin := mark(name)
	before, rest, _ := strings.Cut(page, begin)
	_, after, ok := strings.Cut(rest, "<!-- end -->")
	if !ok {
		return "", fmt.Errorf("%q has no end", strings.TrimSpace(begin))
	}
	return before + begin + "\n" + text + "\n<!-- end -->" + after, nil
}

func (s Section) markdown() string {
	var b strings.Builder
	for _, t := range s.Tables {
		fmt.Fprintf(&b, "**%s**\n\n", t.Title)
		if t.Note != "" {
			b.WriteString(t.Note + "\n\n")
		}
		t.markdown(&b)
		b.WriteString("\n")
	}
	if s.Machine.Date != "" { // what was computed was not measured anywhere
		b.WriteString(s.Machine.String() + "\n")
	}
	return b.String()
}

func goals(sections []Section) string {
	t := Table{Columns: []string{"figure", "to reach", "measured", "reached"}}
	for _, s := range sections {
		for _, g := range s.Goals {
			reached := "yes"
			if !g.Reached() {
				reached = "**no**"
			}
			t.Rows = append(t.Rows, []string{g.What, g.want(), Number(g.Got), reached})
		}
	}
	var b strings.Builder
	t.markdown(&b)
	return b.String()
}

func (t Table) markdown(w io.Writer) {
	line := func(cells []string) { _, _ = fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | ")) }
	line(t.Columns)
	rule := make([]string, len(t.Columns))
	for i := range rule {
		rule[i] = "--:"
	}
	rule[0] = "---"
	line(rule)
	for _, row := range t.Rows {
		line(row)
	}
}
