package conf

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/httpcookie"
	"github.com/jamsession/jamsession/messages"
)

// contradictions reports values that are valid by themselves but not
// together.
func (s *Settings) contradictions() []error {
	problems := s.refuseWeakKeys()
	add := func(err error) {
		if err != nil {
			problems = append(problems, err)
		}
	}
	add(checkCookie("SESSION_COOKIE", s.SessionCookie))
	add(checkCookie("CSRF_COOKIE", s.CSRFCookie))
	add(checkCookie("MESSAGE_COOKIE", s.messageCookie()))
	add(checkCookie("LOGIN_DEVICE_COOKIE", s.Device()))
	add(s.checkSessionColumns())
	add(s.checkAllauth())
	add(s.checkClientCache())
	problems = append(problems, s.stockModel()...)
	return append(problems, s.sameNames()...)
}

// checkAllauth refuses sessions whose keys the table of django-allauth could not have.
func (s *Settings) checkAllauth() error {
	if s.Devices != "allauth" || s.SessionEngine != "signed_cookies" {
		return nil
	}
	return errors.New("settings: DEVICES allauth is a list of the keys of sessions, which there are none of" +
		" with SESSION_ENGINE signed_cookies: write db as DEVICES")
}

// checkClientCache refuses a client-side cache that no session would be read from: it
// neither stands in front of a database nor answers which sessions have ended.
func (s *Settings) checkClientCache() error {
	if s.Caches[s.SessionCacheAlias].ClientCache == 0 || s.SessionEngine == "cache" {
		return nil
	}
	return errors.New("settings: CACHES: the sessions' cache has a CLIENT_CACHE, which is for" +
		" SESSION_ENGINE cache alone")
}

// messageCookie has what is set of the cookie of messages.
func (s *Settings) messageCookie() cookie.Options {
	o := s.SessionCookie
	o.Name, o.Path = s.MessageCookie, ""
	return o
}

// Device returns the cookie of devices on which a user has logged in. Its path
// is the session cookie's, so that sites on other paths of one host have cookies
// of their own. Those of other hosts in the session cookie's domain have, too.
func (s *Settings) Device() cookie.Options {
	return cookie.Options{Name: s.DeviceCookie, Path: s.SessionCookie.Path, Secure: s.SessionCookie.Secure}
}

// DeviceSite returns what the name of the cookie of devices begins with if it
// has none of its own. A site that has renamed the session cookie shares its
// host with another.
func (s *Settings) DeviceSite() string {
	name := httpcookie.WithoutPrefix(s.SessionCookie.Name)
	if name == "" || name == defaultSessionCookie {
		return ""
	}
	return name
}

const defaultSessionCookie = "sessionid"

// sameNames reports cookies that overwrite each other.
func (s *Settings) sameNames() []error {
	type named struct{ setting, name string }
	all := []named{
		{"SESSION_COOKIE_NAME", s.SessionCookie.Name}, {"CSRF_COOKIE_NAME", s.CSRFCookie.Name},
	}
	if s.MessageStorage != messages.StorageSession {
		all = append(all, named{"MESSAGE_COOKIE_NAME", s.MessageCookie})
	}
	if s.DeviceCookie != "" {
		all = append(all, named{"LOGIN_DEVICE_COOKIE_NAME", s.DeviceCookie})
	}
	var problems []error
	for i, a := range all {
		for _, b := range all[:i] {
			if a.name == b.name {
				err := fmt.Errorf("settings: %s and %s must differ", b.setting, a.setting)
				problems = append(problems, err)
			}
		}
	}
	return problems
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
