package tomltext_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/tomltext"
)

// FuzzQuote: whatever the text is, it is one value on one line, and comes back.
func FuzzQuote(f *testing.F) {
	for _, text := range []string{"", "a", "\"\n#", "\\", "\x00\x1f\x7f", "\u202e", "\U000e0001", "é日", "\xff"} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, key, text string) {
		if !utf8.ValidString(key) || !utf8.ValidString(text) {
			t.Skip()
		}
		line := "x." + tomltext.Key(key) + " = " + tomltext.List([]string{text, "b"})
		var values struct{ X map[string][]string }
		if _, err := toml.Decode(line, &values); err != nil || !slices.Equal(values.X[key], []string{text, "b"}) {
			t.Errorf("%s: %v, %q", line, err, values)
		}
		quoted := tomltext.Quote(text)
		if strings.ContainsAny(quoted, "\n\r\u2028\u202e\x00") || tomltext.Read(quoted) != text {
			t.Errorf("%q becomes %s", text, quoted)
		}
	})
}

// TestListBreaksLongLines: a line for each text.
func TestListBreaksLongLines(t *testing.T) {
	long := strings.Repeat("x", 80)
	if got, want := tomltext.List([]string{long, "y"}), "[\n  \""+long+"\",\n  \"y\",\n]"; got != want {
		t.Errorf("%s", got)
	}
	if got := tomltext.List(nil); got != "[]" {
		t.Errorf("%s", got)
	}
}
