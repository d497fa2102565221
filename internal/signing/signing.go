// Package signing is Django's signer: values that a visitor may see but not
// change.
//
// A signed value is the value, a colon and the HMAC-SHA256, in base64, of the
// text before the colon. Its key is SHA-256 of salt + "signer" + secret. The
// salt names the purpose, so that a value signed for one purpose is invalid for
// another. A value may carry the time of its signature ([Signer.SignTime]), and
// bytes may be compressed ([Signer.Dumps]).
//
// No value is parsed or inflated before its signature is verified; only
// [UnverifiedPayload], for consoles, does not verify it. The errors never
// contain the value, the signature or a key.
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
	"iter"
	"sync"

	"github.com/jamsession/jamsession/secret"
)

// ErrBadSignature says that the value was not signed with one of the keys.
var ErrBadSignature = errors.New("signing: bad signature")

// ErrMalformed is wrapped by the errors for values whose signature is right,
// and that still have no time, or are not base64 or zlib text.
var ErrMalformed = errors.New("signing: malformed value")

const separator = ':'

var encoding = base64.RawURLEncoding.Strict()

// SaltedHMAC returns the HMAC-SHA256 of value under the key SHA-256 of
// keySalt + key. It is what Django calls salted_hmac, with sha256.
func SaltedHMAC(keySalt string, key secret.Text, value []byte) []byte {
	h := newHMAC(keySalt, key)
	h.Write(value)
	return h.Sum(nil)
}

func newHMAC(keySalt string, key secret.Text) hash.Hash {
	derived := sha256.Sum256([]byte(keySalt + key.Reveal()))
	return hmac.New(sha256.New, derived[:])
}

// A Signer signs for one purpose. It is safe for concurrent use. No printer
// finds a key in it: the pools hide what they hold from reflection.
type Signer struct {
	keys []*sync.Pool // of *mac, one pool per key; the first signs
}

// SessionSalt is the purpose of the signature of Django's sessions in the engines
// db, cached_db and file: the name of a package and of a class.
const SessionSalt = "django.contrib.sessions.SessionStore"

// New returns a signer that signs with the current key and accepts the
// signatures of all. It panics if the salt is empty, or if there are no keys.
func New(salt string, keys secret.Keys) *Signer {
	return newSigner(salt, "", keys.All())
}

// NewOfOne returns a signer with one key. It panics if it or the salt is empty.
func NewOfOne(salt string, key secret.Text) *Signer {
	return newSigner(salt, "", func(yield func(secret.Text) bool) { yield(key) })
}

// NewForCookies returns a signer with the keys that Django derives for
// everything in cookies. (Django: get_cookie_signer.)
func NewForCookies(salt string, keys secret.Keys) *Signer {
	return newSigner(salt, "django.http.cookies", keys.All())
}

// newSigner returns a signer whose keys have a prefix.
func newSigner(salt, prefix string, keys iter.Seq[secret.Text]) *Signer {
	if salt == "" {
		panic("signing: the salt is empty; it must name the purpose")
	}
	s := &Signer{}
	for key := range keys {
		if key.IsZero() {
			panic("signing: a key is empty; anybody could sign with it")
		}
		s.keys = append(s.keys, &sync.Pool{
			New: func() any { return &mac{hash: newHMAC(salt+"signer"+prefix, key)} },
		})
	}
	if s.keys == nil {
		panic("signing: no keys; make them with secret.NewKeys")
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

// sign returns the signature of value as text, valid until the next call.
func (m *mac) sign(value []byte) []byte {
	m.hash.Reset()
	m.hash.Write(value)
	encoding.Encode(m.text[:], m.hash.Sum(m.sum[:0]))
	return m.text[:]
}
