package docstest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// TestASVSIsWhole: docs/asvs.md has every requirement of V7, V3.3 and V3.4
// once, says of each row whether it is met, names a test of what is met by
// code, and counts right.
func TestASVSIsWhole(t *testing.T) {
	doc := read(t, "docs/asvs.md")
	counts := make(map[string]int) // of V7
	seen := make(map[string]bool)
	row := regexp.MustCompile(`(?m)^\| (\d+\.\d+(?:\.\d+)?) .*\| (met|partly|not|site|n/a) \| (.*) \| ?(.*?) ?\|$`)
	for _, m := range row.FindAllStringSubmatch(doc, -1) {
		id, met, reason, tests := m[1], m[2], m[3], m[4]
		if seen[id] {
			t.Errorf("%s is there twice", id)
		}
		seen[id] = true
		if strings.HasPrefix(id, "7.") {
			counts[met]++
		}
		absent := strings.Contains(reason, "There is no such thing")
		if reason == "" || met == "met" && tests == "" && !absent {
			t.Errorf("%s is %s, without a reason or a test", id, met)
		}
	}
	for section, n := range map[string]int{
		"7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 3, "7.6": 2, "3.3": 5, "3.4": 8,
		"6.1": 3, "6.2": 12, "6.3": 8, "6.4": 6,
	} {
		for i := range n {
			if id := fmt.Sprintf("%s.%d", section, i+1); !seen[id] {
				t.Errorf("%s is missing", id)
			}
		}
	}
	want := fmt.Sprintf("%d met, %d partly, %d not, %d n/a.", counts["met"], counts["partly"], counts["not"], counts["n/a"])
	if !strings.Contains(doc, "\n"+want+"\n") {
		t.Errorf("of V7 are %s", want)
	}
}
