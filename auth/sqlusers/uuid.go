package sqlusers

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
)

// A uuid is a key of Django's UUIDField.
type uuid [16]byte

// parseUUID reads 32 hex digits, with hyphens where they belong or with none, in any case, as Django
// accepts them.
func parseUUID(text string) (id uuid, ok bool) {
	const hyphens = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
	if len(text) == len(hyphens) {
		for i := range hyphens {
			if hyphens[i] == '-' && text[i] != '-' {
				return uuid{}, false
			}
		}
		text = strings.ReplaceAll(text, "-", "")
	}
	if len(text) != 2*len(id) {
		return uuid{}, false
	}
	_, err := hex.Decode(id[:], []byte(text))
	return id, err == nil
}

// newUUID returns a random one, of version 4.
func newUUID() (id uuid) {
	_, _ = rand.Read(id[:]) // it never fails
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

// hex returns the 32 digits.
func (id uuid) hex() string { return hex.EncodeToString(id[:]) }

// String returns the form that a session holds.
func (id uuid) String() string {
	digits := id.hex()
	return strings.Join([]string{
		digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:],
	}, "-")
}
