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
// Unlike Django it refuses a backslash before the query, even where browsers
// stay on the host: http.Redirect, which takes a fragment for path, makes
// "/\example.com", which is another host, of "\example.com", "/./\example.com"
// and "/#/../\example.com". Nor does it allow control characters, and what
// begins or ends with a space or another character that nobody sees: Django
// judges the address without it, and then redirects to the address with it.
func Allowed(rawURL string, hosts []string, requireHTTPS bool) bool {
	if utf8.RuneCountInString(rawURL) > maxLength || !visible(rawURL) {
		return false
	}
	if path, _, _ := strings.Cut(rawURL, "?"); strings.Contains(path, `\`) {
		return false
	}
	u, err := Split(rawURL)
	if err != nil {
		return false
	}
	if u.Host == "" { // and "//" has one, which is empty
		return u.Scheme == "" && !strings.HasPrefix(rawURL, "//")
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

// visible reports whether a text has no control character, and begins and ends
// with something that is seen.
func visible(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	return s != "" && utf8.ValidString(s) && seen(first) && seen(last) &&
		!strings.ContainsFunc(s, unicode.IsControl)
}

// seen reports whether a character leaves a mark: spaces, formats, private and
// unassigned ones, fillers and selectors do not.
func seen(r rune) bool {
	const brailleBlank = '\u2800' // a symbol without a dot
	return unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S) && r != brailleBlank &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
