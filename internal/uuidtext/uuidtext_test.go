package uuidtext

import (
	"math/bits"
	"strings"
	"testing"
)

// FuzzParse: whatever is read has one text, by which it is read again.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"550e8400-e29b-41d4-a716-446655440000", "550E8400E29B41D4A716446655440000",
		"550e8400-e29b-41d4-a716-44665544000-", "5-50e8400-e29b-41d4-a716-44665544000",
		"{550e8400-e29b-41d4-a716-446655440000}", "urn:uuid:550e8400e29b41d4a716446655440000", "1", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := Parse(text)
		if !ok {
			return
		}
		again, ok := Parse(id.String())
		if !ok || again != id || !strings.EqualFold(strings.ReplaceAll(text, "-", ""), id.Hex()) {
			t.Errorf("%q is %s, which is %s", text, id, again)
		}
	})
}

// TestNewUUIDsAreRandom, as those of Python's uuid4: all bits but six.
func TestNewUUIDsAreRandom(t *testing.T) {
	var ever, always UUID
	for i := range always {
		always[i] = 0xff
	}
	for range 200 {
		for i, b := range New() {
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
