package rawjson

import (
	"strings"
	"testing"
)

// TestEveryByteAtEveryPlaceOfALongText: those who look at many bytes at a time find what
// those who look at each one do.
func TestEveryByteAtEveryPlaceOfALongText(t *testing.T) {
	plain := []byte(strings.Repeat("x", 75))
	for c := range 256 {
		for at := range plain {
			text := append([]byte{}, plain...)
			text[at] = byte(c)
			printable := c >= ' ' && c < 0x7f && c != '"' && c != '\\'
			if isAsItIs(string(text)) != printable {
				t.Fatalf("byte %#x at %d: needs no escape: %t", c, at, !printable)
			}
			want := -1
			if c < ' ' {
				want = at
			}
			if got := controlIn(text); got != want {
				t.Fatalf("byte %#x at %d: control at %d, want %d", c, at, got, want)
			}
			_, err := Parse([]byte(`{"a":"` + string(text) + `"}`))
			if valid := c >= ' ' && c != '"' && c != '\\'; valid != (err == nil) {
				t.Fatalf("byte %#x at %d: %v", c, at, err)
			}
		}
	}
}

// TestTextOfManyEscapes is read as it was written.
func TestTextOfManyEscapes(t *testing.T) {
	for _, part := range []string{`"`, `\`, `\"`, "\x7f", "é", `"x`} {
		s := strings.Repeat(part, 1<<18)
		if got := decodeName(AppendString(nil, s)); got != s {
			t.Errorf("%q many times is read as something else", part)
		}
	}
}
