package diffsettings

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// text reads the literal of a str.
func (p *parser) text() (string, error) { return p.literal(true) }

// bytes reads the literal of bytes, behind its b.
func (p *parser) bytes() (Bytes, error) {
	text, err := p.literal(false)
	return Bytes(text), err
}

// literal reads quotes and what is between them.
func (p *parser) literal(unicode bool) (string, error) {
	quote := p.rest[0]
	var b strings.Builder
	rest := p.rest[1:]
	for rest != "" {
		switch c := rest[0]; c {
		case quote:
			p.rest = rest[1:]
			return b.String(), nil
		case '\\':
			n, err := escape(&b, rest, unicode)
			if err != nil {
				return "", err
			}
			rest = rest[n:]
		default:
			b.WriteByte(c)
			rest = rest[1:]
		}
	}
	return "", errSyntax
}

// escapes are those of one letter.
var escapes = map[byte]byte{
	'n': '\n', 'r': '\r', 't': '\t', '\\': '\\', '\'': '\'', '"': '"',
	'a': '\a', 'b': '\b', 'f': '\f', 'v': '\v', '0': 0,
}

// hexDigits is how many digits follow.
var hexDigits = map[byte]int{'x': 2, 'u': 4, 'U': 8}

// escape writes what the escape sequence at the beginning of text stands for,
// and returns its length. A lone surrogate becomes U+FFFD.
func escape(b *strings.Builder, text string, unicode bool) (int, error) {
	if len(text) < 2 {
		return 0, errSyntax
	}
	c := text[1]
	if plain, ok := escapes[c]; ok {
		b.WriteByte(plain)
		return 2, nil
	}
	n := hexDigits[c]
	if n == 0 || len(text) < 2+n || !unicode && c != 'x' {
		return 0, errSyntax
	}
	code, err := strconv.ParseUint(text[2:2+n], 16, 32)
	switch {
	case err != nil || code > utf8.MaxRune:
		return 0, errSyntax
	case unicode:
		b.WriteRune(rune(code))
	default:
		b.WriteByte(byte(code))
	}
	return 2 + n, nil
}
