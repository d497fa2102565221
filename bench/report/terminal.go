package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Print writes the tables and goals for a person at a terminal.
func (s Section) Print(w io.Writer) {
	for _, t := range s.Tables {
		_, _ = fmt.Fprintf(w, "\n%s\n", t.Title)
		t.print(w)
	}
	for _, g := range s.Goals {
		verdict := "reached"
		if !g.Reached() {
			verdict = "NOT REACHED"
		}
		_, _ = fmt.Fprintf(w, "%-11s  %s: %s, %s\n", verdict, g.What, Number(g.Got), g.want())
	}
}

func (t Table) print(w io.Writer) {
	widths := make([]int, len(t.Columns))
	rows := append([][]string{t.Columns}, t.Rows...)
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				line.WriteString(cell + gap)
			} else {
				line.WriteString("  " + gap + cell)
			}
		}
		_, _ = fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}
