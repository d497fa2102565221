package sharing

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/settings"
)

// An equal is a setting that must be the same on both sides.
type equal struct {
	name   string
	id     string // begins with E or W
	here   func(*settings.Settings) string
	effect string // what happens if it is not
}

var equals = []equal{
	{
		"SESSION_COOKIE_NAME", "E106",
		func(s *settings.Settings) string { return s.SessionCookie.Name },
		"each side looks for a cookie that the other does not set, so nobody is logged in on both.",
	},
	{
		"SESSION_COOKIE_DOMAIN", "E107",
		func(s *settings.Settings) string { return s.SessionCookie.Domain },
		"browsers keep two session cookies of the same name, and each side may read the other one's old one.",
	},
	{
		"SESSION_COOKIE_PATH", "E108",
		func(s *settings.Settings) string { return s.SessionCookie.Path },
		"browsers keep two session cookies of the same name, or do not send it to one side.",
	},
	{
		"SESSION_COOKIE_AGE", "W106",
		func(s *settings.Settings) string { return seconds(s.SessionCookieAge) },
		"how long a session lives depends on which side saved it last.",
	},
	{
		"SESSION_COOKIE_SAMESITE", "W107",
		func(s *settings.Settings) string { return sameSite(s.SessionCookie.SameSite) },
		"whether links from elsewhere find the visitor logged in depends on which side set the cookie last.",
	},
	{
		"SESSION_COOKIE_HTTPONLY", "W108",
		func(s *settings.Settings) string { return boolean(!s.SessionCookie.Scriptable) },
		"whether scripts can read the session cookie depends on which side set it last.",
	},
	{
		"SESSION_EXPIRE_AT_BROWSER_CLOSE", "W109",
		func(s *settings.Settings) string { return boolean(s.SessionExpireAtBrowserClose) },
		"whether a login outlives the browser depends on which side set the cookie last.",
	},
	{
		"SESSION_SAVE_EVERY_REQUEST", "W110",
		func(s *settings.Settings) string { return boolean(s.SessionSaveEveryRequest) },
		"only the visits to one side prolong a session.",
	},
	{
		"CSRF_USE_SESSIONS", "E120",
		func(s *settings.Settings) string { return boolean(s.CSRFUseSessions) },
		"one side keeps the CSRF secret in the session and the other in a cookie, so a form of one side " +
			"that is sent to the other is refused with 403.",
	},
	{
		"CSRF_COOKIE_NAME", "E121",
		func(s *settings.Settings) string { return s.CSRFCookie.Name },
		"each side has a CSRF cookie of its own, so a form of one side that is sent to the other is " +
			"refused with 403.",
	},
	{
		"CSRF_COOKIE_DOMAIN", "E122",
		func(s *settings.Settings) string { return s.CSRFCookie.Domain },
		"browsers keep two CSRF cookies of the same name, and forms are refused with 403 now and then.",
	},
	{
		"CSRF_COOKIE_PATH", "E123",
		func(s *settings.Settings) string { return s.CSRFCookie.Path },
		"browsers keep two CSRF cookies of the same name, and forms are refused with 403 now and then.",
	},
	{
		"CSRF_HEADER_NAME", "W121",
		func(s *settings.Settings) string {
			return "HTTP_" + strings.ToUpper(strings.ReplaceAll(s.CSRFHeaderName, "-", "_"))
		},
		"a script that sends its token to both sides is refused by one.",
	},
	{
		"CSRF_COOKIE_AGE", "W122",
		func(s *settings.Settings) string {
			if s.CSRFCookieAge == 0 {
				return ""
			}
			return seconds(s.CSRFCookieAge)
		},
		"how long the CSRF cookie stays depends on which side set it last.",
	},
	{
		"CSRF_COOKIE_SAMESITE", "W123",
		func(s *settings.Settings) string { return sameSite(s.CSRFCookie.SameSite) },
		"the attributes of the CSRF cookie depend on which side set it last.",
	},
	{
		"CSRF_COOKIE_HTTPONLY", "W124",
		func(s *settings.Settings) string { return boolean(!s.CSRFCookie.Scriptable) },
		"scripts that read the CSRF cookie work or not, depending on which side set it last.",
	},
	{
		"PASSWORD_RESET_TIMEOUT", "W130",
		func(s *settings.Settings) string { return seconds(s.PasswordResetTimeout) },
		"a reset link may be good on one side and too old on the other.",
	},
}

func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }

func boolean(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

func sameSite(mode http.SameSite) string {
	switch mode {
	case http.SameSiteLaxMode:
		return "Lax"
	case http.SameSiteStrictMode:
		return "Strict"
	case http.SameSiteNoneMode:
		return "None"
	}
	return "False"
}

func (s site) equalSettings() []settings.Finding {
	var findings []settings.Finding
	for _, e := range equals {
		findings = append(findings, s.compare(e)...)
	}
	return findings
}

func (s site) compare(e equal) []settings.Finding {
	if !s.has(e.name) {
		return nil // of another release
	}
	there, ok := plain(s.django[e.name])
	if !ok {
		return notUnderstood(e.name)
	}
	if there == "" && strings.HasSuffix(e.name, "_SAMESITE") {
		there = "False" // either leaves the attribute out
	}
	here := e.here(s.here)
	if there == here {
		return nil
	}
	message := fmt.Sprintf("%s is %s in Django and %s here: %s", e.name, shown(there), shown(here), e.effect)
	fix := fmt.Sprintf("Set %s to the same on both sides.", e.name)
	if e.id[0] == 'E' {
		return failure(e.id, message, fix)
	}
	return warning(e.id, message, fix)
}

// plain returns a simple value as text: None is "".
func plain(value any) (string, bool) {
	switch v := value.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case bool:
		return boolean(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}

func shown(text string) string {
	if text == "" {
		return "not set"
	}
	return text
}

// secureCookies: here a cookie is Secure unless the settings say otherwise.
func (s site) secureCookies() []settings.Finding {
	var findings []settings.Finding
	for _, c := range []struct {
		name, id string
		here     cookie.Secure
	}{
		{"SESSION_COOKIE_SECURE", "W111", s.here.SessionCookie.Secure},
		{"CSRF_COOKIE_SECURE", "W125", s.here.CSRFCookie.Secure},
	} {
		if s.truth(c.name) == (c.here != cookie.SecureNeverUnsafe) {
			continue
		}
		insecure, safe := "Django", "here"
		if s.truth(c.name) {
			insecure, safe = "here", "Django"
		}
		findings = append(findings, warning(c.id,
			fmt.Sprintf("%s is off (%s) and on (%s): the side where it is off sets the cookie so that it "+
				"travels over plain HTTP, too.", c.name, insecure, safe),
			fmt.Sprintf("Set %s to true where it is off, once the site is on HTTPS.", c.name))...)
	}
	return findings
}

// limitsOfOneSide are settings here without a counterpart in Django.
func (s site) limitsOfOneSide() []settings.Finding {
	var findings []settings.Finding
	if s.here.SessionIdleTimeout != 0 || s.here.SessionAbsoluteTimeout != 0 {
		findings = append(findings, warning("W112",
			"SESSION_IDLE_TIMEOUT or SESSION_ABSOLUTE_TIMEOUT is set here: Django knows neither, and a "+
				"session that has ended here goes on there.",
			"Leave them at 0 as long as Django serves pages to the same users.")...)
	}
	if s.here.SessionEngine == "signed_cookies" && s.here.SessionDenyList != "none" {
		findings = append(findings, warning("W113",
			"SESSION_DENY_LIST is set here: Django does not look at the list, and accepts a copy of a "+
				"cookie after the logout.",
			"Choose another engine on both sides, if a logout must be final.")...)
	}
	return findings
}
