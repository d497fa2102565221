package httpcookie

import (
	"net/http"
	"strings"
)

// Lookup returns the value of the cookie name in a request's header, and
// whether there is one. Of several cookies with that name the last counts, as
// in Django; several Cookie lines are read as one. A part without "=" is the
// value of a cookie without a name.
//
// Around names and values only space and tab are removed. Django also removes
// other white space of Unicode, and so takes a cookie named U+2000 followed
// by "__Host-sid", which any page may set, for "__Host-sid".
//
// The work is one pass over the header, and nothing is allocated unless the
// value is quoted and has escapes.
func Lookup(h http.Header, name string) (value string, ok bool) {
	lines := h["Cookie"]
	for i := len(lines) - 1; i >= 0; i-- {
		if value, ok = lookupLine(lines[i], name); ok {
			return value, true
		}
	}
	return "", false
}

// lookupLine returns the last of the line's cookies with the name.
func lookupLine(line, name string) (value string, ok bool) {
	for more := true; more; {
		var cookie string
		cookie, line, more = strings.Cut(line, ";")
		key, val, found := strings.Cut(cookie, "=")
		if !found {
			key, val = "", key
		}
		key, val = trim(key), trim(val)
		if key == name && (key != "" || val != "") {
			value, ok = val, true
		}
	}
	return unquote(value), ok
}

func trim(s string) string { return strings.Trim(s, " \t") }
