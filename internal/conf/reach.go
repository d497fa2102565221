package conf

import (
	"net/url"
	"strings"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/httpcookie"
	"github.com/jamsession/jamsession/internal/safeurl"
)

// reach names the setting that suggests that others can reach the site, or
// returns nothing if it is plainly for this machine alone. A loopback address
// alone does not settle it: a site behind a proxy has one.
func (s *Settings) reach() string {
	for _, clue := range []struct {
		found bool
		words string
	}{
		{!loopback(s.Addr), "ADDR is " + s.Addr},
		{len(s.TrustedProxies) > 0, "TRUSTED_PROXIES names a proxy"},
		{s.TrustedProxyHeader != defaultProxyHeader, "TRUSTED_PROXY_HEADER names the header of a proxy"},
		{s.SecureProxySSLHeader.Name != "", "SECURE_PROXY_SSL_HEADER names the header of a proxy"},
		{s.UseXForwardedHost, "USE_X_FORWARDED_HOST believes the header of a proxy"},
		{others(s.AllowedHosts, hostOfPattern), "ALLOWED_HOSTS names a host that is not this machine"},
		{others(s.CSRFTrustedOrigins, hostOfURL), "CSRF_TRUSTED_ORIGINS names an origin elsewhere"},
		{s.SessionCookie.Secure == cookie.SecureAlways, "SESSION_COOKIE_SECURE is true"},
		{s.CSRFCookie.Secure == cookie.SecureAlways, "CSRF_COOKIE_SECURE is true"},
		{httpcookie.NeedsSecure(s.SessionCookie.Name), "SESSION_COOKIE_NAME is one for HTTPS"},
		{httpcookie.NeedsSecure(s.CSRFCookie.Name), "CSRF_COOKIE_NAME is one for HTTPS"},
		{httpcookie.NeedsSecure(s.MessageCookie), "MESSAGE_COOKIE_NAME is one for HTTPS"},
		{httpcookie.NeedsSecure(s.DeviceCookie), "LOGIN_DEVICE_COOKIE_NAME is one for HTTPS"},
		{
			others([]string{s.SessionCookie.Domain}, hostOfPattern),
			"SESSION_COOKIE_DOMAIN is not this machine",
		},
		{others([]string{s.CSRFCookie.Domain}, hostOfPattern), "CSRF_COOKIE_DOMAIN is not this machine"},
		{others([]string{s.LoginURL}, hostOfURL), "LOGIN_URL is on another host"},
		{others([]string{s.LoginRedirectURL}, hostOfURL), "LOGIN_REDIRECT_URL is on another host"},
		{others([]string{s.LogoutRedirectURL}, hostOfURL), "LOGOUT_REDIRECT_URL is on another host"},
		{others([]string{s.EmailURL.Reveal()}, hostOfURL), "EMAIL_URL sends mails to others"},
	} {
		if clue.found {
			return clue.words
		}
	}
	return ""
}

// others reports whether one of the values has a host other than this
// machine.
func others(values []string, hostOf func(string) string) bool {
	for _, value := range values {
		if host := hostOf(value); host != "" && !safeurl.IsLoopback(host) {
			return true
		}
	}
	return false
}

// hostOfPattern returns the host of an entry of ALLOWED_HOSTS, or the domain
// of a cookie.
func hostOfPattern(pattern string) string {
	return strings.Trim(strings.TrimPrefix(pattern, "."), "[]")
}

// hostOfURL returns the host of a URL or an origin, without a wildcard; of
// a text that cannot be read, a host that nobody has.
func hostOfURL(raw string) string {
	u, err := url.Parse(strings.Replace(raw, "://*.", "://", 1))
	if err != nil {
		return "?"
	}
	return u.Hostname()
}
