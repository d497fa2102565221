package conf

import (
	"fmt"
	"strings"

	"github.com/jamsession/jamsession/internal/httpcookie"
)

// unknown says that there is no such setting, and which may be meant.
func unknown(name, where string) error {
	best := closest(name)
	if !httpcookie.IsToken(name) || len(name) > 64 {
		name = quoted(name)
	}
	if best != "" {
		return fmt.Errorf("settings: %s (%s): no such setting; did you mean %s?", name, where, best)
	}
	return fmt.Errorf("settings: %s (%s): no such setting", name, where)
}

// closest returns the known name nearest to a misspelt one, if it is near.
func closest(name string) string {
	name = strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	if len(name) > 64 {
		return ""
	}
	best, least := "", len(name)/3+1
	for _, t := range table {
		if d := distance(name, t.Name); d < least {
			best, least = t.Name, d
		}
	}
	return best
}

// distance returns how many letters must be added, dropped or replaced to
// get from a to b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
