package password

import "errors"

// A Hasher is one algorithm with its cost. It is the seam for another one:
// implement these five methods and name it in [Options].Hashers.
//
// A Hasher must be safe for concurrent use. It need not bound the length of
// passwords, nor how many hashes run at once: [Hashers] do. No error may
// contain a password or an encoded string.
type Hasher interface {
	// Algorithm returns what stands before the first "$" in its strings.
	Algorithm() string

	// Encode hashes password with a fresh salt. The result must fit Django's
	// column, 128 characters.
	Encode(password string) (string, error)

	// Verify reports whether encoded was made of password, and compares in
	// constant time. It must refuse a string that it cannot read, or whose
	// cost is out of bounds, with an error that wraps ErrMalformed.
	Verify(password, encoded string) (bool, error)

	// MustUpdate reports whether encoded has another cost than Encode would
	// give it now, or a salt that is too short.
	MustUpdate(encoded string) bool

	// Harden does the work by which checking encoded is cheaper than a fresh
	// hash, if it is.
	Harden(password, encoded string) error
}

var (
	// ErrMalformed says that a stored string is damaged, or its cost is out of bounds.
	// [Hashers.Verify] logs it and answers that the password is wrong.
	ErrMalformed = errors.New("password: stored hash is malformed")

	// ErrTooLong says that the password has more than [MaxLength] bytes.
	ErrTooLong = errors.New("password: longer than 4096 bytes")
)

// MaxLength is the length in bytes above which a password is refused without
// hashing it (CVE-2013-1443).
const MaxLength = 4096
