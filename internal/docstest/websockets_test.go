package docstest

import (
	"strings"
	"testing"
)

// TestWebSocketsShowsTheExampleThatWorks: each piece of Go is one of examples/live, to the letter.
func TestWebSocketsShowsTheExampleThatWorks(t *testing.T) {
	var program strings.Builder
	for _, name := range []string{"live.go", "socket.go", "events.go", "poll.go"} {
		program.WriteString(read(t, "examples/live/"+name))
	}
	blocks := goBlocks(read(t, "docs/websockets.md"))
	for _, block := range blocks {
		if !strings.Contains(program.String(), block) {
			t.Errorf("no part of examples/live:\n%s", block)
		}
	}
	if len(blocks) < 4 {
		t.Errorf("%d pieces of Go", len(blocks))
	}
}
