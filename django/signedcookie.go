package django

import (
	"errors"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/jamsession/jamsession/internal/signing"
	"github.com/jamsession/jamsession/secret"
)

// The errors of [CookieSigner.Unsign].
var (
	// ErrBadCookie: the value was not signed for this cookie with one of the
	// keys. (Django: BadSignature.)
	ErrBadCookie = errors.New("django: bad signature of a cookie")

	// ErrCookieExpired: the signature is valid but too old.
	// (Django: SignatureExpired.)
	ErrCookieExpired = errors.New("django: signature of a cookie has expired")
)

// CookieSignerOptions configure a [CookieSigner]. The zero value is the
// strict one: Django 6.1's configuration.
type CookieSignerOptions struct {
	// AcceptForgeableSalt also reads the values of Django before 5.2.15 and 6.0.6, whose
	// salt does not tell the cookie "ab" with the salt "c" from the cookie "a" with the salt
	// "bc" (CVE-2026-6873). (Django: SIGNED_COOKIE_LEGACY_SALT_FALLBACK.)
	AcceptForgeableSalt bool

	// WriteForgeableSalt writes it, too, for a Django that is as old. It
	// includes AcceptForgeableSalt.
	WriteForgeableSalt bool
}

// A CookieSigner signs values of cookies as Django's set_signed_cookie does,
// and reads them as get_signed_cookie. The value is not hidden. Make one with
// [NewCookieSigner]; it is safe for concurrent use.
//
// Sessions and messages in cookies do not need it: their packages sign by
// themselves.
type CookieSigner struct {
	keys secret.Keys
	opts CookieSignerOptions
}

// NewCookieSigner returns a signer with Django's SECRET_KEY and
// SECRET_KEY_FALLBACKS. The options may be nil. The error says that there are no
// keys.
func NewCookieSigner(keys secret.Keys, o *CookieSignerOptions) (*CookieSigner, error) {
	if keys.IsZero() {
		return nil, errors.New("django: NewCookieSigner: no keys; make them with secret.NewKeys")
	}
	s := &CookieSigner{keys: keys}
	if o != nil {
		s.opts = *o
	}
	return s, nil
}

// Sign returns the text to store in the cookie of this name: the value, the
// time and the signature, with colons between them. The salt tells apart what
// one cookie is used for; it may be empty.
func (s *CookieSigner) Sign(name, value, salt string) string {
	if s.opts.WriteForgeableSalt {
		return s.signer(name + salt).SignTime(value)
	}
	return s.signer(boundSalt(name, salt)).SignTime(value)
}

// Unsign returns the value that [CookieSigner.Sign] was given for the cookie
// of this name with this salt, [ErrCookieExpired] if that was longer ago than
// maxAge, and [ErrBadCookie] for anything else. A maxAge of zero means no
// limit.
func (s *CookieSigner) Unsign(name, signed, salt string, maxAge time.Duration) (string, error) {
	if maxAge == 0 {
		maxAge = signing.NoMaxAge
	}
	value, err := s.signer(boundSalt(name, salt)).UnsignTime(signed, maxAge)
	if errors.Is(err, signing.ErrBadSignature) &&
		(s.opts.AcceptForgeableSalt || s.opts.WriteForgeableSalt) && name+salt != "" {
		value, err = s.signer(name+salt).UnsignTime(signed, maxAge)
	}
	switch {
	case errors.Is(err, signing.ErrExpired):
		return "", ErrCookieExpired
	case err != nil:
		return "", ErrBadCookie
	}
	return value, nil
}

func (s *CookieSigner) signer(salt string) *signing.Signer {
	return signing.NewForCookies(salt, s.keys)
}

// boundSalt says how long the salt is, so that no other pair of salt and name
// makes the same text.
func boundSalt(name, salt string) string {
	return "django.http.cookies.v2:" + strconv.Itoa(utf8.RuneCountInString(salt)) + ":" + salt + name
}
