package secret

import (
	"crypto/subtle"
	"fmt"
	"io"
)

// stars are shown in place of every text, whatever its length, as in Django's
// error reports.
const stars = "********************"

// A Text is a text that must not be shown. Make one with [New]; the zero Text is the
// empty one. It is immutable, and so safe for concurrent use. It cannot be compared with
// ==, which takes longer the more of the text matches: see [Text.Equal].
//
// It protects against logs and error pages, not against anyone who can read
// the memory of the process.
type Text struct {
	// reveal is a function, since printers that find no method go through the
	// fields by reflection, as fmt does below an unexported field.
	reveal func() string
}

// New returns a Text.
func New(text string) Text {
	if text == "" {
		return Text{}
	}
	return Text{func() string { return text }}
}

// Reveal returns the text itself. Do not keep it in a field.
func (t Text) Reveal() string {
	if t.reveal == nil {
		return ""
	}
	return t.reveal()
}

// IsZero reports whether the text is empty. (Package encoding/json: omitzero.)
func (t Text) IsZero() bool { return t.reveal == nil }

// Equal reports whether both are the same text. Its time only depends on their lengths.
func (t Text) Equal(other Text) bool {
	return subtle.ConstantTimeCompare([]byte(t.Reveal()), []byte(other.Reveal())) == 1
}

// Format implements [fmt.Formatter]: every verb prints asterisks.
func (Text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, stars) }

// MarshalText implements [encoding.TextMarshaler], as Format does. The result cannot be
// decoded: a Text is not an [encoding.TextUnmarshaler].
func (Text) MarshalText() ([]byte, error) { return []byte(stars), nil }
