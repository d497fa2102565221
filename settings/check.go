package settings

import (
	"fmt"

	"github.com/jamsession/jamsession/secret"
)

// A Level says how bad a [Finding] is.
type Level int

// The levels of a [Finding], as in Django.
const (
	Warning Level = iota + 1
	Error
)

// String returns the level in capitals, as Django prints it.
func (l Level) String() string {
	if l == Error {
		return "ERROR"
	}
	return "WARNING"
}

// A Finding is something about the settings that is dangerous.
type Finding struct {
	Level   Level
	ID      string // Django's, such as "security.W009", if Django has the check
	Message string
	Hint    string // what to do; may be empty
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
// have no counterpart: a [Site] always has them all.
func (s *Settings) Check(deploy bool) []Finding {
	findings := s.checkOrigins()
	if deploy {
		findings = append(findings, s.checkKeys()...)
		findings = append(findings, s.checkCookies()...)
		findings = append(findings, s.checkIterations()...)
		findings = append(findings, s.checkEngine()...)
		findings = append(findings, s.checkHosts()...)
		findings = append(findings, s.checkLimits()...)
	}
	return findings
}

func (s *Settings) checkOrigins() []Finding {
	var findings []Finding
	for _, origin := range s.CSRFTrustedOrigins {
		if !isOrigin(origin) {
			findings = append(findings, Finding{
				Error, "4_0.E001",
				fmt.Sprintf("CSRF_TRUSTED_ORIGINS has %q, which is no origin.", origin),
				`Write scheme and host, such as "https://example.com".`,
			})
		}
	}
	return findings
}

func (s *Settings) checkKeys() []Finding {
	var findings []Finding
	if fault := weaknessToDjango(s.SecretKey); fault != "" {
		findings = append(findings, Finding{
			Warning, "security.W009",
			"SECRET_KEY " + fault + ": whoever guesses it can forge sessions.",
			"Make a key with: openssl rand -base64 48",
		})
	}
	for i, key := range s.SecretKeyFallbacks {
		if fault := weaknessToDjango(key); fault != "" {
			findings = append(findings, Finding{
				Warning, "security.W025",
				fmt.Sprintf("SECRET_KEY_FALLBACKS[%d] %s.", i, fault),
				"Drop it as soon as no session uses it any more.",
			})
		}
	}
	return findings
}

// wantKeyLength is what Django's check asks for, in characters.
const wantKeyLength = 50

// weaknessToDjango adds what Django's check objects to.
func weaknessToDjango(key secret.Text) string {
	fault := weakness(key)
	if fault == "" && len([]rune(key.Reveal())) < wantKeyLength {
		fault = fmt.Sprintf("has fewer than %d characters", wantKeyLength)
	}
	return fault
}

func (s *Settings) checkCookies() []Finding {
	var findings []Finding
	if s.SessionCookieSecure == SecureNever {
		findings = append(findings, Finding{
			Warning, "security.W012",
			"SESSION_COOKIE_SECURE is false: the session cookie also travels over plain HTTP, " +
				"where anyone on the way can take it over.",
			"Remove the setting, or set it to true.",
		})
	}
	if !s.SessionCookieHTTPOnly {
		findings = append(findings, Finding{
			Warning, "security.W015",
			"SESSION_COOKIE_HTTPONLY is false: a script injected into a page can read the session cookie.",
			"Remove the setting, or set it to true.",
		})
	}
	if s.CSRFCookieSecure == SecureNever {
		findings = append(findings, Finding{
			Warning, "security.W016",
			"CSRF_COOKIE_SECURE is false: the cookie also travels over plain HTTP.",
			"Remove the setting, or set it to true.",
		})
	}
	return findings
}

// leastIterations is what OWASP's password storage cheat sheet asks of
// PBKDF2 with SHA-256.
const leastIterations = 600_000

func (s *Settings) checkIterations() []Finding {
	if s.PBKDF2Iterations >= leastIterations {
		return nil
	}
	return []Finding{{
		Warning, "jamsession.W001",
		fmt.Sprintf("PBKDF2_ITERATIONS is below %d: a stolen password hash is cheap to crack.",
			leastIterations),
		"Raise it, or keep it equal to that of the Django site on the same table.",
	}}
}

// checkEngine says what the engine cannot do.
func (s *Settings) checkEngine() []Finding {
	var findings []Finding
	if s.SessionEngine == "signed_cookies" && s.SessionDenyList == "none" {
		findings = append(findings, Finding{
			Warning, "jamsession.W003",
			"SESSION_ENGINE signed_cookies cannot take a session back: whoever has a copy of a cookie " +
				"stays logged in after the logout, and of two requests at once the last one wins.",
			"Set SESSION_DENY_LIST to db or cache, or choose another engine.",
		})
	}
	usesCache := s.SessionEngine == "cache" || s.SessionEngine == "cached_db" || s.SessionDenyList == "cache"
	if c, ok := s.Caches[s.SessionCacheAlias]; ok && usesCache && c.kind() == "memory" {
		findings = append(findings, Finding{
			Warning, "jamsession.W004",
			"The sessions' cache is memory://: another process does not see it, and a restart forgets it.",
			"Use redis:// or memcached://.",
		})
	}
	return findings
}

func (s *Settings) checkHosts() []Finding {
	if len(s.AllowedHosts) > 0 {
		return nil
	}
	return []Finding{{
		Warning, "security.W020",
		"ALLOWED_HOSTS is empty: a visitor can have the site answer to any name.",
		"Name the hosts of the site, such as www.example.com.",
	}}
}

func (s *Settings) checkLimits() []Finding {
	var findings []Finding
	if s.LoginLimitStore == "memory" || s.LoginLimitStore == "none" {
		findings = append(findings, Finding{
			Warning, "jamsession.W005",
			"LOGIN_LIMIT_STORE is " + s.LoginLimitStore + ": guesses of passwords are not counted, or by " +
				"each process for itself.",
			"Set it to db, or to cache with Redis.",
		})
	}
	if s.SecureProxySSLHeader.Name != "" && len(s.TrustedProxies) == 0 && s.LoginLimitStore != "none" {
		findings = append(findings, Finding{
			Warning, "jamsession.W006",
			"SECURE_PROXY_SSL_HEADER names a proxy and TRUSTED_PROXIES does not: to the limit of guesses, " +
				"all visitors have the proxy's address, and share what it allows.",
			"Set TRUSTED_PROXIES to the addresses of the proxy, such as 127.0.0.1.",
		})
	}
	return findings
}
