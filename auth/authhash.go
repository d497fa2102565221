package auth

import (
	"crypto/subtle"
	"encoding/hex"

	"github.com/jamsession/jamsession/internal/signing"
	"github.com/jamsession/jamsession/secret"
)

// authHashSalt is where Django has the method that makes the hash.
const authHashSalt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"

// authHash ties a session to a password: it is kept in the session and
// compared on each request, so that a changed password ends the sessions of
// its user. It is HMAC-SHA256 of the encoded password, in hex, under the key.
// (Django: get_session_auth_hash.)
func authHash(key secret.Text, encodedPassword string) string {
	return hex.EncodeToString(
		signing.SaltedHMAC(authHashSalt, key, []byte(encodedPassword)))
}

// A verdict is what the hash in a session says.
type verdict int

const (
	hashWrong verdict = iota // the password has changed, or it was forged
	hashGood
	hashOld // made with one of the older keys
)

// judge compares the hash in a session with the user's.
func (m *Manager) judge(stored string, user User) verdict {
	if sameHash(stored, authHash(m.keys.Current(), user.Password)) {
		return hashGood
	}
	for key := range m.keys.Older() {
		if sameHash(stored, authHash(key, user.Password)) {
			return hashOld
		}
	}
	return hashWrong
}

func sameHash(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
