// Package httpcookie reads and writes cookies byte for byte as Django does,
// which is Python's http.cookies. The standard library's differ in both
// directions: net/http drops values that Django sends, returns the first of
// two cookies with one name, and writes attributes in another order.
package httpcookie

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Cookie is one that a response sets.
type Cookie struct {
	Name       string        // a token of RFC 9110
	Value      string        // any text; it is quoted where that is needed
	Domain     string        // empty is this host only
	Path       string        // empty leaves the attribute out
	Persistent bool          // it has a lifetime; otherwise the browser's close ends it
	MaxAge     int64         // seconds, if Persistent; zero and less end the cookie at once
	Expires    time.Time     // the same for old browsers, if Persistent
	HTTPOnly   bool          // scripts cannot read it
	Secure     bool          // it travels over HTTPS only
	SameSite   http.SameSite // zero and SameSiteDefaultMode leave the attribute out

	Partitioned bool // each site that embeds this one has a jar of its own (CHIPS)
}

// Last makes the cookie last for an age from now on, however the browser counts.
func (c *Cookie) Last(age time.Duration, now time.Time) {
	c.Persistent, c.MaxAge, c.Expires = true, int64(age/time.Second), now.Add(age)
}

// check says what would write a header other than the one that is meant, or nil.
// Options.Check of package cookie refuses all that, and more, when the program
// starts.
func check(name, domain, path string) error {
	if !IsToken(name) {
		return fmt.Errorf("the cookie name %q is not letters, digits and !#$%%&'*+-.^_`|~", name)
	}
	if !only(domain, inAttribute) {
		return fmt.Errorf("the cookie domain %q contains a control character or a semicolon", domain)
	}
	if !only(path, inAttribute) {
		return fmt.Errorf("the cookie path %q contains a control character or a semicolon", path)
	}
	return nil
}

// String returns the text of the Set-Cookie header, attributes in Django's
// order, which is Python's, by the alphabet, and spelling. It panics if its name,
// domain or path cannot be written.
func (c Cookie) String() string {
	if err := check(c.Name, c.Domain, c.Path); err != nil {
		panic("httpcookie: " + err.Error())
	}
	b := make([]byte, 0, 160)
	b = append(b, c.Name...)
	b = append(b, '=')
	b = appendValue(b, c.Value)
	b = appendAttribute(b, "; Domain=", c.Domain)
	if c.Persistent {
		b = append(b, "; expires="...)
		b = appendDate(b, c.Expires.UTC())
	}
	if c.HTTPOnly {
		b = append(b, "; HttpOnly"...)
	}
	if c.Persistent {
		b = append(b, "; Max-Age="...)
		b = strconv.AppendInt(b, c.MaxAge, 10)
	}
	if c.Partitioned {
		b = append(b, "; Partitioned"...)
	}
	b = appendAttribute(b, "; Path=", c.Path)
	b = appendAttribute(b, "; SameSite=", sameSiteText(c.SameSite))
	if c.Secure {
		b = append(b, "; Secure"...)
	}
	return string(b)
}

// appendDate appends the text that AppendFormat makes of http.TimeFormat, in a
// third of the time.
func appendDate(b []byte, t time.Time) []byte {
	year, month, day := t.Date()
	if year < 1000 || year > 9999 {
		return t.AppendFormat(b, http.TimeFormat)
	}
	hour, minute, second := t.Clock()
	b = append(b, t.Weekday().String()[:3]...)
	b = append(b, ',', ' ')
	b = append(appendTwo(b, day), ' ')
	b = append(b, month.String()[:3]...)
	b = append(b, ' ')
	b = append(appendTwo(appendTwo(b, year/100), year%100), ' ')
	b = append(appendTwo(b, hour), ':')
	b = append(appendTwo(b, minute), ':')
	return append(appendTwo(b, second), " GMT"...)
}

func appendTwo(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }

func appendAttribute(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return append(append(b, name...), value...)
}

func sameSiteText(s http.SameSite) string {
	switch s {
	case http.SameSiteLaxMode:
		return "Lax"
	case http.SameSiteStrictMode:
		return "Strict"
	case http.SameSiteNoneMode:
		return "None"
	default:
		return ""
	}
}

// A set of bytes. Bytes beyond ASCII are in it or not all together, so that it
// does not matter that they are parts of characters.
type set [256]bool

var (
	inToken = newSet(func(c byte) bool {
		return isAlphanumeric(c) || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
	})
	inAttribute = newSet(func(c byte) bool { return c >= ' ' && c != 0x7f && c != ';' })

	// bare are the characters that Python sends without quotes.
	bare = newSet(func(c byte) bool { return c == ':' || inToken[c] })
)

func newSet(has func(c byte) bool) *set {
	var s set
	for c := range s {
		s[c] = has(byte(c))
	}
	return &s
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// only reports whether all bytes of a text are in a set.
func only(text string, s *set) bool {
	for i := range len(text) {
		if !s[text[i]] {
			return false
		}
	}
	return true
}
