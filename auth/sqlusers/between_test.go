package sqlusers

import (
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/djangodb"
)

// TestBetweenReachesEveryPart of the keys, from the first to the last.
func TestBetweenReachesEveryPart(t *testing.T) {
	for _, c := range []struct {
		kind        keyKind
		first, last string
		parts       []string // each is what some texts begin with
	}{
		{integerKey, "10", "13", []string{"10", "11", "12", "13"}},
		{
			uuidKey, "00000000-0000-7000-8000-000000000000", "30000000-0000-7000-8000-000000000000",
			[]string{"0", "1", "2"},
		},
		{hexKey, "ffffffff-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001", []string{"a", "0"}},
		{textKey, "u1000", "u4999", []string{"u1", "u2", "u3", "u4"}},
		{textKey, "aé", "zé", []string{"a", "k", "z"}},
	} {
		seen := map[string]bool{}
		k := key{kind: c.kind, on: djangodb.SQLite}
		for range 1000 {
			text, err := k.between(c.first, c.last)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range c.parts {
				seen[part] = seen[part] || strings.HasPrefix(text, part)
			}
			if _, err := k.args(text); err != nil {
				t.Errorf("%q is not a key", text)
			}
		}
		for _, part := range c.parts {
			if !seen[part] {
				t.Errorf("from %s to %s: none of 1000 begins with %q", c.first, c.last, part)
			}
		}
	}
}
