package main

import (
	"cmp"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// terminal is how many characters fit on a line, at least.
const terminal = 80

// A column is one of a table. Its texts are shortened if the table is too wide, but not
// below so many characters; 0 keeps them as they are, since people copy them.
type column struct {
	title string
	least int
}

// writeTable writes a table that is as wide as the terminal at most, if its columns let it. In a
// file or a pipe nothing is shortened, or grep would miss it. An empty text becomes a dash.
func writeTable(w io.Writer, columns []column, rows [][]string) error {
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = c.title
	}
	all := [][]string{titles}
	for _, row := range rows {
		shown := make([]string, len(row))
		for i, text := range row {
			shown[i] = cmp.Or(legible(text), "-")
		}
		all = append(all, shown)
	}
	widths := fit(columns, all, roomOf(w))
	var lines strings.Builder
	for _, row := range all {
		var line strings.Builder
		for i, text := range row {
			text = shortened(text, widths[i])
			line.WriteString(text + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text)+gap))
		}
		lines.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, lines.String())
	return err
}

// gap is between two columns.
const gap = 2

// roomOf returns how many characters fit on a line.
func roomOf(w io.Writer) int {
	if watched, ok := w.(*watchedWriter); ok {
		w = watched.Writer
	}
	file, ok := w.(*os.File)
	if !ok {
		return terminal
	}
	if !term.IsTerminal(int(file.Fd())) {
		return math.MaxInt
	}
	width, _, _ := term.GetSize(int(file.Fd()))
	return max(width, terminal)
}

// fit returns the widths of columns. The widest of those that may become narrower do.
func fit(columns []column, rows [][]string, room int) []int {
	widths := make([]int, len(columns))
	sum := gap * (len(columns) - 1)
	for i := range columns {
		for _, row := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
		sum += widths[i]
	}
	for ; sum > room; sum-- {
		widest := -1
		for i, c := range columns {
			if c.least > 0 && widths[i] > c.least && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

// shortened returns a text of at most so many characters.
func shortened(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(slices.Concat(runes[:most-1], []rune("…")))
	}
	return text
}
