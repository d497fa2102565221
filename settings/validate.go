package settings

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/jamsession/jamsession/messages"
)

// contradictions reports values that are good by themselves but not together.
func (s *Settings) contradictions() []error {
	problems := s.refuseWeakKeys()
	add := func(err error) {
		if err != nil {
			problems = append(problems, err)
		}
	}
	add(s.sessionCookie().check())
	add(s.csrfCookie().check())
	if s.SessionCookieName == s.CSRFCookieName {
		add(errors.New("settings: SESSION_COOKIE_NAME and CSRF_COOKIE_NAME must differ"))
	}
	if s.MessageStorage != messages.Session &&
		(s.SessionCookieName == messagesCookie || s.CSRFCookieName == messagesCookie) {
		add(errors.New("settings: SESSION_COOKIE_NAME and CSRF_COOKIE_NAME must not be \"messages\", " +
			"which is the cookie of MESSAGE_STORAGE"))
	}
	return problems
}

// messagesCookie is the name of the cookie of package messages, as in Django.
const messagesCookie = "messages"

// A cookie is what the settings say of one, to check it against what browsers
// accept.
type cookie struct {
	setting      string
	name         string
	domain, path string
	secure       SecureMode
	httpOnly     bool
	sameSite     http.SameSite
}

// check knows the name prefixes of RFC 6265bis.
func (c cookie) check() error {
	lower := strings.ToLower(c.name)
	host := strings.HasPrefix(lower, "__host-")
	needsSecure := namedSecure(c.name)
	httpOnly := strings.HasPrefix(lower, "__host-http-") || strings.HasPrefix(lower, "__http-")
	switch {
	case needsSecure && c.secure == SecureNever:
		return fmt.Errorf("settings: browsers refuse a cookie named %s with %s_SECURE = false",
			c.name, c.setting)
	case host && (c.domain != "" || c.path != "/"):
		return fmt.Errorf("settings: a cookie named %s must have no %s_DOMAIN, and %s_PATH \"/\"",
			c.name, c.setting, c.setting)
	case httpOnly && !c.httpOnly:
		return fmt.Errorf("settings: a cookie named %s must have %s_HTTPONLY = true",
			c.name, c.setting)
	case c.sameSite == http.SameSiteNoneMode && c.secure == SecureNever:
		return fmt.Errorf("settings: browsers refuse %s_SAMESITE = \"None\" with %s_SECURE = false",
			c.setting, c.setting)
	}
	return nil
}

// namedSecure reports whether browsers take a cookie of this name over HTTPS
// only.
func namedSecure(name string) bool {
	name = strings.ToLower(name)
	for _, prefix := range []string{"__host-", "__secure-", "__http-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// loopback reports whether only this machine can reach the address.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
