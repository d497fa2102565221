package csrf

import (
	"crypto/subtle"

	"github.com/jamsession/jamsession/internal/randomtext"
)

const (
	alphabet     = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	secretLength = 32 // 190 bits
	tokenLength  = 2 * secretLength
)

// What may be wrong with a token, as Django puts it.
const (
	badLength     = "has incorrect length"
	badCharacters = "has invalid characters"
)

// index is the place of each byte in the alphabet, or -1.
var index = func() (index [256]int8) {
	for i := range index {
		index[i] = -1
	}
	for i := range len(alphabet) {
		index[alphabet[i]] = int8(i)
	}
	return index
}()

// newSecret returns a secret as Django makes it.
func newSecret() string { return randomtext.Of(alphabet, secretLength) }

// mask returns the token that hides secret behind mask: the mask, and then
// the sum of both, character by character.
func mask(secret, mask string) string {
	token := make([]byte, tokenLength)
	copy(token, mask)
	for i := range secretLength {
		sum := int(index[secret[i]]) + int(index[mask[i]])
		token[secretLength+i] = alphabet[sum%len(alphabet)]
	}
	return string(token)
}

// parseToken returns the secret that token stands for, a masked one of 64
// characters or the secret itself, as old Django versions and scripts send
// it; or else what is wrong with it.
func parseToken(token string) (secret, flaw string) {
	if len(token) != secretLength && len(token) != tokenLength {
		return "", badLength
	}
	for i := range len(token) {
		if index[token[i]] < 0 {
			return "", badCharacters
		}
	}
	if len(token) == secretLength {
		return token, ""
	}
	return unmask(token), ""
}

func unmask(token string) string {
	secret := make([]byte, secretLength)
	for i := range secret {
		diff := int(index[token[secretLength+i]]) - int(index[token[i]])
		secret[i] = alphabet[(diff+len(alphabet))%len(alphabet)]
	}
	return string(secret)
}

// sameSecret takes as long for any two secrets.
func sameSecret(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
