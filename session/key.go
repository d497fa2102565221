package session

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
)

const (
	keyAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	keyLength   = 32 // 165 bits
)

// newKey returns a key as Django makes it: 32 characters drawn uniformly from
// a-z0-9. Bytes of 252 and above are dropped, since 252 is the largest
// multiple of 36 in a byte.
func newKey() string {
	var key [keyLength]byte
	var pool [keyLength + 8]byte // more than are needed, so that one draw is enough
	for n := 0; n < keyLength; {
		_, _ = rand.Read(pool[:]) // never fails: it ends the program instead
		for _, b := range pool {
			if b < 252 && n < keyLength {
				key[n] = keyAlphabet[b%36]
				n++
			}
		}
	}
	return string(key[:])
}

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").
	WithPadding(base32.NoPadding)

// hashKey returns the 40 characters under which a record is stored when keys
// are hashed at rest: 200 bits of SHA-256, which fit Django's column.
func hashKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return lowerBase32.EncodeToString(sum[:25])
}

// Fingerprint names a session in logs and consoles: the first 12 hex digits
// of the SHA-256 of the key under which its record is stored. The key cannot
// be found from it.
func Fingerprint(storeKey string) string {
	sum := sha256.Sum256([]byte(storeKey))
	return hex.EncodeToString(sum[:6])
}
