package conf

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// leastHSTS is what ASVS 3.4.1 asks for.
const leastHSTS = 365 * 24 * time.Hour

// checkHeaders asks what browsers are told: ASVS 3.4. It does not ask for a
// place in their preloaded lists, as Django's security.W021 does: that binds
// all hosts of a domain, and cannot be taken back in a hurry.
func (s *Settings) checkHeaders() []Finding {
	findings := s.checkHSTS()
	add := func(found bool, id, message, hint string) {
		if found {
			findings = append(findings, warn(id, message, hint)...)
		}
	}
	add(!s.SecureContentTypeNosniff, "security.W006",
		"SECURE_CONTENT_TYPE_NOSNIFF is false: browsers may take a file for a script or a page.",
		"Remove the setting, or set it to true.")
	add(!s.SecureSSLRedirect, "security.W008",
		"SECURE_SSL_REDIRECT is false: a visitor who types no https:// stays on plain HTTP.",
		"Set it to true, unless the proxy redirects.")
	add(s.XFrameOptions != "DENY", "security.W019",
		"X_FRAME_OPTIONS is not DENY: another site can show a page inside its own, and steal clicks.",
		"Remove the setting, unless pages of the site embed others of it.")
	add(s.SecureReferrerPolicy == "", "security.W022",
		"SECURE_REFERRER_POLICY is empty: other sites are told the addresses of pages that link to them.",
		"Remove the setting, which is then same-origin.")
	add(strings.Contains(s.SecureReferrerPolicy, "unsafe-url"), "jamsession.W048",
		"SECURE_REFERRER_POLICY has unsafe-url: other sites are told the addresses of pages.",
		"Remove the setting, which is then same-origin.")
	add(!strings.HasPrefix(s.SecureCrossOriginOpenerPolicy, "same-origin"), "jamsession.W049",
		"SECURE_CROSS_ORIGIN_OPENER_POLICY sets no policy: a site that opens this one keeps access "+
			"to its window.",
		"Remove the setting, which is then same-origin.")
	add(s.SecureSSLRedirect && s.isExempt(s.LoginURL), "jamsession.W055",
		"SECURE_REDIRECT_EXEMPT has the page of LOGIN_URL: passwords can be typed into it on plain HTTP.",
		"Name only pages that need plain HTTP, such as a health check.")
	return findings
}

// isExempt reports whether a path of this site is not redirected to HTTPS.
func (s *Settings) isExempt(path string) bool {
	path, ours := strings.CutPrefix(path, "/")
	return ours && slices.ContainsFunc(s.SecureRedirectExempt, func(pattern string) bool {
		matches, err := regexp.MatchString(pattern, path)
		return matches && err == nil
	})
}

func (s *Settings) checkHSTS() []Finding {
	switch {
	case s.SecureHSTS == 0:
		return warn("security.W004",
			"SECURE_HSTS_SECONDS is 0: anyone on the network path can keep a browser on plain HTTP.",
			"Set it to 31536000, a year, once all of the site has HTTPS.")
	case s.SecureHSTS < leastHSTS:
		return warn("jamsession.W047",
			"SECURE_HSTS_SECONDS is less than a year, and ASVS asks for a year.",
			"Set it to 31536000 once all of the site has HTTPS.")
	case !s.SecureHSTSIncludeSubdomains:
		return warn("security.W005",
			"SECURE_HSTS_INCLUDE_SUBDOMAINS is false: an attacker on the network path can invent a "+
				"host below this one on plain HTTP, and set cookies from it.",
			"Set it to true once every host below has HTTPS.")
	}
	return nil
}
