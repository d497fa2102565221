package docstest

import (
	"strings"
	"testing"
)

// TestWritingAStoreShowsAStoreThatWorks: the one that is tested, to the letter.
func TestWritingAStoreShowsAStoreThatWorks(t *testing.T) {
	doc := read(t, "docs/writing-a-store.md")
	if code := read(t, "examples/shelf/shelf.go"); !strings.Contains(doc, "```go\n"+code+"```") {
		t.Error("docs/writing-a-store.md does not show examples/shelf/shelf.go as it is")
	}
	if !strings.Contains(doc, "sessiontest.Run(t, func(*testing.T) session.Store { return shelf.New() })") {
		t.Error("docs/writing-a-store.md does not show the test")
	}
}
