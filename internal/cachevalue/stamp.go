package cachevalue

import (
	"bytes"
	"encoding/binary"
	"time"
)

// The expiry is in data that Python reads, too. In a pickle of protocol 2 or newer
// it is a number that the pickle pushes, and pops again before it goes on; in JSON
// and MessagePack it is hidden, see [Hide].
const (
	protoSize = 2          // of the pickle's first opcode, PROTO, with its number
	long1     = "\x8a\x08" // opcode LONG1: push the integer in the next 8 bytes
	pop       = '0'        // opcode POP
	stampSize = len(long1) + 8 + 1
)

// stamp returns data that says its expiry, or data itself if it cannot.
func stamp(data []byte, expiry time.Time) []byte {
	if isPickle(data) {
		value := make([]byte, 0, stampSize+len(data))
		value = append(value, data[:protoSize]...)
		value = append(value, long1...)
		value = binary.LittleEndian.AppendUint64(value, uint64(expiry.UnixMicro()))
		value = append(value, pop)
		return append(value, data[protoSize:]...)
	}
	if value, ok := Hide(data, expiry, nil); ok {
		return value
	}
	return data
}

// unstamp returns what stamp was given; the expiry is zero if there is none.
func unstamp(value []byte) (data []byte, expiry time.Time) {
	if isStamped(value) {
		data = append([]byte(nil), value[stampSize:]...) // no memory is cleared first
		copy(data, value[:protoSize])
		return data, instant(value[protoSize+len(long1):])
	}
	if data, expiry, record, ok := Reveal(value); ok && len(record) == 0 {
		return data, expiry
	}
	return value, time.Time{}
}

func isPickle(data []byte) bool {
	return len(data) > protoSize && data[0] == 0x80 && data[1] >= 2
}

func isStamped(value []byte) bool {
	return isPickle(value) && len(value) > protoSize+stampSize &&
		bytes.HasPrefix(value[protoSize:], []byte(long1)) &&
		value[protoSize+stampSize-1] == pop
}
