// Package findings lists what analyzers have found.
package findings

import (
	"fmt"

	"golang.org/x/tools/go/analysis/checker"
)

// In returns a line for each finding. A file belongs to a package and to its variant with
// tests: a finding in both is reported once.
func In(graph *checker.Graph) (lines []string, err error) {
	seen := make(map[string]bool)
	for _, root := range graph.Roots {
		if root.Err != nil {
			return nil, fmt.Errorf("%v: %w", root, root.Err)
		}
		for _, d := range root.Diagnostics {
			line := fmt.Sprintf("%s: %s", root.Package.Fset.Position(d.Pos), d.Message)
			if !seen[line] {
				seen[line] = true
				lines = append(lines, line)
			}
		}
	}
	return lines, nil
}
