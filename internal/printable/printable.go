// Package printable writes texts of strangers so that people can read them and nothing else
// happens, on terminals and on pages.
package printable

import (
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Text returns a text as it is, except for what could do something to a terminal, or make
// a line look like another one: control characters, those that turn the direction of
// writing, invisible ones, and bytes that are not text. They are escaped.
func Text(text string) string {
	var shown []byte
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && n == 1:
			shown = fmt.Appendf(shown, `\x%02x`, text[0])
		case IsHarmful(r):
			shown = appendEscaped(shown, r)
		default:
			shown = append(shown, text[:n]...)
		}
		text = text[n:]
	}
	return string(shown)
}

// IsHarmful reports whether a character is escaped: what turns the direction is not printable to
// Unicode, and fillers are letters.
func IsHarmful(r rune) bool {
	return !unicode.IsPrint(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

// JSON writes the characters of strings in JSON as themselves, except for those that
// [Text] escapes, too. Beyond ASCII, JSON has them in strings only: as escapes, which
// is what Python writes, or as bytes, which package session reads as Latin-1.
func JSON(text []byte) []byte {
	shown := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, n := nextInJSON(text)
		switch {
		case r < 0:
			shown = append(shown, text[:n]...)
		case IsHarmful(r):
			shown = appendEscaped(shown, r)
		default:
			shown = utf8.AppendRune(shown, r)
		}
		text = text[n:]
	}
	return shown
}

// nextInJSON returns the first character of a text, and how many bytes it takes there. It is
// negative for one that stays as it is written: ASCII, and escapes of ASCII.
func nextInJSON(text []byte) (r rune, n int) {
	first, ok := escaped(text)
	switch {
	case text[0] >= 0x7f:
		return rune(text[0]), 1
	case ok && first < 0x7f:
		return -1, 6
	case !ok && text[0] == '\\' && len(text) > 1 && text[1] < 0x7f:
		return -1, 2
	case !ok:
		return -1, 1
	}
	if second, ok := escaped(text[6:]); ok {
		if pair := utf16.DecodeRune(first, second); pair != unicode.ReplacementChar {
			return pair, 12
		}
	}
	return first, 6
}

// escaped returns the number in an escape such as \u4e2d at the beginning of a text.
func escaped(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(n), err == nil
}

func appendEscaped(to []byte, r rune) []byte {
	if r > 0xffff {
		high, low := utf16.EncodeRune(r)
		return fmt.Appendf(to, `\u%04x\u%04x`, high, low)
	}
	return fmt.Appendf(to, `\u%04x`, r)
}
