package rawjson

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// AppendValue appends v as Python's json.dumps(separators=(",", ":")) would
// write it. What becomes of a Go value follows encoding/json: struct tags,
// Marshaler and TextMarshaler, sorted maps, base64 for bytes. Beyond it,
// floats are always floats (1.0, 1e+16, NaN, -Infinity), as Python keeps
// ints and floats apart. It fails for what JSON cannot hold and for what
// [Parse] would not read again.
func AppendValue(dst []byte, v any) ([]byte, error) {
	e := encoder{depth: 1} // the value is to become a member of an object
	return e.value(dst, reflect.ValueOf(v))
}

type encoder struct{ depth int }

var (
	marshalerType     = reflect.TypeFor[json.Marshaler]()
	textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()
	numberType        = reflect.TypeFor[json.Number]()
)

func (e *encoder) value(dst []byte, v reflect.Value) ([]byte, error) {
	if !v.IsValid() {
		return append(dst, "null"...), nil
	}
	if m, ok := implementer(v, marshalerType); ok {
		return e.marshaler(dst, m)
	}
	if m, ok := implementer(v, textMarshalerType); ok {
		return e.textMarshaler(dst, m)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return e.pointer(dst, v)
	case reflect.Struct, reflect.Map, reflect.Slice, reflect.Array:
		if e.depth >= MaxDepth {
			return nil, fmt.Errorf("%w: nested deeper than %d", ErrLimit, MaxDepth)
		}
		e.depth++
		defer func() { e.depth-- }()
		return e.container(dst, v)
	default:
		return e.scalar(dst, v)
	}
}

// implementer returns v, or its address if it has one, as the interface t.
func implementer(v reflect.Value, t reflect.Type) (reflect.Value, bool) {
	if v.Type().Implements(t) {
		return v, true
	}
	if v.Kind() != reflect.Pointer && v.CanAddr() && v.Addr().Type().Implements(t) {
		return v.Addr(), true
	}
	return v, false
}

func isNil(v reflect.Value) bool {
	return (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil()
}

func (e *encoder) marshaler(dst []byte, v reflect.Value) ([]byte, error) {
	if isNil(v) {
		return append(dst, "null"...), nil
	}
	text, err := v.Interface().(json.Marshaler).MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("rawjson: %s: %w", v.Type(), err)
	}
	if err := valid(text, e.depth); err != nil {
		return nil, fmt.Errorf("rawjson: %s: %w", v.Type(), err)
	}
	return appendCompact(dst, text), nil
}

// appendCompact appends a valid text without space and in ASCII.
func appendCompact(dst, text []byte) []byte {
	inString := false
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRune(text[i:])
			dst = appendEscape(dst, r)
			i += size
			continue
		case inString && c == 0x7f:
			dst = appendEscape(dst, rune(c))
		case inString && c == '\\':
			dst = append(dst, c, text[i+1])
			i++
		case inString || !strings.ContainsRune(" \t\r\n", rune(c)):
			dst = append(dst, c)
		}
		if c == '"' {
			inString = !inString
		}
		i++
	}
	return dst
}

func (e *encoder) textMarshaler(dst []byte, v reflect.Value) ([]byte, error) {
	if isNil(v) {
		return append(dst, "null"...), nil
	}
	text, err := v.Interface().(encoding.TextMarshaler).MarshalText()
	if err != nil {
		return nil, fmt.Errorf("rawjson: %s: %w", v.Type(), err)
	}
	return appendString(dst, string(text)), nil
}

func (e *encoder) scalar(dst []byte, v reflect.Value) ([]byte, error) {
	switch v.Kind() {
	case reflect.Bool:
		return strconv.AppendBool(dst, v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(dst, v.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.AppendUint(dst, v.Uint(), 10), nil
	case reflect.Float32:
		return appendFloat(dst, v.Float(), 32), nil
	case reflect.Float64:
		return appendFloat(dst, v.Float(), 64), nil
	case reflect.String:
		if v.Type() == numberType {
			return appendNumber(dst, v.String())
		}
		return appendString(dst, v.String()), nil
	default:
		return nil, fmt.Errorf("rawjson: JSON has no place for a %s", v.Type())
	}
}

func appendNumber(dst []byte, text string) ([]byte, error) {
	if text == "" {
		text = "0" // as encoding/json
	}
	s := scanner{src: []byte(text)}
	err := s.number()
	if errors.Is(err, ErrLimit) {
		return nil, err
	}
	if err != nil || s.pos != len(text) {
		return nil, errors.New("rawjson: a json.Number that is not a number")
	}
	return append(dst, text...), nil
}

func (e *encoder) container(dst []byte, v reflect.Value) ([]byte, error) {
	switch v.Kind() {
	case reflect.Struct:
		return e.object(dst, v)
	case reflect.Map:
		return e.dict(dst, v)
	case reflect.Slice:
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		if isBytes(v.Type()) {
			return appendString(dst, base64.StdEncoding.EncodeToString(v.Bytes())), nil
		}
		return e.array(dst, v)
	default:
		return e.array(dst, v)
	}
}

// pointer follows pointers, but not in a circle.
func (e *encoder) pointer(dst []byte, v reflect.Value) ([]byte, error) {
	for range MaxDepth {
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		v = v.Elem()
		if v.Kind() != reflect.Pointer && v.Kind() != reflect.Interface {
			return e.value(dst, v)
		}
	}
	return nil, fmt.Errorf("%w: pointers in a circle", ErrLimit)
}

func isBytes(t reflect.Type) bool {
	elem := reflect.PointerTo(t.Elem())
	return t.Elem().Kind() == reflect.Uint8 &&
		!elem.Implements(marshalerType) && !elem.Implements(textMarshalerType)
}

func (e *encoder) array(dst []byte, v reflect.Value) (_ []byte, err error) {
	dst = append(dst, '[')
	for i := range v.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = e.value(dst, v.Index(i)); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

func (e *encoder) dict(dst []byte, v reflect.Value) (_ []byte, err error) {
	if v.IsNil() {
		return append(dst, "null"...), nil
	}
	type entry struct {
		name  string
		value reflect.Value
	}
	entries := make([]entry, 0, v.Len())
	for iter := v.MapRange(); iter.Next(); {
		name, err := mapName(iter.Key())
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry{name, iter.Value()})
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	dst = append(dst, '{')
	for i, en := range entries {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, en.name), ':')
		if dst, err = e.value(dst, en.value); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

// mapName returns the name under which a map's key is written.
func mapName(k reflect.Value) (string, error) {
	if k.Kind() == reflect.String {
		return k.String(), nil
	}
	if tm, ok := k.Interface().(encoding.TextMarshaler); ok {
		if isNil(k) {
			return "", nil
		}
		text, err := tm.MarshalText()
		return string(text), err
	}
	switch k.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(k.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(k.Uint(), 10), nil
	}
	return "", fmt.Errorf("rawjson: JSON has no place for a key of type %s", k.Type())
}

// appendFloat writes Python's repr of a float: the fewest digits that read
// back as the same number, an exponent below 1e-4 and from 1e16 on, and
// always a sign that it is not an int.
func appendFloat(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	if abs := math.Abs(f); abs != 0 && (abs < 1e-4 || abs >= 1e16) {
		return strconv.AppendFloat(dst, f, 'e', -1, bits)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, bits)
	if slices.Contains(dst[start:], '.') {
		return dst
	}
	return append(dst, '.', '0')
}
