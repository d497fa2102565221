package rawjson

// These serve package pickle, which turns texts into Python's values and back
// and, unlike Go's strings, keeps lone surrogates.

// AppendString appends s as Python writes it. The three bytes that UTF-8
// would have for a lone surrogate stand for one.
func AppendString(dst []byte, s string) []byte { return appendName(dst, s) }

// String returns what a valid string in its quotes says. A lone surrogate
// becomes the three bytes that UTF-8 would have for it.
func String(text []byte) string { return decodeName(text) }

// AppendFloat appends Python's repr of a float.
func AppendFloat(dst []byte, f float64) []byte { return appendFloat(dst, f, 64) }

// Float returns the number that a valid text says, NaN and the infinities
// included, and whether Python takes it for a float and not for an int.
func Float(text []byte) (f float64, isFloat bool) {
	for _, c := range text {
		switch c {
		case '.', 'e', 'E', 'I', 'N':
			f, _ = parseFloat(text)
			return f, true
		}
	}
	return 0, false
}

// StringSize returns how many bytes [AppendString] appends for a text that is
// UTF-8, with or without surrogates.
func StringSize(s string) int {
	n := 2
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"', c == '\\', c >= '\b' && c <= '\r' && c != '\v':
			n += 2
		case c < ' ', c == 0x7f, c >= 0xc0 && c < 0xf0:
			n += len(`\u0000`)
		case c >= 0xf0:
			n += 2 * len(`\u0000`)
		case c < 0x7f:
			n++
		}
	}
	return n
}
