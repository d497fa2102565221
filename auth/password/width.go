package password

import "github.com/jamsession/jamsession/auth/internal/hashwidth"

// A sized hasher knows how many characters its new strings have, and need not
// make one: those of this package.
type sized interface{ width() int }

func init() {
	hashwidth.Written = func(hashers any) int { return widthOf(hashers.(*Hashers).preferred()) }
}

// widthOf returns how many characters a new string has, zero if that is not known.
func widthOf(h Hasher) int {
	if s, ok := h.(sized); ok {
		return s.width()
	}
	return 0
}
