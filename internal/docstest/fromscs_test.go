package docstest

import (
	"regexp"
	"strings"
	"testing"
)

// TestFromScsShowsAProgramThatWorks: each piece of Go in docs/from-scs.md is one of
// the program or of its tests, to the letter.
func TestFromScsShowsAProgramThatWorks(t *testing.T) {
	program := read(t, "examples/from-scs/takeover.go") + read(t, "examples/from-scs/takeover_test.go")
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(read(t, "docs/from-scs.md"), -1)
	for _, block := range blocks {
		if !strings.Contains(program, block[1]) {
			t.Errorf("no part of examples/from-scs:\n%s", block[1])
		}
	}
	if len(blocks) < 3 {
		t.Errorf("%d pieces of Go", len(blocks))
	}
}
