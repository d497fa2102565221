// Package pickle reads and writes Python's pickles as data only: it never looks
// a name up and never calls anything.
//
// It reads protocols 0 to 5, an allow-list of opcodes, and writes protocol 4,
// which every Python since 3.4 loads. What a pickle builds by calling
// something other than the few names listed at [Call] is kept as an [Opaque],
// which says its type and cannot be written.
//
// A pickle is a program for a small machine, and may be hostile: it can claim
// lengths that it does not have, grow by referring to itself, or contain
// itself. See [Loads] for the limits.
package pickle

import (
	"errors"
	"math/big"
	"slices"
)

// A Value is one of: nil, bool, int64, *big.Int, float64, string, [Bytes],
// [ByteArray], *[List], [Tuple], *[Dict], *[Set], [Call] or [Opaque]. A
// string is UTF-8, except for lone surrogates, which have the three bytes that
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
		index map[any]int // from what hashed makes of keys; nil while they are few, and simple
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

// ErrMalformed is wrapped by the errors for bytes that are not a pickle.
var ErrMalformed = errors.New("pickle: malformed")

// ErrLimit is wrapped by the errors for pickles beyond the limits: they may
// be sound, and must not be thrown away.
var ErrLimit = errors.New("pickle: beyond the limits")

// few is how many pairs with simple keys are faster compared than hashed.
const few = 8

// isSimple reports whether a key is equal to none of another type, save those
// that are not simple.
func isSimple(key Value) bool {
	switch key.(type) {
	case string, int64:
		return true
	}
	return false
}

// Set stores a value under a key.
func (d *Dict) Set(key, value Value) {
	if i := d.find(key); i >= 0 {
		d.Pairs[i].Value = value
		return
	}
	if len(d.Pairs) == cap(d.Pairs) {
		d.Pairs = slices.Grow(d.Pairs, max(len(d.Pairs), 1))
	}
	d.Pairs = append(d.Pairs, Pair{key, value})
	if d.index != nil {
		d.note(len(d.Pairs) - 1)
	}
}

// Get returns the value under a text.
func (d *Dict) Get(key string) (Value, bool) {
	i := d.find(key)
	if i < 0 {
		return nil, false
	}
	return d.Pairs[i].Value, true
}

// find returns the place of a key, or -1.
func (d *Dict) find(key Value) int {
	if d.index == nil && isSimple(key) && len(d.Pairs) <= few {
		return slices.IndexFunc(d.Pairs, func(p Pair) bool { return p.Key == key })
	}
	if d.index == nil {
		d.index = make(map[any]int, len(d.Pairs))
		for i := range d.Pairs {
			d.note(i)
		}
	}
	if k, ok := hashed(key); ok {
		if i, ok := d.index[k]; ok {
			return i
		}
	}
	return -1
}

// note makes the index find a pair.
func (d *Dict) note(i int) {
	if k, ok := hashed(d.Pairs[i].Key); ok {
		d.index[k] = i
	}
}

// costOf returns what it costs to set a key.
func (d *Dict) costOf(key Value) int {
	cost := pairCost
	if d.index != nil || len(d.Pairs) >= few {
		cost += indexCost
	}
	switch key := key.(type) {
	case string:
		return cost + len(key)/hashedPart
	case Bytes:
		return cost + copyCost*len(key)
	case *big.Int:
		return cost + copyCost*(key.BitLen()/8+1)
	}
	return cost
}

// hashed returns a key by which Go finds what Python takes for equal:
// True is 1, and 1.0 is 1. It costs no more than the bytes of the key: an
// integer does not become digits.
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
		return hashedInt{v.Sign() < 0, string(v.Bytes())}, true
	}
	return nil, false
}

// hashedInt is an integer beyond 64 bits: what it is without its sign.
type hashedInt struct {
	negative  bool
	magnitude string
}
