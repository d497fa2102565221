package settings

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// supportedURLs says what DATABASE_URL can be today.
const supportedURLs = `want "sqlite:///relative.db" or "sqlite:////absolute.db"`

// setDatabaseURL takes a URL that can be opened. Its errors do not show the
// URL, since it may hold a password.
func setDatabaseURL(s *Settings, v value) error {
	raw, err := v.text()
	if err != nil {
		return err
	}
	if _, err := sqlitePath(raw); err != nil {
		return err
	}
	s.DatabaseURL = raw
	return nil
}

// sqlitePath returns the file that a URL names: after three slashes comes a
// path relative to the working directory, after four an absolute one.
// Characters may be percent-encoded; "%", "?" and "#" must be.
func sqlitePath(rawURL string) (string, error) {
	scheme, rest, ok := strings.Cut(rawURL, ":")
	switch {
	case !ok:
		return "", errors.New(supportedURLs)
	case scheme != "sqlite":
		if !isToken(scheme) || len(scheme) > 20 {
			scheme = "unknown"
		}
		return "", fmt.Errorf("databases of the kind %q are not in this version; %s",
			scheme, supportedURLs)
	}
	escaped, ok := strings.CutPrefix(rest, "///")
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
