// Package sessionkey checks the form of the keys of sessions.
package sessionkey

import "errors"

// ErrMalformed is what a store returns for a key that is not [WellFormed]. It does
// not show the key.
var ErrMalformed = errors.New("malformed key; want 8 to 40 characters of a-z0-9")

// MinLength is Django's: shorter texts are not keys at all.
const MinLength = 8

// MaxLength is the width of Django's column.
const MaxLength = 40

// WellFormed reports whether key could have been issued, here or by Django: 8
// to 40 characters of a-z0-9. No path, no cache key and no statement is made
// of others; what databases and caches make of NUL, case and spaces differs.
func WellFormed(key string) bool {
	if len(key) < MinLength || len(key) > MaxLength {
		return false
	}
	for i := range len(key) {
		c := key[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
