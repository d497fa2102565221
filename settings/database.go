package settings

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/jamsession/jamsession/internal/httpcookie"
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

// A databaseURL is what DATABASE_URL names.
type databaseURL struct {
	scheme string // "sqlite", "postgres" or "mysql"
	path   string // of the file, for sqlite
	server server // for the others
}

// A server is where a database is, and who asks it.
type server struct {
	host, port string // empty with a socket
	socket     string // PostgreSQL: the folder of the socket
	user       string
	password   secret.Text
	name       string // of the database
	maxConns   int
	options    url.Values // the driver's own
}

// defaultMaxConns is below what the servers allow to all their clients, 100
// and 151, so that a few processes fit.
const defaultMaxConns = 25

func parseDatabaseURL(raw string) (databaseURL, error) {
	scheme, _, ok := strings.Cut(raw, ":")
	if !ok {
		return databaseURL{}, errors.New(supportedURLs)
	}
	u := databaseURL{scheme: scheme}
	var err error
	switch scheme {
	case "sqlite":
		u.path, err = sqlitePath(raw)
	case "postgres", "postgresql":
		u.scheme = "postgres"
		u.server, err = parseServer(raw, "5432", "host")
	case "mysql", "mariadb":
		u.scheme = "mysql"
		u.server, err = parseServer(raw, "3306", "socket")
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
func parseServer(raw, port, socketOption string) (server, error) {
	s := server{maxConns: defaultMaxConns}
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		scheme, _, _ = strings.Cut(scheme, ":")
		return s, fmt.Errorf(`"//" is needed after %s:; %s`, scheme, supportedURLs)
	}
	if i := strings.IndexAny(rest, "/?"); i > 0 {
		at := strings.LastIndexByte(rest[:i], '@') + 1
		if host := rest[at:i]; strings.HasPrefix(strings.ToLower(host), "%2f") {
			s.socket, _ = url.PathUnescape(host)
			rest = rest[:at] + rest[i:]
		}
	}
	u, err := url.Parse(scheme + "://" + rest)
	if err != nil { // its text may show the password
		return s, fmt.Errorf("it is no URL; percent-encode what is special in the password; %s",
			supportedURLs)
	}
	s.host, s.port, s.options = u.Hostname(), u.Port(), u.Query()
	s.user = u.User.Username()
	s.password = passwordOf(u.User)
	s.name = strings.TrimPrefix(u.Path, "/")
	if path := s.options.Get(socketOption); strings.HasPrefix(path, "/") {
		s.socket = path
		s.options.Del(socketOption)
	}
	if s.socket == "" && s.host == "" {
		s.host = "localhost"
	}
	if s.port == "" {
		s.port = port
	}
	if text := s.options.Get("max_conns"); text != "" {
		if s.maxConns, err = strconv.Atoi(text); err != nil || s.maxConns < 1 {
			return s, errors.New("its option max_conns must be a number, 1 or more")
		}
		s.options.Del("max_conns")
	}
	if s.name == "" || strings.Contains(s.name, "/") {
		return s, fmt.Errorf("the name of the database is missing; %s", supportedURLs)
	}
	return s, nil
}

func passwordOf(user *url.Userinfo) secret.Text {
	password, _ := user.Password()
	return secret.New(password)
}

// String returns where the server is, without a password.
func (s server) String() string {
	if s.socket != "" {
		return s.socket
	}
	return s.host + ":" + s.port
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
