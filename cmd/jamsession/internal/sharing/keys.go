package sharing

import (
	"slices"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/diffsettings"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/settings"
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

func (s site) secretKey() []settings.Finding {
	key, ok := keyText(s.django["SECRET_KEY"])
	switch {
	case !ok:
		return notUnderstood("SECRET_KEY")
	case key.Equal(s.here.SecretKey):
		return nil
	case subset([]secret.Text{s.here.SecretKey}, s.djangoFallbacks()):
		return failure("E101", "SECRET_KEY here is one of Django's SECRET_KEY_FALLBACKS: what Django "+
			"has "+
			"signed since its key was changed is not accepted here.",
			"Change SECRET_KEY here, too, and move the old key to SECRET_KEY_FALLBACKS.")
	case subset([]secret.Text{key}, s.here.SecretKeyFallbacks):
		return failure("E101", "Django's SECRET_KEY is one of SECRET_KEY_FALLBACKS here: what was "+
			"signed "+
			"here since the key was changed is not accepted by Django.",
			"Change SECRET_KEY of Django, too. From Django 4.1 on the old key goes to "+
				"SECRET_KEY_FALLBACKS.")
	}
	return failure("E101", "SECRET_KEY is not the same: neither side accepts sessions and logins of the "+
		"other, and each side logs the other's visitors out.",
		"Give this program Django's key, in the environment or in the file of --secret-key-file.")
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

func (s site) fallbackKeys() []settings.Finding {
	if !s.has("SECRET_KEY_FALLBACKS") {
		if len(s.here.SecretKeyFallbacks) == 0 {
			return nil
		}
		return warning("W101", "SECRET_KEY_FALLBACKS is set here, and this Django is too old to know "+
			"it: "+
			"who has a session of an older key is logged in here and logged out there.",
			"Remove SECRET_KEY_FALLBACKS here, or upgrade Django to 4.1 or newer.")
	}
	there, here := s.djangoFallbacks(), s.here.SecretKeyFallbacks
	if subset(there, here) && subset(here, there) {
		return nil
	}
	return warning("W101", "SECRET_KEY_FALLBACKS is not the same: a session of an older key is "+
		"accepted by "+
		"one side and ended by the other.", "Set the same keys on both sides.")
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
func (s site) legacyHashes() []settings.Finding {
	var findings []settings.Finding
	if s.django["DEFAULT_HASHING_ALGORITHM"] == "sha1" {
		findings = append(findings, failure("E102", "DEFAULT_HASHING_ALGORITHM is sha1: Django signs "+
			"sessions, "+
			"logins and reset links as Django 3.0 did, and none of them is accepted here.",
			"Remove the setting from Django, and wait for SESSION_COOKIE_AGE before this program goes "+
				"live, "+
				"or let the visitors log in again.")...)
	}
	backend := s.django["SIGNING_BACKEND"]
	if backend != nil && backend != "django.core.signing.TimestampSigner" {
		findings = append(findings, warning("W102", "SIGNING_BACKEND is not Django's own: messages in "+
			"cookies "+
			"and signed cookies of one side are dropped by the other. Sessions are not concerned.",
			"Remove the setting from Django, or set MESSAGE_STORAGE to the session storage on both "+
				"sides.")...)
	}
	return findings
}
