package docstest

import (
	"strings"
	"testing"
)

// TestCustomMiddlewareShowsProgramsThatWork: those that are tested, to the letter.
func TestCustomMiddlewareShowsProgramsThatWork(t *testing.T) {
	doc := read(t, "docs/custom-middleware.md")
	for _, name := range []string{"firstpage.go", "tenants.go", "answers.go"} {
		if code := read(t, "examples/custom-middleware/"+name); !strings.Contains(doc, "```go\n"+code+"```") {
			t.Errorf("docs/custom-middleware.md does not show %s as it is", name)
		}
	}
}
