package docstest

import (
	"regexp"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/settings"
)

// TestEnginesShowValidSettings: each block that can be copied is read
// without a problem, and each engine has one.
func TestEnginesShowValidSettings(t *testing.T) {
	seen := map[string]bool{}
	for _, block := range regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllStringSubmatch(read(t, "docs/engines.md"), -1) {
		flags := map[string]string{}
		for _, line := range regexp.MustCompile(`(?m)^(\w+) = "(.*)"$`).FindAllStringSubmatch(block[1], -1) {
			flags[line[1]] = line[2]
		}
		s, err := settings.Load(settings.Sources{Flags: flags})
		if err != nil || len(flags) != strings.Count(block[1], " = ") {
			t.Errorf("%v in\n%s", err, block[1])
			continue
		}
		seen[s.Get("SESSION_ENGINE")] = true
	}
	for _, engine := range []string{"db", "cache", "cached_db", "file", "signed_cookies"} {
		if !seen[engine] {
			t.Errorf("no settings for %s", engine)
		}
	}
}
