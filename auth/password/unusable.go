package password

import (
	"crypto/rand"
	"strings"
)

const (
	unusablePrefix = "!"
	unusableLength = 40 // random characters, so that no two strings are the same

	saltLength = 22 // log2(62^22) is just above 128 bits
	alphabet   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// MakeUnusable returns a string that matches no password: "!" and 40 random
// characters. The user cannot log in with a password. (Django:
// make_password(None).)
func MakeUnusable() string { return unusablePrefix + randomText(unusableLength) }

// IsUsable reports whether encoded may match a password, which is false if it
// begins with "!". (Django: is_password_usable.)
func IsUsable(encoded string) bool { return !strings.HasPrefix(encoded, unusablePrefix) }

// randomText returns n characters drawn uniformly from the alphabet. Bytes of
// 248 and above are dropped, since 248 is the largest multiple of 62 in a byte.
func randomText(n int) string {
	text := make([]byte, 0, n)
	var pool [64]byte
	for len(text) < n {
		_, _ = rand.Read(pool[:]) // never fails
		for _, b := range pool {
			if b < 248 && len(text) < n {
				text = append(text, alphabet[b%62])
			}
		}
	}
	return string(text)
}
