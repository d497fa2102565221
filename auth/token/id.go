package token

import (
	"encoding/base64"
	"errors"
	"unicode/utf8"
)

// errBadID says that the text in a link is not an encoded id.
var errBadID = errors.New("token: not an encoded id")

// maxID is the length of an id of 255 characters, which is the longest key of a user, in any script.
const maxID = (255*utf8.UTFMax*4 + 2) / 3

// EncodeID returns the form that a user's id has in links: base64 without
// padding. It hides nothing. (Django: urlsafe_base64_encode, the uidb64 of its
// URLs.)
func EncodeID(id string) string { return base64.RawURLEncoding.EncodeToString([]byte(id)) }

// DecodeID returns the id that [EncodeID] was given, or an error for a text that
// EncodeID does not return. Padding is accepted, as in Django.
func DecodeID(encoded string) (string, error) {
	for range 2 {
		if n := len(encoded); n > 0 && encoded[n-1] == '=' {
			encoded = encoded[:n-1]
		}
	}
	if len(encoded) > maxID {
		return "", errBadID
	}
	id, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || len(id) == 0 || !utf8.Valid(id) {
		return "", errBadID
	}
	return string(id), nil
}
