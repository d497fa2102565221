package sqlusers

import (
	"math/bits"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/djangodb"
)

// FuzzParseUUID: whatever is read has one text, by which it is read again.
func FuzzParseUUID(f *testing.F) {
	for _, text := range []string{
		"550e8400-e29b-41d4-a716-446655440000", "550E8400E29B41D4A716446655440000",
		"550e8400-e29b-41d4-a716-44665544000-", "5-50e8400-e29b-41d4-a716-44665544000",
		"{550e8400-e29b-41d4-a716-446655440000}", "urn:uuid:550e8400e29b41d4a716446655440000", "1", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := parseUUID(text)
		if !ok {
			return
		}
		again, ok := parseUUID(id.String())
		if !ok || again != id || !strings.EqualFold(strings.ReplaceAll(text, "-", ""), id.hex()) {
			t.Errorf("%q is %s, which is %s", text, id, again)
		}
	})
}

// TestNewUUIDsAreRandom, as those of Python's uuid4: all bits but six.
func TestNewUUIDsAreRandom(t *testing.T) {
	var ever, always uuid
	for i := range always {
		always[i] = 0xff
	}
	for range 200 {
		for i, b := range newUUID() {
			ever[i], always[i] = ever[i]|b, always[i]&b
		}
	}
	changing := 0
	for i := range ever {
		changing += bits.OnesCount8(ever[i] &^ always[i])
	}
	if changing != 122 || always[6] != 0x40 || always[8] != 0x80 {
		t.Errorf("%d bits change; version and variant are %x and %x", changing, always[6], always[8])
	}
}

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
