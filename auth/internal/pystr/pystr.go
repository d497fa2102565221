// Package pystr has the methods of Python's str that Django reads texts with. Those of package
// strings treat a few characters differently.
package pystr

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// Lower returns text in lower case: "İ" becomes "i" and a dot above, and "Σ" at the end of a word
// becomes "ς". A sigma behind nothing but a modifier letter, such as "ʰ", is the one difference.
// (Python: str.lower.)
func Lower(text string) string { return cases.Lower(language.Und).String(text) }

// Strip returns text without the white space around it, which for Python includes the four
// separators from U+001C on. (Python: str.strip.)
func Strip(text string) string { return strings.TrimFunc(text, isSpace) }

func isSpace(r rune) bool { return unicode.IsSpace(r) || '\x1c' <= r && r <= '\x1f' }
