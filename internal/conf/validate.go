package conf

import (
	"errors"
	"net"
	"net/netip"

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
	if s.SessionCookie.Name == s.CSRFCookie.Name {
		add(errors.New("settings: SESSION_COOKIE_NAME and CSRF_COOKIE_NAME must differ"))
	}
	if s.MessageStorage != messages.StorageSession &&
		(s.SessionCookie.Name == messagesCookie || s.CSRFCookie.Name == messagesCookie) {
		add(errors.New("settings: SESSION_COOKIE_NAME and CSRF_COOKIE_NAME must not be \"messages\", " +
			"which is the cookie of MESSAGE_STORAGE"))
	}
	return problems
}

// messagesCookie is the name of the cookie of package messages, as in Django.
const messagesCookie = "messages"

// loopback reports whether only this machine can reach the address.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
