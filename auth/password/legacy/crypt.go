package legacy

import (
	"errors"
	"strings"

	"github.com/sergeymakinen/go-crypt"
	"github.com/sergeymakinen/go-crypt/des"

	"github.com/jamsession/jamsession/auth/password"
)

// newCrypt returns the hasher that reads "crypt$$<13 characters>", the DES crypt(3)
// of Django before 5.0. It reads only the first 8 bytes of a password.
func newCrypt() password.Hasher { return &reader{algorithm: "crypt", verify: verifyCrypt} }

func verifyCrypt(password, encoded string) (bool, error) {
	hash, found := strings.CutPrefix(encoded, "crypt$$")
	if !found || len(hash) != 13 {
		return false, malformed("not of the form crypt$$ and 13 characters")
	}
	if strings.ContainsRune(password, 0) {
		return false, nil // C stops at a NUL
	}
	seen := password[:min(len(password), des.MaxPasswordLength)]
	switch err := des.Check(hash, seen); {
	case errors.Is(err, crypt.ErrPasswordMismatch):
		return false, nil
	case err != nil:
		return false, malformed("crypt cannot read the hash")
	}
	return true, nil
}
