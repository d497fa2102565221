package password

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// NotSimilar refuses a password that is much like something known about the
// user, or a word of it: "password_too_similar".
// (Django: UserAttributeSimilarityValidator.)
type NotSimilar struct {
	// Max is the similarity from which on a password is refused, above 0.1 and
	// up to 1. Zero is 0.7. It is the share of characters that password and
	// attribute have in common, whatever their order.
	Max float64
}

// Validate implements [Validator].
func (n NotSimilar) Validate(password string, about []Attribute) *Problem {
	password = strings.ToLower(password)
	for _, a := range about {
		value := strings.ToLower(a.Value)
		for _, part := range append(strings.FieldsFunc(value, notWord), value) {
			if n.tooSimilar(password, part) {
				return &Problem{
					"password_too_similar",
					fmt.Sprintf("This password is too much like the %s.", a.Name),
				}
			}
		}
	}
	return nil
}

// Help implements [Validator].
func (NotSimilar) Help() string {
	return "Your password cannot be like your name or your other personal information."
}

func (n NotSimilar) max() float64 {
	if n.Max == 0 {
		return 0.7
	}
	return n.Max
}

// tooSimilar compares a password with a part of an attribute. A part that is
// too short to matter in a long password is not compared: that bounds the
// work (CVE-2021-45115).
func (n NotSimilar) tooSimilar(password, part string) bool {
	if part == "" {
		return false
	}
	p, v := utf8.RuneCountInString(password), utf8.RuneCountInString(part)
	if p >= 10*v && float64(v) < n.max()/2*float64(p) {
		return false
	}
	return similarity(password, part) >= n.max()
}

// similarity is twice the number of characters in common, by the length of
// both. (Python: difflib's quick_ratio.)
func similarity(a, b string) float64 {
	available := make(map[rune]int)
	for _, c := range b {
		available[c]++
	}
	common := 0
	for _, c := range a {
		if available[c] > 0 {
			available[c]--
			common++
		}
	}
	return 2 * float64(common) / float64(utf8.RuneCountInString(a)+utf8.RuneCountInString(b))
}

// notWord reports what separates words: what Python's \W matches.
func notWord(c rune) bool { return c != '_' && !unicode.IsLetter(c) && !unicode.IsNumber(c) }
