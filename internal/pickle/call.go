package pickle

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// kept are the names whose calls are kept as they are, with the most
// arguments that they take. All arguments are plain, and are checked when the
// value is shown.
var kept = map[string]int{
	"datetime.datetime":             2,
	"datetime.date":                 1,
	"datetime.time":                 2,
	"datetime.timedelta":            3,
	"datetime.timezone":             2,
	"pytz._UTC":                     0,
	"pytz._p":                       4,
	"zoneinfo.ZoneInfo._unpickle":   2,
	"django.utils.timezone.UTC":     0,
	"django.utils.timezone._UTC":    0,
	"backports.zoneinfo._unpickle_": 2,
}

// call returns what a name makes of arguments, for those names by which
// Python writes plain data.
func (m *machine) call(callable, args Value) Value {
	name, isName := callable.(global)
	t, isTuple := args.(Tuple)
	if !isName || !isTuple {
		return m.opaque(callable, args)
	}
	if most, ok := kept[string(name)]; ok && len(t) <= most && isPlain(t) {
		return Call{string(name), t}
	}
	if v, ok := m.build(string(name), t); ok {
		return v
	}
	return Opaque{string(name)}
}

func isPlain(t Tuple) bool {
	for _, v := range t {
		if _, ok := v.(Opaque); ok {
			return false
		}
	}
	return true
}

// build makes what protocols 0 to 2 write by a call: sets, bytes and byte
// arrays.
func (m *machine) build(name string, args Tuple) (Value, bool) {
	module, name, _ := strings.Cut(name, ".")
	switch module {
	case "builtins", "__builtin__":
	case "_codecs":
		return m.encoded(name, args)
	default:
		return nil, false
	}
	switch name {
	case "set", "frozenset":
		items, ok := listArgument(args)
		return &Set{Frozen: name == "frozenset", Items: items}, ok
	case "bytes":
		return Bytes(nil), len(args) == 0
	case "bytearray":
		if len(args) == 0 {
			return ByteArray(nil), true
		}
		b, ok := args[0].(Bytes)
		if text, isText := args[0].(string); isText { // bytearray(text, "latin-1")
			b, ok = m.latin1(text)
		}
		return ByteArray(b), ok
	}
	return nil, false
}

func listArgument(args Tuple) ([]Value, bool) {
	if len(args) == 0 {
		return nil, true
	}
	if list, ok := args[0].(*List); ok && len(args) == 1 {
		return slices.Clip(list.Items), true // the list may still grow
	}
	return nil, false
}

// encoded is _codecs.encode(text, "latin1"), by which protocols 0 to 2 write
// bytes.
func (m *machine) encoded(name string, args Tuple) (Value, bool) {
	if name != "encode" || len(args) != 2 || args[1] != Value("latin1") {
		return nil, false
	}
	text, ok := args[0].(string)
	if !ok {
		return nil, false
	}
	b, ok := m.latin1(text)
	return Bytes(b), ok
}

// latin1 copies a text, which may be shared.
func (m *machine) latin1(text string) ([]byte, bool) {
	m.spend(copyCost * len(text))
	b := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xff {
			return nil, false
		}
		b = append(b, byte(r))
	}
	return b, true
}

// rawUnicode decodes the line of UNICODE: Latin-1 with escapes \uXXXX and
// \UXXXXXXXX.
func (m *machine) rawUnicode(line []byte) string {
	m.spend(2 * len(line))
	b := make([]byte, 0, len(line))
	for i := 0; i < len(line); {
		if line[i] != '\\' || i+1 == len(line) || line[i+1]|0x20 != 'u' {
			b = utf8.AppendRune(b, rune(line[i]))
			i++
			continue
		}
		digits := 4
		if line[i+1] == 'U' {
			digits = 8
		}
		if i+2+digits > len(line) {
			m.fail("an escape ends too early")
		}
		r, err := strconv.ParseUint(string(line[i+2:i+2+digits]), 16, 32)
		if err != nil || r > utf8.MaxRune {
			m.fail("an escape cannot be read")
		}
		b = appendRune(b, rune(r))
		i += 2 + digits
	}
	return string(b)
}

// appendRune also writes surrogates.
func appendRune(b []byte, r rune) []byte {
	if utf16.IsSurrogate(r) {
		return append(b, 0xed, 0x80|byte(r>>6&0x3f), 0x80|byte(r&0x3f))
	}
	return utf8.AppendRune(b, r)
}
