// Package safeurl decides which addresses a visitor may be sent to, and makes
// the address of the login page. Its rules are Django's; net/url's differ
// from what browsers do, and every difference would be an open redirect.
package safeurl

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLength is the number of characters of the longest address allowed.
const maxLength = 2048

// Allowed reports whether rawURL, which came with a request, leads to one of
// the hosts, by HTTPS if requireHTTPS, or else by HTTP or HTTPS. A path
// without a host is allowed. A host counts with its port, and in its spelling.
// (Django: url_has_allowed_host_and_scheme.)
//
// Unlike Django it refuses a backslash before the query, also where browsers
// stay on the host: http.Redirect, which takes a fragment for path, makes
// "/\example.com", which is another host, of "\example.com", "/./\example.com"
// and "/#/../\example.com". Nor does it allow control characters.
func Allowed(rawURL string, hosts []string, requireHTTPS bool) bool {
	s := strings.TrimSpace(rawURL)
	if s == "" || utf8.RuneCountInString(s) > maxLength || strings.HasPrefix(s, "///") {
		return false
	}
	first, _ := utf8.DecodeRuneInString(s)
	if !unicode.In(first, visible...) || strings.ContainsFunc(s, unicode.IsControl) {
		return false
	}
	if path, _, _ := strings.Cut(s, "?"); strings.Contains(path, `\`) {
		return false
	}
	u, err := Split(s)
	if err != nil {
		return false
	}
	if u.Host == "" {
		return u.Scheme == ""
	}
	return slices.Contains(hosts, u.Host) &&
		(u.Scheme == "https" || !requireHTTPS && (u.Scheme == "http" || u.Scheme == ""))
}

// EscapeLeadingSlashes makes a path of what begins with two slashes and would
// be taken for a host.
func EscapeLeadingSlashes(path string) string {
	if rest, ok := strings.CutPrefix(path, "//"); ok {
		return "/%2F" + rest
	}
	return path
}

// visible are all characters but control, format, private and unassigned ones.
var visible = []*unicode.RangeTable{
	unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z,
}
