package password

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/jamsession/jamsession/auth/internal/pystr"
)

// NotSimilar returns the validator that refuses a password that resembles an
// attribute of the user, or a word of one: "password_too_similar". It compares
// only the first 4096 bytes of the password and of each attribute.
//
// The limit is the lowest similarity that is refused, from 0.1 to 1; Django's
// default is 0.7. Similarity is the share of characters that password and
// attribute have in common, in any order. (Django:
// UserAttributeSimilarityValidator.)
func NotSimilar(limit float64) (Validator, error) {
	if !(limit >= 0.1 && limit <= 1) { // refuses NaN, too
		return nil, fmt.Errorf("password: NotSimilar: the limit is %v; it must be 0.1 to 1", limit)
	}
	return notSimilar{limit}, nil
}

type notSimilar struct{ limit float64 }

// Validate implements [Validator].
func (n notSimilar) Validate(password string, about []Attribute) *Problem {
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
func (notSimilar) Help() string {
	return "Your password cannot be like your name or your other personal information."
}

// folded returns the characters to compare. An attribute may come from a
// visitor, without a check of its length.
func folded(text string) []rune {
	return []rune(pystr.Lower(text[:min(len(text), maxLength)]))
}

// tooSimilar skips texts whose lengths differ too much to be similar, so that
// all words of an attribute together cost no more than a multiple of its length
// (CVE-2021-45115).
func (n notSimilar) tooSimilar(password, part []rune) bool {
	p, v := len(password), len(part)
	return ratio(min(p, v), p+v) >= n.limit && ratio(shared(password, part), p+v) >= n.limit
}

// ratio is the similarity of two texts: the characters in common, as a share
// of all their characters. (Python: difflib's quick_ratio.)
func ratio(shared, all int) float64 { return 2 * float64(shared) / float64(all) }

// shared returns how many characters of a are also in b, each once.
func shared(a, b []rune) int {
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

// notWord reports whether c separates words: whether Python's \W matches it.
func notWord(c rune) bool { return c != '_' && !unicode.IsLetter(c) && !unicode.IsNumber(c) }
