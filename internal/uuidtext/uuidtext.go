// Package uuidtext reads and writes UUIDs as Django does, for the keys of users and the columns
// of session models: each UUID has one text here, whatever was read.
package uuidtext

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
)

// A UUID is a value of Django's UUIDField.
type UUID [16]byte

// Parse reads 32 hex digits, with hyphens where they belong or with none, in any case, as Django
// accepts them.
func Parse(text string) (id UUID, ok bool) {
	const hyphens = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
	if len(text) == len(hyphens) {
		for i := range hyphens {
			if hyphens[i] == '-' && text[i] != '-' {
				return UUID{}, false
			}
		}
		text = strings.ReplaceAll(text, "-", "")
	}
	if len(text) != 2*len(id) {
		return UUID{}, false
	}
	_, err := hex.Decode(id[:], []byte(text))
	return id, err == nil
}

// New returns a random one, of version 4.
func New() (id UUID) {
	_, _ = rand.Read(id[:]) // it never fails
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

// Hex returns the 32 digits, in lower case.
func (id UUID) Hex() string { return hex.EncodeToString(id[:]) }

// String returns the form that a session holds.
func (id UUID) String() string {
	digits := id.Hex()
	return strings.Join([]string{
		digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:],
	}, "-")
}
