package password

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/sergeymakinen/go-crypt"
	"github.com/sergeymakinen/go-crypt/des"
)

// The hashers of this file read what old Djangos wrote. They are too weak for
// new passwords: list them behind another one, which replaces their strings
// at the next login.

// MD5 reads "md5$<salt>$<hex>".
type MD5 struct{}

// Algorithm implements [Hasher].
func (MD5) Algorithm() string { return "md5" }

// Encode returns [ErrReadOnly].
func (MD5) Encode(string) (string, error) { return "", ErrReadOnly }

// Verify implements [Hasher].
func (m MD5) Verify(password, encoded string) (bool, error) {
	return verifySalted(m.Algorithm(), md5Hex, password, encoded)
}

// MustUpdate implements [Hasher]: if the salt has less than 128 bits.
func (m MD5) MustUpdate(encoded string) bool { return shortSalt(m.Algorithm(), encoded) }

// Cost implements [Hasher]: next to nothing.
func (MD5) Cost(string) Cost { return Cost{} }

// SHA1 reads "sha1$<salt>$<hex>", of Django before 5.1.
type SHA1 struct{}

// Algorithm implements [Hasher].
func (SHA1) Algorithm() string { return "sha1" }

// Encode returns [ErrReadOnly].
func (SHA1) Encode(string) (string, error) { return "", ErrReadOnly }

// Verify implements [Hasher].
func (s SHA1) Verify(password, encoded string) (bool, error) {
	return verifySalted(s.Algorithm(), sha1Hex, password, encoded)
}

// MustUpdate implements [Hasher]: if the salt has less than 128 bits.
func (s SHA1) MustUpdate(encoded string) bool { return shortSalt(s.Algorithm(), encoded) }

// Cost implements [Hasher]: next to nothing.
func (SHA1) Cost(string) Cost { return Cost{} }

// UnsaltedMD5 reads 32 hex digits, alone or behind "md5$$", of Django before 5.1.
type UnsaltedMD5 struct{}

// Algorithm implements [Hasher].
func (UnsaltedMD5) Algorithm() string { return "unsalted_md5" }

// Encode returns [ErrReadOnly].
func (UnsaltedMD5) Encode(string) (string, error) { return "", ErrReadOnly }

// Verify implements [Hasher].
func (UnsaltedMD5) Verify(password, encoded string) (bool, error) {
	return sameHex(md5Hex(password), strings.TrimPrefix(encoded, "md5$$"))
}

// MustUpdate implements [Hasher]: never, as in Django. The algorithm alone is
// a reason to update.
func (UnsaltedMD5) MustUpdate(string) bool { return false }

// Cost implements [Hasher]: next to nothing.
func (UnsaltedMD5) Cost(string) Cost { return Cost{} }

// UnsaltedSHA1 reads "sha1$$<hex>", of Django before 5.1.
type UnsaltedSHA1 struct{}

// Algorithm implements [Hasher].
func (UnsaltedSHA1) Algorithm() string { return "unsalted_sha1" }

// Encode returns [ErrReadOnly].
func (UnsaltedSHA1) Encode(string) (string, error) { return "", ErrReadOnly }

// Verify implements [Hasher].
func (UnsaltedSHA1) Verify(password, encoded string) (bool, error) {
	return sameHex(sha1Hex(password), strings.TrimPrefix(encoded, "sha1$$"))
}

// MustUpdate implements [Hasher], as [UnsaltedMD5.MustUpdate].
func (UnsaltedSHA1) MustUpdate(string) bool { return false }

// Cost implements [Hasher]: next to nothing.
func (UnsaltedSHA1) Cost(string) Cost { return Cost{} }

// Crypt reads "crypt$$<13 characters>", the DES crypt(3) of Django before 5.0.
// It sees the first 8 bytes of a password only.
type Crypt struct{}

// Algorithm implements [Hasher].
func (Crypt) Algorithm() string { return "crypt" }

// Encode returns [ErrReadOnly].
func (Crypt) Encode(string) (string, error) { return "", ErrReadOnly }

// Verify implements [Hasher].
func (Crypt) Verify(password, encoded string) (bool, error) {
	hash, found := strings.CutPrefix(encoded, "crypt$$")
	if !found || len(hash) != 13 {
		return false, malformed("not of the form crypt$$ and 13 characters")
	}
	if strings.ContainsRune(password, 0) {
		return false, nil // C would read no further
	}
	seen := password[:min(len(password), des.MaxPasswordLength)]
	switch err := des.Check(hash, seen); {
	case errors.Is(err, crypt.ErrPasswordMismatch):
		return false, nil
	case err != nil:
		return false, malformed("crypt cannot read its hash")
	}
	return true, nil
}

// MustUpdate implements [Hasher], as [UnsaltedMD5.MustUpdate].
func (Crypt) MustUpdate(string) bool { return false }

// Cost implements [Hasher]: next to nothing.
func (Crypt) Cost(string) Cost { return Cost{} }

func md5Hex(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

func sha1Hex(text string) string {
	sum := sha1.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

func verifySalted(name string, digest func(string) string, password, encoded string) (bool, error) {
	fields := strings.Split(encoded, "$")
	if len(fields) != 3 || fields[0] != name {
		return false, malformed("not of the form %s$salt$hash", name)
	}
	return sameHex(digest(fields[1]+password), fields[2])
}

func sameHex(computed, stored string) (bool, error) {
	if _, err := hex.DecodeString(stored); err != nil || len(stored) != len(computed) {
		return false, malformed("hash is not %d hex digits", len(computed))
	}
	return subtle.ConstantTimeCompare([]byte(computed), []byte(stored)) == 1, nil
}

func shortSalt(name, encoded string) bool {
	fields := strings.Split(encoded, "$")
	return len(fields) != 3 || fields[0] != name || utf8.RuneCountInString(fields[1]) < saltLength
}
