// Package signing is Django's signer: values that a visitor may see but not
// change.
//
// A signed value is the value, a colon and a base64 text of the HMAC-SHA256
// of what stands before the colon. Its key is SHA-256 of salt + "signer" +
// secret. The salt names the purpose, so that what was signed for one purpose
// is worthless for another. A value may carry the time of its signature
// ([Signer.SignTime]), and bytes may be compressed ([Signer.Dumps]).
//
// Nothing of a value is parsed or inflated before its signature was found
// right; only [UnverifiedPayload], for consoles, does not ask. The errors
// never show the value, the signature or a key.
//
// Differences from Django: signatures made with SHA-1, which Django up to 3.2
// accepts, are bad signatures; base64 text is read strictly, which refuses
// nothing that Django writes; the separator is always a colon.
package signing

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash"
	"sync"
)

// ErrBadSignature says that the value was not signed with one of the keys.
var ErrBadSignature = errors.New("signing: bad signature")

// ErrMalformed is wrapped by the errors for values whose signature is right,
// and that still have no time, or are no base64 or zlib text.
var ErrMalformed = errors.New("signing: malformed value")

const separator = ':'

var encoding = base64.RawURLEncoding.Strict()

// SaltedHMAC returns the HMAC-SHA256 of value under the key SHA-256 of
// keySalt + secret. It is what Django calls salted_hmac, with sha256.
func SaltedHMAC(keySalt, secret string, value []byte) []byte {
	h := newHMAC(keySalt, secret)
	h.Write(value)
	return h.Sum(nil)
}

func newHMAC(keySalt, secret string) hash.Hash {
	key := sha256.Sum256([]byte(keySalt + secret))
	return hmac.New(sha256.New, key[:])
}

// A Signer signs for one purpose. It is safe for concurrent use.
type Signer struct {
	keys []*sync.Pool // of *mac, one pool a key; the first signs
}

// New returns a signer that signs with secret and accepts, beyond its own
// signatures, those made with one of the fallbacks: secrets that were in use
// before. It panics if salt or a secret is empty.
func New(salt, secret string, fallbacks ...string) *Signer {
	if salt == "" {
		panic("signing: the salt is empty; it must name the purpose")
	}
	s := &Signer{}
	for _, secret := range append([]string{secret}, fallbacks...) {
		if secret == "" {
			panic("signing: a secret is empty; anybody could sign with it")
		}
		s.keys = append(s.keys, &sync.Pool{
			New: func() any { return &mac{hash: newHMAC(salt+"signer", secret)} },
		})
	}
	return s
}

// Sign returns the signed value, without a time.
func (s *Signer) Sign(value string) string {
	return string(s.appendSignature([]byte(value)))
}

// Unsign returns the value that was signed, or [ErrBadSignature].
func (s *Signer) Unsign(signed string) (string, error) {
	value, err := s.unsign([]byte(signed))
	return string(value), err
}

func (s *Signer) appendSignature(value []byte) []byte {
	m := s.keys[0].Get().(*mac)
	signature := m.sign(value)
	value = append(value, separator)
	value = append(value, signature...)
	s.keys[0].Put(m)
	return value
}

func (s *Signer) unsign(signed []byte) ([]byte, error) {
	i := bytes.LastIndexByte(signed, separator)
	if i < 0 {
		return nil, ErrBadSignature
	}
	value, signature := signed[:i], signed[i+1:]
	for _, pool := range s.keys {
		m := pool.Get().(*mac)
		good := hmac.Equal(m.sign(value), signature)
		pool.Put(m)
		if good {
			return value, nil
		}
	}
	return nil, ErrBadSignature
}

// A mac computes signatures with one key. Its hash keeps what it computed
// from the key, so that it is pooled and not made anew.
type mac struct {
	hash hash.Hash
	sum  [sha256.Size]byte
	text [(sha256.Size*8 + 5) / 6]byte
}

// sign returns the signature of value as text, good until the next call.
func (m *mac) sign(value []byte) []byte {
	m.hash.Reset()
	m.hash.Write(value)
	encoding.Encode(m.text[:], m.hash.Sum(m.sum[:0]))
	return m.text[:]
}
