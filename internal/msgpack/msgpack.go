// Package msgpack reads and writes MessagePack as data, for sessions: the root is
// a map with texts as keys, and the rest is shown as JSON.
//
// Lengths are judged before contents: no claim is believed that the bytes behind
// it cannot hold. What a value becomes as JSON is bounded, too.
package msgpack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/jamsession/jamsession/internal/rawjson"
)

// What is read at most.
const (
	MaxSize  = rawjson.MaxSize  // bytes, also as JSON
	MaxDepth = rawjson.MaxDepth // containers in each other, the root included
	MaxItems = rawjson.MaxMembers
)

// ErrMalformed is wrapped by the errors for bytes that are not a map.
var ErrMalformed = errors.New("msgpack: malformed")

// ErrLimit is wrapped by the errors for values beyond the limits: they may be
// sound, and must not be thrown away.
var ErrLimit = errors.New("msgpack: beyond the limits")

// An Item is an entry of the root.
type Item struct {
	Name string
	Raw  []byte // the value as it stands
}

// A Map is the root.
type Map struct {
	Items []Item
	Plain bool // all of it is what JSON has words for
}

// Parse returns the map that is all that data holds. Of equal names the last value
// counts, at the place of the first, as in a Python dict.
func Parse(data []byte) (Map, error) {
	if len(data) > MaxSize {
		return Map{}, fmt.Errorf("%w: %d bytes, at most %d", ErrLimit, len(data), MaxSize)
	}
	r := &reader{src: data}
	h, err := r.header()
	switch {
	case err != nil:
		return Map{}, err
	case h.kind != aMap:
		return Map{}, fmt.Errorf("%w: it holds a %s, not a map", ErrMalformed, h.kind)
	}
	if h.size > MaxItems {
		return Map{}, fmt.Errorf("%w: %d items, at most %d", ErrLimit, h.size, MaxItems)
	}
	var items []Item
	places := make(map[string]int)
	for range h.size {
		name, err := r.name()
		if err != nil {
			return Map{}, err
		}
		start := r.pos
		if err := r.skip(MaxDepth - 1); err != nil {
			return Map{}, err
		}
		item := Item{name, data[start:r.pos]}
		if i, ok := places[name]; ok {
			items[i] = item
			continue
		}
		places[name] = len(items)
		items = append(items, item)
	}
	if r.pos < len(data) {
		return Map{}, fmt.Errorf("%w: bytes behind its end", ErrMalformed)
	}
	return Map{items, !r.odd}, nil
}

// A kind is what a value is, by its name in Python.
type kind string

const (
	aNil     kind = "NoneType"
	aBool    kind = "bool"
	anInt    kind = "int"
	aFloat   kind = "float"
	aText    kind = "str"
	aBin     kind = "bytes"
	anArray  kind = "list"
	aMap     kind = "dict"
	anExt    kind = "ExtType"
	extStart      = 1 // the byte for the type of an extension
)

// A header is what stands before the bytes, or the values, of a value.
type header struct {
	kind kind
	size int64  // bytes, values or pairs that follow
	bits uint64 // of a number or a bool
	neg  bool   // the bits are those of a negative int64
	thin bool   // the bits are those of a float32
}

// A reader reads values one after another.
type reader struct {
	src []byte
	pos int
	odd bool // skip has come upon what JSON has no word for
}

// take returns the next n bytes, which must be there.
func (r *reader) take(n int64) ([]byte, error) {
	if n > int64(len(r.src)-r.pos) {
		return nil, fmt.Errorf("%w at byte %d: it ends too early", ErrMalformed, r.pos)
	}
	b := r.src[r.pos : r.pos+int(n)]
	r.pos += int(n)
	return b, nil
}

// uint returns a big-endian number of n bytes.
func (r *reader) uint(n int64) (uint64, error) {
	b, err := r.take(n)
	if err != nil {
		return 0, err
	}
	var wide [8]byte
	copy(wide[8-n:], b)
	return binary.BigEndian.Uint64(wide[:]), nil
}

// header reads what stands before a value.
func (r *reader) header() (header, error) {
	b, err := r.take(1)
	if err != nil {
		return header{}, err
	}
	switch c := b[0]; {
	case c < 0x80:
		return header{kind: anInt, bits: uint64(c)}, nil
	case c >= 0xe0:
		return header{kind: anInt, bits: uint64(int64(int8(c))), neg: true}, nil
	case c < 0x90:
		return r.sized(aMap, int64(c&0x0f))
	case c < 0xa0:
		return r.sized(anArray, int64(c&0x0f))
	case c < 0xc0:
		return r.sized(aText, int64(c&0x1f))
	case c == 0xc0:
		return header{kind: aNil}, nil
	case c == 0xc2, c == 0xc3:
		return header{kind: aBool, bits: uint64(c & 1)}, nil
	default:
		return r.long(c)
	}
}

// wides are the kinds whose number or length stands in bytes of its own.
var wides = map[byte]struct {
	kind  kind
	bytes int64
}{
	0xc4: {aBin, 1}, 0xc5: {aBin, 2}, 0xc6: {aBin, 4},
	0xc7: {anExt, 1}, 0xc8: {anExt, 2}, 0xc9: {anExt, 4},
	0xca: {aFloat, 4}, 0xcb: {aFloat, 8},
	0xcc: {anInt, 1}, 0xcd: {anInt, 2}, 0xce: {anInt, 4}, 0xcf: {anInt, 8},
	0xd0: {anInt, 1}, 0xd1: {anInt, 2}, 0xd2: {anInt, 4}, 0xd3: {anInt, 8},
	0xd9: {aText, 1}, 0xda: {aText, 2}, 0xdb: {aText, 4},
	0xdc: {anArray, 2}, 0xdd: {anArray, 4}, 0xde: {aMap, 2}, 0xdf: {aMap, 4},
}

func (r *reader) long(c byte) (header, error) {
	if c >= 0xd4 && c <= 0xd8 { // extensions of 1 to 16 bytes
		return r.sized(anExt, 1<<(c-0xd4))
	}
	w, ok := wides[c]
	if !ok {
		return header{}, fmt.Errorf("%w at byte %d: %#02x is unknown", ErrMalformed, r.pos-1, c)
	}
	n, err := r.uint(w.bytes)
	switch {
	case err != nil:
		return header{}, err
	case w.kind == aFloat:
		return header{kind: aFloat, bits: n, thin: w.bytes == 4}, nil
	case w.kind == anInt && c >= 0xd0:
		signed := int64(n<<(64-8*w.bytes)) >> (64 - 8*w.bytes)
		return header{kind: anInt, bits: uint64(signed), neg: signed < 0}, nil
	case w.kind == anInt:
		return header{kind: anInt, bits: n}, nil
	}
	return r.sized(w.kind, int64(n))
}

// sized refuses a length that the bytes behind it cannot have.
func (r *reader) sized(k kind, n int64) (header, error) {
	least := n
	switch k {
	case aMap:
		least = 2 * n
	case anExt:
		least = n + extStart
	}
	if least > int64(len(r.src)-r.pos) {
		return header{}, fmt.Errorf("%w at byte %d: a %s ends too early", ErrMalformed, r.pos, k)
	}
	return header{kind: k, size: n}, nil
}

// name reads a key, which must be a text.
func (r *reader) name() (string, error) {
	h, err := r.header()
	if err != nil {
		return "", err
	}
	if h.kind != aText {
		return "", fmt.Errorf("msgpack: a dict with a key of type %s is not readable", h.kind)
	}
	return r.text(h)
}

func (r *reader) text(h header) (string, error) {
	b, err := r.take(h.size)
	if err != nil {
		return "", err
	}
	if !utf8.Valid(b) {
		return "", fmt.Errorf("%w at byte %d: a text is not UTF-8", ErrMalformed, r.pos-len(b))
	}
	return string(b), nil
}

// skip reads over a value with so many containers in each other.
func (r *reader) skip(depth int) error {
	h, err := r.header()
	if err != nil {
		return err
	}
	parts := h.size
	switch h.kind {
	case aText:
		_, err := r.take(h.size)
		return err
	case aBin:
		r.odd = true
		_, err := r.take(h.size)
		return err
	case anExt:
		r.odd = true
		_, err := r.take(h.size + extStart)
		return err
	case aMap:
		parts *= 2
	case anArray:
	default:
		return nil
	}
	if depth == 0 {
		return fmt.Errorf("%w: nested deeper than %d", ErrLimit, MaxDepth)
	}
	for range parts {
		if err := r.skip(depth - 1); err != nil {
			return err
		}
	}
	return nil
}
