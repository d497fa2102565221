package session

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"

	"github.com/jamsession/jamsession/internal/randomtext"
)

const (
	keyAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	keyLength   = 32 // 165 bits
)

// newKey returns a key as Django makes it.
func newKey() string { return randomtext.Of(keyAlphabet, keyLength) }

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").
	WithPadding(base32.NoPadding)

// hashKey returns the 40 characters under which a record is stored when keys
// are hashed at rest: 200 bits of SHA-256, which fit Django's column.
func hashKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return lowerBase32.EncodeToString(sum[:25])
}

// Fingerprint names a session in logs and consoles: the first 12 hex digits of the
// SHA-256 of the key under which its record is stored. The key cannot be derived from it.
func Fingerprint(storeKey string) string {
	sum := sha256.Sum256([]byte(storeKey))
	return hex.EncodeToString(sum[:6])
}
