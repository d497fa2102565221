package sessionkey

import (
	"errors"
	"strings"
)

var errSameName = errors.New("makes the same key of two sessions, or another one each time: " +
	"visitors would get each other's sessions, or lose theirs")

// Name returns a cache's key for a session's key: what a function makes of it, or if that is
// nil, the session's key behind a prefix.
func Name(prefix string, name func(key string) string, key string) string {
	if name != nil {
		return name(key)
	}
	return prefix + key
}

// CheckNames calls a function that makes a cache's key of a session's key, or none if it is
// nil. It is an error if any character of the session's key does not count.
func CheckNames(name func(key string) string) error {
	if name == nil {
		return nil
	}
	for _, length := range []int{32, MaxLength} { // of keys, and of those that are hashed
		zero := strings.Repeat("0", length)
		seen := map[string]bool{name(zero): true}
		if !seen[name(zero)] {
			return errSameName
		}
		for i := range length {
			other := name(zero[:i] + "1" + zero[i+1:])
			if seen[other] {
				return errSameName
			}
			seen[other] = true
		}
	}
	return nil
}
