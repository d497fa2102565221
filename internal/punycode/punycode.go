// Package punycode says how the name of a host that is not ASCII is written in headers and
// in DNS, for errors about settings. It does not need the tables of golang.org/x/net/idna,
// which package session and those below it must not link.
package punycode

import (
	"strings"
	"unicode"
)

// Hint returns what to write in place of a text with a host that is not ASCII, such as an
// origin, a domain that begins with a dot, or a URL: "write punycode: https://xn--…". It is
// empty if the host is ASCII or there is none. Only the host is changed.
func Hint(text string) string {
	if len(text) > maxText {
		return ""
	}
	before, host, after := split(text)
	if isASCII(host) {
		return ""
	}
	labels := strings.Split(host, ".")
	for i, label := range labels {
		encoded, ok := encodeLabel(label)
		if !ok {
			return "write its host in punycode, which begins with xn--"
		}
		labels[i] = encoded
	}
	return "write punycode: " + before + strings.Join(labels, ".") + after
}

// maxText is more than any host, and most URLs, have.
const maxText = 2048

// split returns the host of a text, and what is around it.
func split(text string) (before, host, after string) {
	if i := strings.Index(text, "://"); i >= 0 {
		before, text = text[:i+3], text[i+3:]
	}
	if end := strings.IndexAny(text, "/?#"); end >= 0 {
		text, after = text[:end], text[end:]
	}
	if i := strings.LastIndexByte(text, '@'); i >= 0 {
		before, text = before+text[:i+1], text[i+1:]
	}
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		text, after = text[:i], text[i:]+after
	}
	return before, text, after
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

// maxLabel is the length of a label in DNS.
const maxLabel = 63

// encodeLabel returns a label in punycode, unless it has characters that might have to be
// mapped to others first.
func encodeLabel(label string) (string, bool) {
	if isASCII(label) {
		return strings.ToLower(label), true
	}
	runes := []rune(label)
	if len(runes) > maxLabel {
		return "", false
	}
	for i, r := range runes {
		runes[i] = unicode.ToLower(r)
		known := r == '-' || '0' <= r && r <= '9' || unicode.Is(settled, runes[i])
		if !known || runes[i] != r && (r > unicode.MaxASCII) != (runes[i] > unicode.MaxASCII) ||
			runes[i] != r && r > lastCapital {
			return "", false
		}
	}
	encoded := "xn--" + encode(runes)
	return encoded, len(encoded) <= maxLabel
}

// lastCapital is the last of the capitals whose small letters are settled; above it are
// signs such as that of Kelvin.
const lastCapital = 0x42f

// settled are small letters that stand for themselves in a host, of the scripts that most
// such hosts have.
var settled = &unicode.RangeTable{R16: []unicode.Range16{
	{'a', 'z', 1},
	{0xdf, 0xf6, 1},
	{0xf8, 0xff, 1}, // Latin
	{0x101, 0x12f, 2},
	{0x135, 0x137, 2},
	{0x13a, 0x13e, 2},
	{0x142, 0x148, 2},
	{0x14b, 0x177, 2},
	{0x17a, 0x17e, 2},
	{0x3ac, 0x3ce, 1}, // Greek
	{0x430, 0x45f, 1}, // Cyrillic
	{0x5d0, 0x5ea, 1}, // Hebrew
	{0x620, 0x63f, 1},
	{0x641, 0x64a, 1}, // Arabic
	{0xe01, 0xe30, 1}, // Thai
	{0x3041, 0x3096, 1},
	{0x30a1, 0x30fa, 1}, // Japanese
	{0x4e00, 0x9fff, 1}, // Han
	{0xac00, 0xd7a3, 1}, // Korean
}, LatinOffset: 3}

// The parameters of punycode (RFC 3492, 5).
const (
	base, tMin, tMax, skew, damp = 36, 1, 26, 38, 700
	initialBias, initialN        = 72, 128
)

// encode is RFC 3492, 6.3. A label is too short for anything to overflow.
func encode(label []rune) string {
	var out []byte
	for _, r := range label {
		if r < initialN {
			out = append(out, byte(r))
		}
	}
	basic := len(out)
	if basic > 0 {
		out = append(out, '-')
	}
	n, delta, bias := rune(initialN), 0, initialBias
	for handled := basic; handled < len(label); {
		next := rune(unicode.MaxRune)
		for _, r := range label {
			if r >= n && r < next {
				next = r
			}
		}
		delta += int(next-n) * (handled + 1)
		n = next
		for _, r := range label {
			if r < n {
				delta++
			}
			if r == n {
				out = appendInteger(out, delta, bias)
				bias = adapt(delta, handled+1, handled == basic)
				delta = 0
				handled++
			}
		}
		delta++
		n++
	}
	return string(out)
}

// appendInteger adds a number of variable length.
func appendInteger(out []byte, q, bias int) []byte {
	const digits = "abcdefghijklmnopqrstuvwxyz0123456789"
	for k := base; ; k += base {
		t := min(max(k-bias, tMin), tMax)
		if q < t {
			return append(out, digits[q])
		}
		out = append(out, digits[t+(q-t)%(base-t)])
		q = (q - t) / (base - t)
	}
}

func adapt(delta, count int, first bool) int {
	if delta /= 2; first {
		delta = delta * 2 / damp
	}
	delta += delta / count
	k := 0
	for ; delta > (base-tMin)*tMax/2; k += base {
		delta /= base - tMin
	}
	return k + (base-tMin+1)*delta/(delta+skew)
}
