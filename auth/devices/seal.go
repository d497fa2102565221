package devices

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/jamsession/jamsession/secret"
)

// maxSealed is the width of the column.
const maxSealed = 200

// A sealer seals the keys of sessions, since readers of the table must not get them. Each
// is bound to the id of its row.
type sealer struct {
	ciphers []cipher.AEAD // the current one first
}

func newSealer(keys secret.Keys) (sealer, error) {
	if keys.IsZero() {
		return sealer{}, errors.New("devices: no keys; make them with secret.NewKeys")
	}
	var s sealer
	for key := range keys.All() {
		derived, err := hkdf.Key(sha256.New, []byte(key.Reveal()), nil, "jamsession.auth.devices", 32)
		if err != nil {
			return sealer{}, fmt.Errorf("devices: %w", err)
		}
		block, err := aes.NewCipher(derived)
		if err != nil {
			return sealer{}, fmt.Errorf("devices: %w", err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return sealer{}, fmt.Errorf("devices: %w", err)
		}
		s.ciphers = append(s.ciphers, aead)
	}
	return s, nil
}

// seal returns the sealed key; "" if there is none, or it is too long for the column.
func (s sealer) seal(id, key string) string {
	if key == "" {
		return ""
	}
	sealed := base64.RawURLEncoding.EncodeToString(s.ciphers[0].Seal(nil, nil, []byte(key), []byte(id)))
	if len(sealed) > maxSealed {
		return ""
	}
	return sealed
}

// openKey is open for the key of a session's record.
func (s sealer) openKey(id, sealed string) (key string, ok bool) {
	key, ok = s.open(id, sealed)
	return key, ok && !strings.HasPrefix(key, notKey)
}

// open returns the key, and false if nobody with these secrets has sealed it for this id.
func (s sealer) open(id, sealed string) (key string, ok bool) {
	data, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || sealed == "" {
		return "", false
	}
	for _, aead := range s.ciphers {
		if text, err := aead.Open(nil, nil, data, []byte(id)); err == nil {
			return string(text), true
		}
	}
	return "", false
}
