package main

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/jamsession/jamsession/internal/printable"
)

func TestLegible(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "ann": "ann", "Änne": "Änne", "中文": "中文", "שלום": "שלום", "e\u0301": "e\u0301", "😀": "😀",
		`a\b"c`: `a\b"c`, "\x1b[31m": `\u001b[31m`, "a\nb": `a\u000ab`, "\x7f\u009b": `\u007f\u009b`,
		"a\u202eb\u2066c": `a\u202eb\u2066c`, "a\u200bb\ufeff\u00ad": `a\u200bb\ufeff\u00ad`,
		"a\u00a0b": `a\u00a0b`, "a\u3164b": `a\u3164b`, "\U000e0041": `\udb40\udc41`, "\xff\xc3": `\xff\xc3`,
	} {
		if got := legible(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestLegibleJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{"name":"\u4e2d\u6587"}`: `{"name":"中文"}`,
		`"\u00c4\ud83d\ude00"`:    `"Ä😀"`,
		`"\ud83d"`:                `"\ud83d"`,
		`"\ud83d\u4e2d"`:          `"\ud83d中"`,
		`"\ude00\ud83d"`:          `"\ude00\ud83d"`,
		`"\u0022\u005c\u000a"`:    `"\u0022\u005c\u000a"`,
		`"\\u4e2d"`:               `"\\u4e2d"`,
		`"\\\u4e2d\\"`:            `"\\中\\"`,
		`"\u202e\u200b\u009b"`:    `"\u202e\u200b\u009b"`,
		`"\udb40\udc41"`:          `"\udb40\udc41"`,
		"\"\xe9\x9b\x7f\"":        `"é\u009b\u007f"`, // Latin-1
		`"\u4E2D\U"`:              `"中\U"`,
		`"\u4e2`:                  `"\u4e2`,
		`"\`:                      `"\`,
	} {
		if got := string(legibleJSON([]byte(text))); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// FuzzLegibleJSON: JSON stays JSON of the same meaning, and does nothing to a terminal.
func FuzzLegibleJSON(f *testing.F) {
	for _, seed := range []string{`{"a":"\u4e2d"}`, `"\\\u4e2d"`, `"\ud83d\ude00\u202e"`, `[1,"é"]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		shown := string(legibleJSON([]byte(text)))
		if !utf8.ValidString(shown) || strings.ContainsFunc(shown, func(r rune) bool {
			return printable.IsHarmful(r) && r >= 0x7f
		}) {
			t.Errorf("%q: %q", text, shown)
		}
		isASCII := !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
		var before, after any
		if isASCII && json.Unmarshal([]byte(text), &before) == nil {
			if err := json.Unmarshal([]byte(shown), &after); err != nil {
				t.Fatalf("%s: %s: %v", text, shown, err)
			}
			was, _ := json.Marshal(before)
			is, _ := json.Marshal(after)
			if string(was) != string(is) {
				t.Errorf("%s: %s", text, shown)
			}
		}
	})
}
