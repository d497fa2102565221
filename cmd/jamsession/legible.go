package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// legible returns a text as it is, except for what could do something to a terminal, or make
// a line look like another one: control characters, those that turn the direction of
// writing, invisible ones, and bytes that are not text. They are escaped.
func legible(text string) string {
	var shown []byte
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && n == 1:
			shown = fmt.Appendf(shown, `\x%02x`, text[0])
		case isHarmful(r):
			shown = appendEscaped(shown, r)
		default:
			shown = append(shown, text[:n]...)
		}
		text = text[n:]
	}
	return string(shown)
}

// isHarmful: what turns the direction is not printable to Unicode, and fillers are letters.
func isHarmful(r rune) bool {
	return !unicode.IsPrint(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

// writeJSON writes a value as one line of JSON in which [legible] has nothing to escape.
func writeJSON(w io.Writer, value any) error {
	text, err := json.Marshal(value)
	if err == nil {
		_, err = fmt.Fprintln(w, legible(string(text)))
	}
	return err
}

// writeJSONLines writes a line for each value.
func writeJSONLines[T any](w io.Writer, list []T) error {
	for _, value := range list {
		if err := writeJSON(w, value); err != nil {
			return err
		}
	}
	return nil
}

// legibleJSON writes the characters of strings in JSON as themselves, except for those that
// [legible] escapes, too. Beyond ASCII, JSON has them in strings only: as escapes, which
// is what Python writes, or as bytes, which package session reads as Latin-1.
func legibleJSON(text []byte) []byte {
	shown := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, n := nextInJSON(text)
		switch {
		case r < 0:
			shown = append(shown, text[:n]...)
		case isHarmful(r):
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
