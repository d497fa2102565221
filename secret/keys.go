package secret

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
)

// Keys are the key of a site, and older ones that are still valid: Django's SECRET_KEY
// and SECRET_KEY_FALLBACKS. Make them with [NewKeys]; the zero Keys hold no key, and
// functions that take Keys refuse them. They are immutable, and so safe for concurrent
// use. They print as asterisks, as a [Text] does.
type Keys struct {
	texts []Text // the current one first
}

// NewKeys returns the current key, with which everything is signed, and older
// ones, whose signatures are still valid. The error says which key is empty:
// anybody could sign with it.
func NewKeys(current string, older ...string) (Keys, error) {
	if current == "" {
		return Keys{}, errors.New("secret: the current key is empty; use a random one, and keep it")
	}
	texts := []Text{New(current)}
	for i, key := range older {
		if key == "" {
			return Keys{}, fmt.Errorf("secret: the older key at index %d is empty; leave it out", i)
		}
		texts = append(texts, New(key))
	}
	return Keys{texts}, nil
}

// IsZero reports whether there is no key.
func (k Keys) IsZero() bool { return len(k.texts) == 0 }

// Current returns the key to sign with, and the empty text if there is none.
func (k Keys) Current() Text {
	if k.IsZero() {
		return Text{}
	}
	return k.texts[0]
}

// All yields the keys whose signatures are valid: the current one, then the
// older ones in the order of NewKeys.
func (k Keys) All() iter.Seq[Text] { return slices.Values(k.texts) }

// Format implements [fmt.Formatter]: every verb prints asterisks.
func (Keys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, stars) }

// MarshalText implements [encoding.TextMarshaler], as Format does. The result cannot be decoded.
func (Keys) MarshalText() ([]byte, error) { return []byte(stars), nil }
