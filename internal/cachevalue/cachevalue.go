// Package cachevalue is the format of a record in a cache. Caches count down a
// lifetime but do not return how much is left, so the value contains the
// expiry.
package cachevalue

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/jamsession/jamsession/session"
)

// A Format says who shall be able to read the values.
type Format int

// The formats.
const (
	// Plain is for jamsession alone: a header of ten bytes, then the data.
	Plain Format = iota

	// Django is for data that is a Python pickle of protocol 2 or newer. The
	// expiry is a number that the pickle pushes and pops again before it goes
	// on, so that Python loads the same object as without it. Other data is
	// kept as it is.
	Django
)

const (
	header     = "J1" // then the instant, in eight bytes
	headerSize = len(header) + 8

	protoSize = 2          // of the pickle's first opcode, PROTO, with its number
	long1     = "\x8a\x08" // opcode LONG1: push the integer in the next 8 bytes
	pop       = '0'        // opcode POP
	stampSize = len(long1) + 8 + 1
)

// A Pickler is a codec that can say in a Python pickle what its data says. Those
// of package django are.
type Pickler interface {
	Pickle(data []byte) ([]byte, error)
}

// For returns the format for the data of a codec, which may be nil: Django's, if
// the data is a pickle itself.
func For(codec session.Codec) Format {
	if _, ok := codec.(Pickler); ok && !codec.MakesText() {
		return Django
	}
	return Plain
}

// Seal returns the value for a record that ends at expiry. Instants are kept
// to the microsecond.
func (f Format) Seal(data []byte, expiry time.Time) []byte {
	switch {
	case f == Plain:
		value := make([]byte, 0, headerSize+len(data))
		value = append(value, header...)
		value = binary.LittleEndian.AppendUint64(value, uint64(expiry.UnixMicro()))
		return append(value, data...)
	case isPickle(data):
		value := make([]byte, 0, stampSize+len(data))
		value = append(value, data[:protoSize]...)
		value = append(value, long1...)
		value = binary.LittleEndian.AppendUint64(value, uint64(expiry.UnixMicro()))
		value = append(value, pop)
		return append(value, data[protoSize:]...)
	default:
		return data
	}
}

// Open returns what Seal was given. The expiry is zero if the value does not
// say it: another program has written it.
func (f Format) Open(value []byte) (data []byte, expiry time.Time) {
	switch {
	case f == Plain && len(value) >= headerSize && string(value[:len(header)]) == header:
		return value[headerSize:], instant(value[len(header):])
	case f == Django && isStamped(value):
		data = make([]byte, 0, len(value)-stampSize)
		data = append(data, value[:protoSize]...)
		data = append(data, value[protoSize+stampSize:]...)
		return data, instant(value[protoSize+len(long1):])
	default:
		return value, time.Time{}
	}
}

func instant(b []byte) time.Time {
	return time.UnixMicro(int64(binary.LittleEndian.Uint64(b))).UTC()
}

func isPickle(data []byte) bool {
	return len(data) > protoSize && data[0] == 0x80 && data[1] >= 2
}

func isStamped(value []byte) bool {
	return isPickle(value) && len(value) > protoSize+stampSize &&
		bytes.HasPrefix(value[protoSize:], []byte(long1)) &&
		value[protoSize+stampSize-1] == pop
}
