package password

import (
	"fmt"
	"strings"
	"unicode"
)

// NotSimilar refuses a password that is much like something known about the
// user, or like a word of it: "password_too_similar". It compares only the
// first [MaxLength] bytes of the password and of each attribute. (Django:
// UserAttributeSimilarityValidator.)
type NotSimilar struct {
	// Max is the similarity from which on a password is refused, above 0.1 and
	// up to 1. Zero is 0.7. It is the share of characters that password and
	// attribute have in common, whatever their order.
	Max float64
}

// Validate implements [Validator].
func (n NotSimilar) Validate(password string, about []Attribute) *Problem {
	chars := folded(password)
	for _, a := range about {
		value := string(folded(a.Value))
		for _, part := range append(strings.FieldsFunc(value, notWord), value) {
			if part != "" && n.tooSimilar(chars, []rune(part)) {
				return &Problem{
					Code:    "password_too_similar",
					Message: fmt.Sprintf("This password is too much like the %s.", a.Name),
					Params:  map[string]any{"verbose_name": a.Name},
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

// folded returns the characters that are compared. An attribute comes from a
// visitor before anybody has checked its length.
func folded(text string) []rune {
	return []rune(strings.ToLower(text[:min(len(text), MaxLength)]))
}

// tooSimilar does not look at texts whose lengths differ too much to be
// similar, so that all words of an attribute together cost no more than a
// multiple of its length (CVE-2021-45115).
func (n NotSimilar) tooSimilar(password, part []rune) bool {
	p, v := len(password), len(part)
	return ratio(min(p, v), p+v) >= n.max() && ratio(common(password, part), p+v) >= n.max()
}

// ratio is the similarity of two texts: the characters in common, as a share
// of all their characters. (Python: difflib's quick_ratio.)
func ratio(common, all int) float64 { return 2 * float64(common) / float64(all) }

// common returns how many characters of a are also in b, each once.
func common(a, b []rune) int {
	available := make(map[rune]int)
	for _, c := range b {
		available[c]++
	}
	n := 0
	for _, c := range a {
		if available[c] > 0 {
			available[c]--
			n++
		}
	}
	return n
}

// notWord reports what separates words: what Python's \W matches.
func notWord(c rune) bool { return c != '_' && !unicode.IsLetter(c) && !unicode.IsNumber(c) }
