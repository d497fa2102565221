package conf

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jamsession/jamsession/internal/httpcookie"
	"github.com/jamsession/jamsession/internal/punycode"
)

// location takes where a redirect leads.
func location(field func(*Settings) *string) func(*Settings, value) error {
	return into(field, value.location)
}

func (v value) location() (string, error) {
	s, err := v.text()
	if err != nil {
		return "", err
	}
	if hint := punycode.Hint(s); hint != "" && !strings.HasPrefix(s, "/") {
		return "", errors.New(hint)
	}
	u, err := url.Parse(s)
	isPath := err == nil && u.Scheme == "" && u.Host == "" && strings.HasPrefix(s, "/")
	isURL := err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
	if !isPath && !isURL {
		return "", errors.New(`want a path that begins with "/", or a full URL`)
	}
	return s, nil
}

func optionalLocation(field func(*Settings) *string) func(*Settings, value) error {
	return into(field, func(v value) (string, error) {
		if v.any == "" {
			return "", nil
		}
		return v.location()
	})
}

func setAddr(s *Settings, v value) error {
	addr, err := v.text()
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(addr)
	if hint := punycode.Hint(host); hint != "" {
		return errors.New(hint)
	}
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return errors.New(`want host:port, such as "127.0.0.1:8000" or ":8000"`)
	}
	s.Addr = addr
	return nil
}

// engines are the short names of Django's.
var engines = []string{"db", "cache", "cached_db", "file", "signed_cookies"}

// setEngine takes Django's names of its engines, short or dotted, and those of
// contrib/python.
func setEngine(s *Settings, v value) error {
	engine, err := v.text()
	if err != nil {
		return err
	}
	s.SessionEngine = strings.TrimPrefix(engine, "django.contrib.sessions.backends.")
	s.SessionEngine = strings.TrimPrefix(s.SessionEngine, "jamsession_sessions.")
	if !slices.Contains(engines, s.SessionEngine) {
		return errors.New("no such engine; there are " + strings.Join(engines, ", "))
	}
	return nil
}

func setIterations(s *Settings, v value) error {
	n, err := v.int(1, 10_000_000)
	s.PBKDF2Iterations = int(n)
	return err
}

// setOrigins requires what Django's check 4_0.E001 requires.
func setDeviceLimit(s *Settings, v value) error {
	n, err := v.int(0, 1000)
	s.DeviceLimit = int(n)
	return err
}

func setOrigins(s *Settings, v value) error {
	origins, err := v.list()
	if err != nil {
		return err
	}
	for _, origin := range origins {
		if hint := punycode.Hint(origin); hint != "" {
			return errors.New(hint)
		}
		if !isOrigin(origin) {
			return fmt.Errorf("%s is not an origin; want scheme and host, "+
				`such as "https://example.com" or "https://*.example.com"`, quoted(origin))
		}
	}
	s.CSRFTrustedOrigins = origins
	return nil
}

// isOrigin reports whether s is scheme://host, with nothing after it.
func isOrigin(s string) bool {
	scheme, host, ok := strings.Cut(s, "://")
	return ok && (scheme == "http" || scheme == "https") && host != "" &&
		!strings.ContainsAny(host, "/\\?# @")
}

func setCSRFHeader(s *Settings, v value) error {
	name, err := v.text()
	if err == nil {
		s.CSRFHeaderName, err = headerName(name)
	}
	return err
}

// headerName turns HTTP_X_CSRFTOKEN, which is how Django sees a header, into
// X-Csrftoken, which is how it is sent.
func headerName(environ string) (string, error) {
	name, ok := strings.CutPrefix(environ, "HTTP_")
	if !ok || !httpcookie.IsToken(name) || strings.Contains(name, "-") {
		return "", errors.New(`want a header as Django names it, such as "HTTP_X_CSRFTOKEN"`)
	}
	return http.CanonicalHeaderKey(strings.ReplaceAll(name, "_", "-")), nil
}

func setProxyHeader(s *Settings, v value) error {
	pair, err := v.list()
	if err != nil {
		return err
	}
	if len(pair) == 0 {
		s.SecureProxySSLHeader = ProxyHeader{}
		return nil
	}
	if len(pair) != 2 {
		return errors.New(`want a header and its value, such as "HTTP_X_FORWARDED_PROTO,https"`)
	}
	name, err := headerName(pair[0])
	s.SecureProxySSLHeader = ProxyHeader{name, pair[1]}
	return err
}

func setTimeZone(s *Settings, v value) error {
	name, err := v.text()
	if err != nil {
		return err
	}
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		return errors.New(`want the name of a time zone, such as "UTC" or "Europe/Berlin"`)
	}
	s.TimeZone = name
	return nil
}
