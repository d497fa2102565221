package httpcookie

import (
	"iter"
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
	for value := range FromLast(h, name) {
		return value, true
	}
	return "", false
}

// FromLast yields the values of all cookies of this name, the last first, as
// Lookup finds them.
func FromLast(h http.Header, name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		lines := h["Cookie"]
		for i := len(lines) - 1; i >= 0; i-- {
			for line, more := lines[i], true; more; {
				var value string
				var ok bool
				if line, value, ok, more = cutLast(line, name); ok && !yield(unquote(value)) {
					return
				}
			}
		}
	}
}

// cutLast cuts the last cookie off a line. It returns what is before it, its
// value, whether it has the name, and whether there is anything before it.
func cutLast(line, name string) (before, value string, ok, more bool) {
	cookie := line
	if i := strings.LastIndexByte(line, ';'); i >= 0 {
		before, cookie, more = line[:i], line[i+1:], true
	}
	key, value, found := strings.Cut(cookie, "=")
	if !found {
		key, value = "", key
	}
	key, value = trim(key), trim(value)
	return before, value, key == name && (key != "" || value != ""), more
}

func trim(s string) string { return strings.Trim(s, " \t") }
