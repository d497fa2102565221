package httpcookie

import (
	"strings"
	"unicode/utf8"
)

// appendValue appends the value, in double quotes if it is empty or holds a
// character that must not stand bare.
func appendValue(b []byte, value string) []byte {
	if value != "" && only(value, bare) {
		return append(b, value...)
	}
	b = append(b, '"')
	for i := 0; i < len(value); {
		c, n := utf8.DecodeRuneInString(value[i:])
		if c == utf8.RuneError && n == 1 {
			c = rune(value[i])
			b = appendOctal(b, c)
		} else {
			b = appendQuoted(b, c)
		}
		i += n
	}
	return append(b, '"')
}

// appendQuoted appends a character inside the quotes. What is beyond Latin-1
// has no escape, and Django reads it as it is.
func appendQuoted(b []byte, c rune) []byte {
	switch {
	case c == '"' || c == '\\':
		return append(b, '\\', byte(c))
	case c > 0xff || bare[c] || strings.ContainsRune(` ()/<=>?@[]{}`, c):
		return utf8.AppendRune(b, c)
	default:
		return appendOctal(b, c)
	}
}

func appendOctal(b []byte, c rune) []byte {
	return append(b, '\\', byte('0'+c>>6), byte('0'+c>>3&7), byte('0'+c&7))
}

// unquote undoes what Python's http.cookies does to a value: if the value
// stands in double quotes, they go, and so do the escapes \" \\ and \ooo.
func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	s = s[1 : len(s)-1]
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for s != "" {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i+1 == len(s) {
			break
		}
		b.WriteString(s[:i])
		s = s[i+1:]
		if c, ok := octal(s); ok {
			b.WriteRune(c)
			s = s[3:]
			continue
		}
		b.WriteByte(s[0])
		s = s[1:]
	}
	b.WriteString(s)
	return b.String()
}

// octal returns the character that three octal digits at the beginning of s
// stand for, at most 0377.
func octal(s string) (c rune, ok bool) {
	if len(s) < 3 || s[0] > '3' {
		return 0, false
	}
	for i := range 3 {
		if s[i] < '0' || s[i] > '7' {
			return 0, false
		}
		c = c<<3 | rune(s[i]-'0')
	}
	return c, true
}
