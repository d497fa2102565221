package console

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"

	"github.com/jamsession/jamsession/secret"
)

// A sealer makes the key of a session into a text for addresses, which end up in logs, histories
// and screenshots. It opens nothing but the console's page.
type sealer []cipher.AEAD // the current one first

func newSealer(keys secret.Keys) (sealer, error) {
	var s sealer
	for key := range keys.All() {
		derived, err := hkdf.Key(sha256.New, []byte(key.Reveal()), nil, "jamsession.console", 32)
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(derived)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		s = append(s, aead)
	}
	return s, nil
}

// maxRef is how long a sealed key can be. A cookie that holds a session has four kilobytes.
const maxRef = 6000

// seal returns the text for a key.
func (s sealer) seal(key string) string {
	return base64.RawURLEncoding.EncodeToString(s[0].Seal(nil, nil, []byte(key), nil))
}

// open returns the key, and false if nobody with these secrets has sealed it.
func (s sealer) open(ref string) (key string, ok bool) {
	if len(ref) > maxRef {
		return "", false
	}
	data, err := base64.RawURLEncoding.DecodeString(ref)
	if err != nil {
		return "", false
	}
	for _, aead := range s {
		if text, err := aead.Open(nil, nil, data, nil); err == nil {
			return string(text), true
		}
	}
	return "", false
}
