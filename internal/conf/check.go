package conf

import (
	"fmt"

	"github.com/jamsession/jamsession/secret"
)

// A Level says how bad a [Finding] is.
type Level int

// The levels of a [Finding], as in Django.
const (
	LevelWarning Level = iota + 1
	LevelError
)

// String returns the level in capitals, as Django prints it.
func (l Level) String() string {
	if l == LevelError {
		return "ERROR"
	}
	return "WARNING"
}

// A Finding is something dangerous about the settings.
type Finding struct {
	Level   Level
	ID      string // Django's, such as "security.W009", if Django has the check
	Message string
	Hint    string // what to do; may be empty
	Paste   string // lines that do it, below a comment that says where they belong; may be empty
}

// String returns the finding on one line.
func (f Finding) String() string {
	line := fmt.Sprintf("%s: (%s) %s", f.Level, f.ID, f.Message)
	if f.Hint != "" {
		line += " HINT: " + f.Hint
	}
	return line
}

// Check returns what is dangerous about the settings, as Django's "check"
// does; with deploy, also what is dangerous on a site that others can reach,
// as its "check --deploy". Django's checks of middleware and applications
// have no counterpart: a site always has them all.
//
// Beyond Django's, with ids of jamsession's own, it asks what an auditor would:
// OWASP's ASVS 5.0 and NIST SP 800-63B-4. It looks at settings, at the modes
// of files that they name, and at nothing else; it does not connect to any
// server.
func (s *Settings) Check(deploy bool) []Finding {
	findings := s.checkOrigins()
	if !deploy {
		return findings
	}
	for _, check := range []func() []Finding{
		s.checkKeys, s.checkOldKeys,
		s.checkAddress, s.checkHosts, s.checkProxies, s.checkForwardedHost,
		s.checkHeaders, s.checkTrustedOrigins, s.checkLocations,
		s.checkLinks, s.checkEngine,
		s.checkCookies, s.checkAges,
		s.checkHashes, s.checkNewPasswords, s.checkRecovery,
		s.checkLimits, s.checkMessages,
	} {
		findings = append(findings, check()...)
	}
	return findings
}

func (s *Settings) checkKeys() []Finding {
	var findings []Finding
	if fault := weaknessToDjango(s.SecretKey); fault != "" {
		findings = append(findings, Finding{
			Level: LevelWarning, ID: "security.W009",
			Message: "SECRET_KEY " + fault + ": anyone who guesses it can forge sessions.",
			Hint:    "Make a key with: jamsession secret",
		})
	}
	for i, key := range s.SecretKeyFallbacks {
		if fault := weaknessToDjango(key); fault != "" {
			findings = append(findings, Finding{
				Level: LevelWarning, ID: "security.W025",
				Message: fmt.Sprintf("SECRET_KEY_FALLBACKS[%d] %s.", i, fault),
				Hint:    "Remove it as soon as no session uses it any more.",
			})
		}
	}
	return findings
}

// wantKeyLength is the length that Django's check asks for, in characters.
const wantKeyLength = 50

// weaknessToDjango adds what Django's check objects to.
func weaknessToDjango(key secret.Text) string {
	fault := weakness(key)
	if fault == "" && len([]rune(key.Reveal())) < wantKeyLength {
		fault = fmt.Sprintf("has fewer than %d characters", wantKeyLength)
	}
	return fault
}

// mostOldKeys are enough for one rotation that meets another.
const mostOldKeys = 2

func (s *Settings) checkOldKeys() []Finding {
	var findings []Finding
	if n := len(s.SecretKeyFallbacks); n > mostOldKeys {
		findings = append(findings, warn("jamsession.W007",
			fmt.Sprintf("SECRET_KEY_FALLBACKS has %d keys: with each of them sessions can be forged.", n),
			"Remove the keys that no session uses any more.")...)
	}
	for i, key := range s.SecretKeyFallbacks {
		if !key.IsZero() && key.Equal(s.SecretKey) {
			findings = append(findings, warn("jamsession.W008",
				fmt.Sprintf("SECRET_KEY_FALLBACKS[%d] is SECRET_KEY itself: the key was "+
					"not rotated.", i),
				"Make a new key with: jamsession secret")...)
		}
	}
	return findings
}

// warn returns one finding; all findings about a deployment are warnings,
// as in Django.
func warn(id, message, hint string) []Finding {
	return []Finding{{Level: LevelWarning, ID: id, Message: message, Hint: hint}}
}
