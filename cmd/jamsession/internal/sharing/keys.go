package sharing

import (
	"slices"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/diffsettings"
	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/secret"
)

// keyText returns a key, which may be text or bytes.
func keyText(value any) (secret.Text, bool) {
	switch v := value.(type) {
	case string:
		return secret.New(v), true
	case diffsettings.Bytes:
		return secret.New(string(v)), true
	}
	return secret.Text{}, false
}

// missingKey is the id of the finding that this program has no key.
const missingKey = "jamsession.E001"

func (s site) secretKey() []conf.Finding {
	key, ok := keyText(s.django["SECRET_KEY"])
	switch {
	case s.here.SecretKey.IsZero():
		return s.finding("key_missing_here", nil)
	case s.facts.Django != "":
		return nil // facts hold no key
	case !ok:
		return s.notUnderstood("SECRET_KEY")
	case key.Equal(s.here.SecretKey):
		return nil
	case subset([]secret.Text{s.here.SecretKey}, s.djangoFallbacks()):
		return s.finding("key_is_old_here", nil)
	case subset([]secret.Text{key}, s.here.SecretKeyFallbacks):
		return s.finding("key_is_old_in_django", nil)
	}
	return s.finding("key_differs", nil)
}

func (s site) djangoFallbacks() []secret.Text {
	list, _ := s.django["SECRET_KEY_FALLBACKS"].([]any)
	var keys []secret.Text
	for _, v := range list {
		if key, ok := keyText(v); ok {
			keys = append(keys, key)
		}
	}
	return keys
}

func (s site) fallbackKeys() []conf.Finding {
	if s.facts.Django != "" {
		if s.facts.Fallbacks != len(s.here.SecretKeyFallbacks) {
			return s.finding("fallbacks_differ", nil)
		}
		return nil
	}
	if !s.has("SECRET_KEY_FALLBACKS") {
		if len(s.here.SecretKeyFallbacks) == 0 {
			return nil
		}
		return s.finding("fallbacks_unknown_in_django", nil)
	}
	there, here := s.djangoFallbacks(), s.here.SecretKeyFallbacks
	if subset(there, here) && subset(here, there) {
		return nil
	}
	return s.finding("fallbacks_differ", nil)
}

func subset(a, b []secret.Text) bool {
	for _, x := range a {
		if !slices.ContainsFunc(b, x.Equal) {
			return false
		}
	}
	return true
}

// legacyHashes: Django 3.1 and 3.2 can write what Django 3.0 read.
func (s site) legacyHashes() []conf.Finding {
	var findings []conf.Finding
	if s.django["DEFAULT_HASHING_ALGORITHM"] == "sha1" {
		findings = append(findings, s.finding("sha1_signatures", nil)...)
	}
	backend := s.django["SIGNING_BACKEND"]
	if backend != nil && backend != "django.core.signing.TimestampSigner" {
		findings = append(findings, s.finding("signing_backend", nil)...)
	}
	return findings
}
