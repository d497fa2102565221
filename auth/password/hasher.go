package password

import "errors"

// A Hasher is one algorithm with its cost. For another algorithm, implement
// these methods and list it in [Options].Hashers.
//
// A Hasher must be safe for concurrent use. It need not limit the length of
// passwords, nor how many hashes run at once: [Hashers] do. No error may
// contain a password or an encoded string.
type Hasher interface {
	// Algorithm returns the text before the first "$" of its strings.
	Algorithm() string

	// Encode hashes password with a fresh salt. The result must fit Django's
	// column, 128 characters. A Hasher that only reads old strings returns
	// ErrReadOnly.
	Encode(password string) (string, error)

	// Verify reports whether encoded was made of password, and compares in
	// constant time. It must refuse a string that it cannot read with an error
	// that wraps ErrMalformed, before it does any work.
	Verify(password, encoded string) (bool, error)

	// MustUpdate reports whether the cost of encoded differs from what Encode
	// would give it now, or its salt is too short.
	MustUpdate(encoded string) bool

	// Cost returns the cost of checking encoded or, if encoded is empty, of
	// making a new string. It is zero for a string that Verify refuses.
	//
	// The work is the time, in iterations of PBKDF2 with SHA-256: it is rough
	// for other algorithms, right within a factor of two. The memory is in
	// bytes, and zero if it is too little to count. [Hashers] never call Verify
	// for a string that takes more than 10 million iterations, which is some
	// seconds, or more than 1 GiB.
	Cost(encoded string) (work int, memory int64)
}

var (
	// ErrMalformed says that a stored string is damaged, or its cost is out of bounds.
	// [Hashers.Verify] logs it and reports that the password is wrong.
	ErrMalformed = errors.New("password: stored hash is malformed")

	// ErrTooLong says that the password has more than 4096 bytes, or more than
	// the algorithm accepts.
	ErrTooLong = errors.New("password: too long")

	// ErrReadOnly says that the first Hasher can only check old strings: list
	// one before it that makes new ones.
	ErrReadOnly = errors.New("password: the algorithm is too weak for new passwords")
)

// maxLength is the length in bytes above which a password is refused without
// hashing it (CVE-2013-1443).
const maxLength = 4096
