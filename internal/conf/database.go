package conf

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/jamsession/jamsession/internal/httpcookie"
	"github.com/jamsession/jamsession/internal/punycode"
	"github.com/jamsession/jamsession/internal/siteparts"
	"github.com/jamsession/jamsession/secret"
)

// supportedURLs says what DATABASE_URL can be.
const supportedURLs = `want "sqlite:///relative.db", "sqlite:////absolute.db", ` +
	`"postgres://user:password@host/name" or "mysql://user:password@host/name"`

// setDatabaseURL takes a URL that can be opened. Its errors do not show the
// URL, since it may hold a password.
func setDatabaseURL(s *Settings, v value) error {
	raw, err := v.text()
	if err != nil {
		return err
	}
	if _, err := parseDatabaseURL(raw); err != nil {
		return err
	}
	s.DatabaseURL = secret.New(raw)
	return nil
}

// Database returns what DATABASE_URL names.
func (s *Settings) Database() (siteparts.Place, error) {
	at, err := parseDatabaseURL(s.DatabaseURL.Reveal())
	if err != nil {
		return at, fmt.Errorf("settings: DATABASE_URL: %w", err)
	}
	return at, nil
}

// defaultMaxConns is well below what the servers allow all their clients
// together, 100 and 151, so that a few processes fit.
const defaultMaxConns = 25

func parseDatabaseURL(raw string) (siteparts.Place, error) {
	scheme, _, ok := strings.Cut(raw, ":")
	if !ok {
		return siteparts.Place{}, errors.New(supportedURLs)
	}
	u := siteparts.Place{Scheme: scheme}
	var err error
	switch scheme {
	case "sqlite":
		u.Path, err = sqlitePath(raw)
	case "postgres", "postgresql":
		u.Scheme = "postgres"
		u.Server, err = parseServer(raw, "5432", "host")
	case "mysql", "mariadb":
		u.Scheme = "mysql"
		u.Server, err = parseServer(raw, "3306", "socket")
	default:
		if !httpcookie.IsToken(scheme) || len(scheme) > 20 {
			scheme = "unknown"
		}
		err = fmt.Errorf("there are no databases of the kind %q; %s", scheme, supportedURLs)
	}
	return u, err
}

// parseServer reads scheme://user:password@host:port/name?option=value. The
// path of a socket is the value of the socket option, or percent-encoded in
// place of the host, as dj-database-url has it.
func parseServer(raw, port, socketOption string) (siteparts.Server, error) {
	s := siteparts.Server{MaxConns: defaultMaxConns}
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		scheme, _, _ = strings.Cut(scheme, ":")
		return s, fmt.Errorf(`"//" is needed after %s:; %s`, scheme, supportedURLs)
	}
	if i := strings.IndexAny(rest, "/?"); i > 0 {
		at := strings.LastIndexByte(rest[:i], '@') + 1
		if host := rest[at:i]; strings.HasPrefix(strings.ToLower(host), "%2f") {
			s.Socket, _ = url.PathUnescape(host)
			rest = rest[:at] + rest[i:]
		}
	}
	u, err := url.Parse(scheme + "://" + rest)
	if err != nil { // its text may show the password
		return s, fmt.Errorf("it is not a URL; percent-encode special characters in the password; %s",
			supportedURLs)
	}
	if hint := punycode.Hint(u.Hostname()); hint != "" { // the rest may be secret
		return s, errors.New(hint)
	}
	s.Host, s.Port, s.Options = u.Hostname(), u.Port(), u.Query()
	s.User = u.User.Username()
	s.Password = passwordOf(u.User)
	s.Name = strings.TrimPrefix(u.Path, "/")
	if path := s.Options.Get(socketOption); strings.HasPrefix(path, "/") {
		s.Socket = path
		s.Options.Del(socketOption)
	}
	if s.Socket == "" && s.Host == "" {
		s.Host = "localhost"
	}
	if s.Port == "" { // libpq has it as an option, too: with a socket there is no other place
		s.Port = cmp.Or(s.Options.Get("port"), port)
	}
	s.Options.Del("port")
	if text := s.Options.Get("max_conns"); text != "" {
		if s.MaxConns, err = strconv.Atoi(text); err != nil || s.MaxConns < 1 {
			return s, errors.New("its option max_conns must be a number, 1 or more")
		}
		s.Options.Del("max_conns")
	}
	if s.Name == "" || strings.Contains(s.Name, "/") {
		return s, fmt.Errorf("the name of the database is missing; %s", supportedURLs)
	}
	return s, nil
}

func passwordOf(user *url.Userinfo) secret.Text {
	password, _ := user.Password()
	return secret.New(password)
}

// sqlitePath returns the file that a URL names: after three slashes comes a
// path relative to the working directory, after four an absolute one.
// Characters may be percent-encoded; "%", "?" and "#" must be.
func sqlitePath(rawURL string) (string, error) {
	escaped, ok := strings.CutPrefix(rawURL, "sqlite:///")
	if !ok {
		return "", fmt.Errorf("three slashes are needed after sqlite:; %s", supportedURLs)
	}
	if strings.ContainsAny(escaped, "?#") {
		return "", fmt.Errorf(`it takes no options; write "?" as %%3F and "#" as %%23; %s`,
			supportedURLs)
	}
	path, err := url.PathUnescape(escaped)
	switch {
	case err != nil:
		return "", fmt.Errorf(`"%%" must be followed by two hex digits; %s`, supportedURLs)
	case path == "" || strings.HasSuffix(path, "/"):
		return "", fmt.Errorf("the name of the file is missing; %s", supportedURLs)
	case strings.Contains(path, ":memory:"):
		return "", fmt.Errorf("a database in memory would be lost and not shared; %s", supportedURLs)
	case strings.ContainsFunc(path, isControl):
		return "", fmt.Errorf("the path has control characters; %s", supportedURLs)
	}
	return path, nil
}
