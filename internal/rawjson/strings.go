package rawjson

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// appendString appends s as Python writes it: ASCII only, with short escapes
// where JSON has them and lower-case \u escapes for the rest. Bytes that are
// not UTF-8 become U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst = append(slices.Grow(dst, len(s)+2), '"')
	for {
		n := asItIs(s)
		dst, s = append(dst, s[:n]...), s[n:]
		if s == "" {
			return append(dst, '"')
		}
		r, size := utf8.DecodeRuneInString(s)
		if r < utf8.RuneSelf {
			dst = appendASCII(dst, byte(r))
		} else {
			dst = appendEscape(dst, r)
		}
		s = s[size:]
	}
}

// asItIs returns how many bytes at the beginning of s need no escape.
func asItIs(s string) int {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return i
		}
	}
	return len(s)
}

// isAsItIs reports whether s needs no escape.
func isAsItIs(s string) bool {
	return strings.IndexByte(s, '"') < 0 && strings.IndexByte(s, '\\') < 0 &&
		printable(s) == len(s)
}

// printable returns where the first byte is that is not printable ASCII, or the length.
// It looks at 32 bytes at a time.
func printable(s string) int {
	const low, high = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+32 <= len(s); i += 32 {
		w := s[i : i+32]
		a, b, c, d := word(w), word(w[8:]), word(w[16:]), word(w[24:])
		control := (a-low*' ')&^a | (b-low*' ')&^b | (c-low*' ')&^c | (d-low*' ')&^d
		beyond := a | (a + low) | b | (b + low) | c | (c + low) | d | (d + low) // 0x7f and more
		if (control|beyond)&high != 0 {
			break
		}
	}
	for i < len(s) && s[i] >= ' ' && s[i] < 0x7f {
		i++
	}
	return i
}

// word returns the first eight bytes.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// appendName appends the name of a member, in which the three bytes that
// UTF-8 would have for a lone surrogate stand for it; see [decodeName].
func appendName(dst []byte, name string) []byte {
	if isAsItIs(name) {
		return append(append(append(slices.Grow(dst, len(name)+2), '"'), name...), '"')
	}
	if utf8.ValidString(name) {
		return appendString(dst, name)
	}
	dst = append(dst, '"')
	for i := 0; i < len(name); {
		if u, ok := surrogateAt(name[i:]); ok {
			dst = appendUnit(dst, u)
			i += 3
			continue
		}
		r, size := utf8.DecodeRuneInString(name[i:])
		if r < utf8.RuneSelf {
			dst = appendASCII(dst, byte(r))
		} else {
			dst = appendEscape(dst, r)
		}
		i += size
	}
	return append(dst, '"')
}

// surrogateAt reads a surrogate half in the form of UTF-8.
func surrogateAt(s string) (u rune, ok bool) {
	if len(s) < 3 || s[0] != 0xed || s[1]&0xe0 != 0xa0 || s[2]&0xc0 != 0x80 {
		return 0, false
	}
	return 0xd000 | rune(s[1]&0x3f)<<6 | rune(s[2]&0x3f), true
}

func appendASCII(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case '\f':
		return append(dst, '\\', 'f')
	case '\b':
		return append(dst, '\\', 'b')
	}
	if c < ' ' || c == 0x7f {
		return appendEscape(dst, rune(c))
	}
	return append(dst, c)
}

// appendEscape appends a character as one or two \u escapes.
func appendEscape(dst []byte, r rune) []byte {
	if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
		return appendUnit(appendUnit(dst, high), low)
	}
	return appendUnit(dst, r)
}

func appendUnit(dst []byte, u rune) []byte {
	return append(dst, '\\', 'u',
		hexDigits[u>>12&15], hexDigits[u>>8&15], hexDigits[u>>4&15], hexDigits[u&15])
}

// isPlain reports whether a string in its quotes is what it says.
func isPlain(text []byte) bool {
	for _, c := range text {
		if c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// decodeString returns what a valid string in its quotes says. Bytes beyond
// ASCII are Latin-1; a lone surrogate, which no Go string can hold as text,
// becomes U+FFFD.
func decodeString(text []byte) string { return decode(text, utf8.AppendRune) }

// decodeName is decodeString for the name of a member. Python keeps names
// apart that differ in a lone surrogate only, so that here it becomes the
// three bytes that UTF-8 would have for it.
func decodeName(text []byte) string { return decode(text, appendRune) }

func appendRune(dst []byte, r rune) []byte {
	if utf16.IsSurrogate(r) {
		return append(dst, 0xed, 0x80|byte(r>>6&0x3f), 0x80|byte(r&0x3f))
	}
	return utf8.AppendRune(dst, r)
}

func decode(text []byte, appendRune func([]byte, rune) []byte) string {
	text = text[1 : len(text)-1]
	if isPlain(text) {
		return string(text)
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\\':
			r, size := unescape(text[i:])
			out = appendRune(out, r)
			i += size
		default:
			out = utf8.AppendRune(out, rune(c))
			i++
		}
	}
	return string(out)
}

// unescape decodes the valid escape at the start of text, or both halves of
// a surrogate pair, and returns its length. A lone surrogate is itself.
func unescape(text []byte) (rune, int) {
	if i := bytes.IndexByte([]byte(`"\/bfnrt`), text[1]); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), 2
	}
	u, _ := hex4(text[2:])
	if !utf16.IsSurrogate(u) {
		return u, 6
	}
	if bytes.HasPrefix(text[6:], []byte(`\u`)) {
		low, _ := hex4(text[8:])
		if r := utf16.DecodeRune(u, low); r != utf8.RuneError {
			return r, 12
		}
	}
	return u, 6
}

// hex4 reads four hexadecimal digits.
func hex4(b []byte) (u rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			u = u<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			u = u<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return u, true
}
