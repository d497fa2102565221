package report

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// WritePage replaces what stands in a page between the marks
//
//	<!-- measured: NAME -->
//	<!-- end -->
//
// by the section of that name, and between those of "goals" by the goals of
// all sections. A section without a mark is an error: nobody would see it.
func WritePage(path string, sections []Section) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	page, err := fillMark(string(text), "goals", goals(sections))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, s := range sections {
		if page, err = fillMark(page, s.Name, s.markdown()); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return os.WriteFile(path, []byte(page), 0o644)
}

func fillMark(page, name, text string) (string, error) {
	begin := "<!-- measured: " + name + " -->\n"
	before, rest, ok := strings.Cut(page, begin)
	if !ok {
		return "", fmt.Errorf("there is no line %q", strings.TrimSpace(begin))
	}
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
	b.WriteString(s.Machine.String() + "\n")
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
