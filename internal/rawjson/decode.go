package rawjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

var errNoSuchType = errors.New("rawjson: the value has another type")

// DecodeValue stores a value in v, a pointer, by encoding/json's rules.
// Beyond them, a *float64, *any, *[]any, *map[string]any and *[]float64 also
// take NaN, Infinity and -Infinity; numbers too large for a float are
// infinite, as in Python; and integers of 2^53 and beyond in an *any, which a
// float64 may not hold exactly, are json.Number. A map is replaced, not added
// to. The text must have passed [Parse].
func DecodeValue(text []byte, v any) error {
	switch v := v.(type) {
	case *string:
		if text[0] == '"' {
			*v = decodeString(text)
			return nil
		}
	case *bool:
		if s := string(text); s == "true" || s == "false" {
			*v = s == "true"
			return nil
		}
	case *int:
		n, err := strconv.ParseInt(string(text), 10, strconv.IntSize)
		return storeInt(v, int(n), text, err)
	case *int64:
		n, err := strconv.ParseInt(string(text), 10, 64)
		return storeInt(v, n, text, err)
	case *float64:
		return storeFloat(v, text)
	case *json.RawMessage:
		*v = slices.Clone(toUTF8(text))
		return nil
	case *any:
		*v = decodeAny(text)
		return nil
	case *map[string]any:
		return storeAs(v, text, '{')
	case *[]any:
		return storeAs(v, text, '[')
	case *[]float64:
		return storeFloats(v, text)
	}
	return json.Unmarshal(toUTF8(text), v)
}

func isNull(text []byte) bool { return string(text) == "null" }

func storeInt[T int | int64](v *T, n T, text []byte, err error) error {
	if isNull(text) {
		return nil
	}
	if err != nil {
		return errNoSuchType
	}
	*v = n
	return nil
}

func storeFloat(v *float64, text []byte) error {
	if isNull(text) {
		return nil
	}
	f, ok := parseFloat(text)
	if !ok {
		return errNoSuchType
	}
	*v = f
	return nil
}

// parseFloat reads a number, or what Python writes in place of one.
func parseFloat(text []byte) (float64, bool) {
	switch string(text) {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		return math.Inf(1), true
	case "-Infinity":
		return math.Inf(-1), true
	}
	if c := text[0]; c != '-' && (c < '0' || c > '9') {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(text), 64)
	return f, err == nil || math.IsInf(f, 0)
}

// storeAs stores an object or an array, by its first byte.
func storeAs[T any](v *T, text []byte, first byte) error {
	if isNull(text) {
		var none T
		*v = none
		return nil
	}
	if text[0] != first {
		return errNoSuchType
	}
	*v = decodeAny(text).(T)
	return nil
}

func storeFloats(v *[]float64, text []byte) error {
	if isNull(text) {
		*v = nil
		return nil
	}
	if text[0] != '[' {
		return errNoSuchType
	}
	floats, ok := []float64{}, true
	elements(text, func(element []byte) {
		f, isFloat := parseFloat(element)
		floats, ok = append(floats, f), ok && (isFloat || isNull(element))
	})
	if !ok {
		return errNoSuchType
	}
	*v = floats
	return nil
}

// decodeAny returns a value as encoding/json decodes it into an any.
func decodeAny(text []byte) any { return (&scanner{src: text}).any() }

// any decodes a valid value in one pass, however deep it is nested.
func (s *scanner) any() any {
	switch s.peek() {
	case '[':
		s.pos++
		list := []any{}
		_ = s.list(']', func() error {
			list = append(list, s.any())
			return nil
		})
		return list
	case '{':
		s.pos++
		dict := map[string]any{}
		_ = s.list('}', func() error {
			name, err := s.name()
			dict[decodeString(name)] = s.any()
			return err
		})
		return dict
	default:
		start := s.pos
		_ = s.value()
		return decodeScalar(s.src[start:s.pos])
	}
}

func decodeScalar(text []byte) any {
	switch text[0] {
	case '"':
		return decodeString(text)
	case 't':
		return true
	case 'f':
		return false
	case 'n':
		return nil
	}
	f, _ := parseFloat(text)
	if math.Abs(f) >= 1<<53 && !bytes.ContainsAny(text, ".eEIN") {
		return json.Number(text)
	}
	return f
}

// elements calls f with each element of a valid array.
func elements(text []byte, f func(element []byte)) {
	s := scanner{src: text, pos: 1}
	_ = s.list(']', func() error {
		start := s.pos
		err := s.value()
		f(text[start:s.pos])
		return err
	})
}

// toUTF8 turns Latin-1 into what encoding/json reads.
func toUTF8(text []byte) []byte {
	if !slices.ContainsFunc(text, func(c byte) bool { return c >= utf8.RuneSelf }) {
		return text
	}
	out := make([]byte, 0, len(text)+len(text)/4)
	for _, c := range text {
		out = utf8.AppendRune(out, rune(c))
	}
	return out
}
