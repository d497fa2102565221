package httpcookie

import (
	"net/http"
	"slices"
	"strings"
)

// Send adds a cookie to a response, in place of one of its name, path and
// domain that was added before, and what keeps every cache between the server
// and the browser from giving it to somebody else (CVE-2026-35192): cacheControl
// is "private", or "private, no-store" if the browser's own must not have the
// page either.
func Send(h http.Header, c Cookie, cacheControl string) {
	if h["Set-Cookie"] == nil && h["Vary"] == nil && h["Cache-Control"] == nil {
		lines := [...]string{c.String(), "Cookie", cacheControl} // one allocation for three
		h["Set-Cookie"], h["Vary"], h["Cache-Control"] = lines[0:1:1], lines[1:2:2], lines[2:3:3]
		deleteCDNHeaders(h)
		return
	}
	Replace(h, c)
	AddVary(h, "Cookie")
	KeepPrivate(h, cacheControl)
}

// Replace adds the cookie to the response, in place of one of the same name.
func Replace(h http.Header, c Cookie) {
	h["Set-Cookie"] = append(slices.DeleteFunc(h["Set-Cookie"], func(line string) bool {
		return strings.HasPrefix(line, c.Name+"=")
	}), c.String())
}

// KeepPrivate keeps the response out of shared caches (RFC 9111, 5.2.2): if its
// Cache-Control does not do so already, it becomes policy, and the headers by
// which a site speaks to its own caches alone are removed.
func KeepPrivate(h http.Header, policy string) {
	deleteCDNHeaders(h)
	if !isPrivate(strings.Join(h["Cache-Control"], ",")) {
		h.Set("Cache-Control", policy)
	}
}

func deleteCDNHeaders(h http.Header) {
	for _, name := range cdnHeaders {
		delete(h, name)
	}
}

var cdnHeaders = [...]string{"Cdn-Cache-Control", "Cloudflare-Cdn-Cache-Control", "Surrogate-Control"}

// isPrivate reports whether no shared cache may keep what has this
// Cache-Control. With a value, private and no-store do not mean the whole
// response; and who says public as well is not trusted.
func isPrivate(control string) bool {
	private := false
	for _, directive := range directives(control) {
		switch strings.ToLower(trim(directive)) {
		case "private", "no-store":
			private = true
		case "public":
			return false
		}
	}
	return private
}

// directives splits at the commas that are not inside quotes.
func directives(control string) []string {
	quoted, escaped := false, false
	return strings.FieldsFunc(control, func(c rune) bool {
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		}
		return c == ',' && !quoted
	})
}

// NeedsSecure reports whether browsers refuse a cookie of this name that is
// not Secure: its name begins with one of the prefixes "__Secure-", "__Host-",
// "__Http-" and "__Host-Http-", in any case.
func NeedsSecure(name string) bool {
	return hasPrefix(name, "__Secure-") || NeedsHost(name) || NeedsHTTPOnly(name)
}

// NeedsHost reports whether browsers refuse a cookie of this name that has a
// Domain or another Path than "/".
func NeedsHost(name string) bool { return hasPrefix(name, "__Host-") }

// NeedsHTTPOnly reports whether browsers refuse a cookie of this name that is
// not HttpOnly.
func NeedsHTTPOnly(name string) bool {
	return hasPrefix(name, "__Http-") || hasPrefix(name, "__Host-Http-")
}
