package conf

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/httpcookie"
)

func (s *Settings) checkCookies() []Finding {
	var findings []Finding
	if s.SessionCookie.Secure == cookie.SecureNeverUnsafe {
		findings = append(findings, warn("security.W012",
			"SESSION_COOKIE_SECURE is false: the session cookie also travels over plain HTTP, where "+
				"anyone on the network path can take it over.", "Remove the setting, or set it to true.")...)
	}
	if s.SessionCookie.Scriptable {
		findings = append(findings, warn("security.W015",
			"SESSION_COOKIE_HTTPONLY is false: a script injected into a page can read the session cookie.",
			"Remove the setting, or set it to true.")...)
	}
	if s.CSRFCookie.Secure == cookie.SecureNeverUnsafe && !s.CSRFUseSessions {
		findings = append(findings, warn("security.W016",
			"CSRF_COOKIE_SECURE is false: the cookie also travels over plain HTTP.",
			"Remove the setting, or set it to true.")...)
	}
	findings = append(findings, checkScope("SESSION_COOKIE", s.SessionCookie)...)
	if !s.CSRFUseSessions {
		findings = append(findings, checkScope("CSRF_COOKIE", s.CSRFCookie)...)
	}
	return findings
}

// checkScope asks which other sites can send or set the cookie: ASVS 3.3.1 to
// 3.3.3.
func checkScope(setting string, o cookie.Options) []Finding {
	return slices.Concat(checkName(setting, o), checkDomain(setting, o), checkSameSite(setting, o))
}

func checkName(setting string, o cookie.Options) []Finding {
	if httpcookie.NeedsHost(o.Name) || o.Domain != "" && httpcookie.NeedsSecure(o.Name) {
		return nil
	}
	prefix := "__Host-"
	if o.Domain != "" {
		prefix = "__Secure-"
	}
	return warn("jamsession.W020", setting+"_NAME does not begin with "+prefix+": other sites of "+
		"the same domain, and anyone on the network path of plain HTTP, can set such a cookie.",
		"Set it to "+prefix+strings.TrimPrefix(o.Name, "__Secure-")+
			", also in a Django site that shares it; all users have to log in again.")
}

func checkDomain(setting string, o cookie.Options) []Finding {
	if o.Domain == "" {
		return nil
	}
	return warn("jamsession.W021", setting+"_DOMAIN is set: every host below the domain gets the "+
		"cookie, and a fault in one of them is a fault here.", "Remove the setting, unless several "+
		"hosts have to share their logins.")
}

func checkSameSite(setting string, o cookie.Options) []Finding {
	switch o.SameSite {
	case http.SameSiteNoneMode:
		return warn("jamsession.W022", setting+"_SAMESITE is None: browsers send the cookie with "+
			"requests that other sites make.", "Remove the setting, unless pages of other sites "+
			"embed this one.")
	case http.SameSiteDefaultMode:
		return warn("jamsession.W022", setting+"_SAMESITE is left out: each browser has a rule of "+
			"its own about requests that other sites make.", "Remove the setting, or set it to Lax "+
			"or Strict.")
	}
	return nil
}

// mostAge is how long a session may last at the lowest level of NIST SP
// 800-63B-4, AAL1.
const mostAge = 30 * 24 * time.Hour

// checkAges asks for the limits of ASVS 7.3.
func (s *Settings) checkAges() []Finding {
	var findings []Finding
	for _, limit := range []struct {
		id, name, hint string
		is             time.Duration
		zero           string // what zero means; empty: it cannot be zero
	}{
		{
			"jamsession.W023", "SESSION_IDLE_TIMEOUT", "Set it to 86400, or to 3600 where it matters.",
			s.SessionIdleTimeout,
			"0: a session that nobody uses stays open for anyone at the screen",
		},
		{
			"jamsession.W024", "SESSION_ABSOLUTE_TIMEOUT", "Set it to 1209600, or to 86400 where " +
				"it matters.",
			s.SessionAbsoluteTimeout, "0: a session that was stolen lives as long as it is used",
		},
		{
			"jamsession.W025", "SESSION_COOKIE_AGE", "Set it to 1209600, two weeks, or less.",
			s.SessionCookieAge, "",
		},
		{
			"jamsession.W026", "LOGIN_STAY_LOGGED_IN_AGE", "Set it to 2592000, 30 days, or less.",
			s.LoginStayLoggedInAge, "",
		},
	} {
		switch {
		case limit.is == 0 && limit.zero != "":
			findings = append(findings, warn(limit.id, limit.name+" is "+limit.zero+".", limit.hint)...)
		case limit.is > mostAge:
			findings = append(findings, warn(limit.id, limit.name+" is more than 30 days, and NIST "+
				"does not let a session last longer.", limit.hint)...)
		}
	}
	return findings
}
