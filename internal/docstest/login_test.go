package docstest

import (
	"regexp"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/settings"
)

// TestTheGuideShowsAProgramThatWorks: each piece of Go in docs/login.md is one
// of the program that is tested, to the letter, and its settings are good.
func TestTheGuideShowsAProgramThatWorks(t *testing.T) {
	doc := read(t, "docs/login.md")
	var program strings.Builder
	for _, name := range []string{"main.go", "login.go", "more.go"} {
		program.WriteString(read(t, "internal/docstest/login/"+name))
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(doc, -1)
	for _, block := range blocks {
		if !strings.Contains(program.String(), block[1]) {
			t.Errorf("no part of internal/docstest/login:\n%s", block[1])
		}
	}
	if len(blocks) < 8 {
		t.Errorf("%d pieces of Go", len(blocks))
	}
	_, toml, _ := strings.Cut(doc, "```toml\n")
	toml, _, _ = strings.Cut(toml, "```")
	flags := map[string]string{}
	for _, line := range regexp.MustCompile(`(?m)^(\w+) = "(.*)"$`).FindAllStringSubmatch(toml, -1) {
		flags[line[1]] = line[2]
	}
	if _, err := settings.Load(settings.Sources{Flags: flags}); err != nil || len(flags) != strings.Count(toml, "=") {
		t.Errorf("%v in\n%s", err, toml)
	}
}
