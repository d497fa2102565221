package legacy

import (
	"crypto/subtle"
	"encoding/hex"
	"fmt"

	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/internal/legacyhashers"
)

// Hashers returns hashers that read the algorithms "md5", "sha1", "unsalted_md5",
// "unsalted_sha1" and "crypt", in this order. For fewer, take those with the
// right [password.Hasher.Algorithm].
func Hashers() []password.Hasher {
	return []password.Hasher{newMD5(), newSHA1(), newUnsaltedMD5(), newUnsaltedSHA1(), newCrypt()}
}

func init() { legacyhashers.All = Hashers }

// A reader is a hasher that only reads.
type reader struct {
	algorithm  string
	verify     func(password, encoded string) (bool, error)
	mustUpdate func(encoded string) bool // nil reports false; the algorithm alone is a reason to update
}

// Algorithm implements [password.Hasher].
func (r *reader) Algorithm() string { return r.algorithm }

// Encode returns [password.ErrReadOnly].
func (*reader) Encode(string) (string, error) { return "", password.ErrReadOnly }

// Verify implements [password.Hasher].
func (r *reader) Verify(password, encoded string) (bool, error) { return r.verify(password, encoded) }

// MustUpdate implements [password.Hasher], as Django does.
func (r *reader) MustUpdate(encoded string) bool { return r.mustUpdate != nil && r.mustUpdate(encoded) }

// Cost implements [password.Hasher]. It is too little to count.
func (*reader) Cost(string) (work int, memory int64) { return 0, 0 }

// sameHex compares a digest with the digits of a stored one.
func sameHex(computed, stored string) (bool, error) {
	if _, err := hex.DecodeString(stored); err != nil || len(stored) != len(computed) {
		return false, malformed("the hash is not %d hex digits", len(computed))
	}
	return subtle.ConstantTimeCompare([]byte(computed), []byte(stored)) == 1, nil
}

// malformed returns an error that wraps password.ErrMalformed.
func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{password.ErrMalformed}, args...)...)
}
