// Package pickle reads and writes Python's pickles as data, and as nothing
// else: it never looks a name up and never calls anything.
//
// It reads protocols 0 to 5, an allow-list of opcodes, and writes protocol 4,
// which every Python since 3.4 loads. What a pickle builds by calling
// something other than the few names listed at [Call] is kept as an [Opaque],
// which says its type and cannot be written.
//
// A pickle is a program for a small machine, and may be hostile: it can name
// lengths that it does not have, grow by referring to itself, or contain
// itself. Reading costs memory in proportion to the bytes that are there, and
// [Loads] refuses what contains itself or would be too large written out.
package pickle

import (
	"errors"
	"math/big"
)

// A Value is one of: nil, bool, int64, *big.Int, float64, string, [Bytes],
// [ByteArray], *[List], [Tuple], *[Dict], *[Set], [Call] or [Opaque]. A
// string is UTF-8, but for lone surrogates, which have the three bytes that
// UTF-8 would have for them.
type Value any

// The values that have no type in Go, by their names in Python.
type (
	// Bytes is immutable.
	Bytes []byte

	// ByteArray is mutable.
	ByteArray []byte

	// Tuple is immutable.
	Tuple []Value

	// A List may be referred to from several places.
	List struct{ Items []Value }

	// A Set keeps the order in which it was pickled.
	Set struct {
		Frozen bool
		Items  []Value
	}

	// A Dict keeps its order. Of equal keys the last value counts, at the
	// place of the first.
	Dict struct {
		Pairs []Pair
		index map[any]int // from keys that Go can compare
	}

	// A Pair is an entry of a Dict.
	Pair struct{ Key, Value Value }

	// A Call is what one of a few names makes of plain arguments:
	// datetime.datetime, date, time, timedelta and timezone, pytz's utc and
	// zoneinfo's zones.
	Call struct {
		Name string // such as "datetime.datetime"
		Args Tuple
	}

	// An Opaque is an object of another type, whose content was skipped.
	Opaque struct{ Type string }
)

// ErrMalformed is wrapped by the errors for bytes that are no pickle.
var ErrMalformed = errors.New("pickle: malformed")

// ErrLimit is wrapped by the errors for pickles beyond the limits: they may
// be sound, and must not be thrown away.
var ErrLimit = errors.New("pickle: beyond the limits")

// Set stores a value under a key.
func (d *Dict) Set(key, value Value) {
	k, ok := hashed(key)
	if !ok {
		d.Pairs = append(d.Pairs, Pair{key, value})
		return
	}
	if i, ok := d.index[k]; ok {
		d.Pairs[i].Value = value
		return
	}
	if d.index == nil {
		d.index = make(map[any]int)
	}
	d.index[k] = len(d.Pairs)
	d.Pairs = append(d.Pairs, Pair{key, value})
}

// Get returns the value under a text.
func (d *Dict) Get(key string) (Value, bool) {
	i, ok := d.index[key]
	if !ok {
		return nil, false
	}
	return d.Pairs[i].Value, true
}

// hashed returns a key by which Go finds what Python takes for equal:
// True is 1, and 1.0 is 1.
func hashed(v Value) (any, bool) {
	switch v := v.(type) {
	case nil, string, int64:
		return v, true
	case bool:
		if v {
			return int64(1), true
		}
		return int64(0), true
	case float64:
		if n := int64(v); float64(n) == v {
			return n, true
		}
		return v, v == v // NaN is equal to nothing
	case Bytes:
		return [1]string{string(v)}, true
	case *big.Int:
		return [2]string{"int", v.String()}, true
	}
	return nil, false
}
