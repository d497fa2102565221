package sharing

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/conf"
)

// An equal is a setting that must be the same on both sides. Its name is also
// that of its finding.
type equal struct {
	name string
	here func(*conf.Settings) string
}

var equals = []equal{
	{
		"SESSION_COOKIE_NAME",
		func(s *conf.Settings) string { return s.SessionCookie.Name },
	},
	{
		"SESSION_COOKIE_DOMAIN",
		func(s *conf.Settings) string { return s.SessionCookie.Domain },
	},
	{
		"SESSION_COOKIE_PATH",
		func(s *conf.Settings) string { return s.SessionCookie.Path },
	},
	{
		"SESSION_COOKIE_AGE",
		func(s *conf.Settings) string { return seconds(s.SessionCookieAge) },
	},
	{
		"SESSION_COOKIE_SAMESITE",
		func(s *conf.Settings) string { return sameSite(s.SessionCookie.SameSite) },
	},
	{
		"SESSION_COOKIE_HTTPONLY",
		func(s *conf.Settings) string { return boolean(!s.SessionCookie.Scriptable) },
	},
	{
		"SESSION_EXPIRE_AT_BROWSER_CLOSE",
		func(s *conf.Settings) string { return boolean(s.SessionExpireAtBrowserClose) },
	},
	{
		"SESSION_SAVE_EVERY_REQUEST",
		func(s *conf.Settings) string { return boolean(s.SessionSaveEveryRequest) },
	},
	{
		"CSRF_USE_SESSIONS",
		func(s *conf.Settings) string { return boolean(s.CSRFUseSessions) },
	},
	{
		"CSRF_COOKIE_NAME",
		func(s *conf.Settings) string { return s.CSRFCookie.Name },
	},
	{
		"CSRF_COOKIE_DOMAIN",
		func(s *conf.Settings) string { return s.CSRFCookie.Domain },
	},
	{
		"CSRF_COOKIE_PATH",
		func(s *conf.Settings) string { return s.CSRFCookie.Path },
	},
	{
		"CSRF_HEADER_NAME",
		func(s *conf.Settings) string {
			return "HTTP_" + strings.ToUpper(strings.ReplaceAll(s.CSRFHeaderName, "-", "_"))
		},
	},
	{
		"CSRF_COOKIE_AGE",
		func(s *conf.Settings) string {
			if s.CSRFCookieAge == 0 {
				return ""
			}
			return seconds(s.CSRFCookieAge)
		},
	},
	{
		"CSRF_COOKIE_SAMESITE",
		func(s *conf.Settings) string { return sameSite(s.CSRFCookie.SameSite) },
	},
	{
		"CSRF_COOKIE_HTTPONLY",
		func(s *conf.Settings) string { return boolean(!s.CSRFCookie.Scriptable) },
	},
	{
		"PASSWORD_RESET_TIMEOUT",
		func(s *conf.Settings) string { return seconds(s.PasswordResetTimeout) },
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

func (s site) equalSettings() []conf.Finding {
	var findings []conf.Finding
	for _, e := range equals {
		findings = append(findings, s.compare(e)...)
	}
	return findings
}

func (s site) compare(e equal) []conf.Finding {
	if !s.has(e.name) {
		return nil // of another release
	}
	there, ok := plain(s.django[e.name])
	if !ok {
		return s.notUnderstood(e.name)
	}
	if there == "" && strings.HasSuffix(e.name, "_SAMESITE") {
		there = "False" // either leaves the attribute out
	}
	here := e.here(s.here)
	if there == here {
		return nil
	}
	return s.finding(e.name, fields{"Django": shown(there), "Here": shown(here)})
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
func (s site) secureCookies() []conf.Finding {
	var findings []conf.Finding
	for _, c := range []struct {
		name string
		here cookie.Secure
	}{
		{"SESSION_COOKIE_SECURE", s.here.SessionCookie.Secure},
		{"CSRF_COOKIE_SECURE", s.here.CSRFCookie.Secure},
	} {
		if s.truth(c.name) == (c.here != cookie.SecureNeverUnsafe) {
			continue
		}
		insecure, safe := "Django", "here"
		if s.truth(c.name) {
			insecure, safe = "here", "Django"
		}
		findings = append(findings, s.finding(c.name, fields{"Off": insecure, "On": safe})...)
	}
	return findings
}

// limitsOfOneSide are settings here without a counterpart in Django.
func (s site) limitsOfOneSide() []conf.Finding {
	var findings []conf.Finding
	if s.here.SessionIdleTimeout != 0 || s.here.SessionAbsoluteTimeout != 0 {
		findings = append(findings, s.finding("session_limits", nil)...)
	}
	if s.here.SessionEngine == "signed_cookies" && s.here.SessionDenyList != "none" {
		findings = append(findings, s.finding("deny_list", nil)...)
	}
	return findings
}
