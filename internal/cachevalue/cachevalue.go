// Package cachevalue is the format of a record in a cache. Caches count down a
// lifetime but do not return how much is left, so the value contains the
// expiry.
package cachevalue

import (
	"encoding/binary"
	"time"

	"github.com/jamsession/jamsession/session"
)

// A Format says who shall be able to read the values. The zero value is for
// jamsession alone: a header of ten bytes, then the data.
type Format struct {
	// Django: the data is what one of django-redis' serializers makes of a dict,
	// and Python loads the same dict from the value. Data that no serializer made
	// is kept as it is.
	Django bool

	// Compressor is for values of Django's; nil is none. Values by all others are
	// read, too.
	Compressor *Compressor
}

const (
	header     = "J1" // then the instant, in eight bytes
	headerSize = len(header) + 8
)

// A Pickler is a codec that can say in a Python pickle what its data says. Those
// of package django are.
type Pickler interface {
	Pickle(data []byte) ([]byte, error)
}

// A Formatted is a codec whose data is that of Django's caches.
type Formatted interface {
	CacheFormat() Format
}

// For returns the format for the data of a codec, which may be nil.
func For(codec session.Codec) Format {
	if f, ok := codec.(Formatted); ok {
		return f.CacheFormat()
	}
	return Format{}
}

// Seal returns the value for a record that ends at expiry. Instants are kept
// to the microsecond.
func (f Format) Seal(data []byte, expiry time.Time) []byte {
	if f.Django {
		return f.Compressor.pack(stamp(data, expiry))
	}
	value := make([]byte, 0, headerSize+len(data))
	return append(appendHeader(value, expiry), data...)
}

// Open returns what Seal was given. The expiry is zero if the value does not
// say it: another program has written it. The error says that the value is compressed,
// and why it cannot be read; it wraps [session.ErrTooLarge] if that is the reason.
func (f Format) Open(value []byte) (data []byte, expiry time.Time, err error) {
	switch {
	case f.Django:
		if value, err = Unpack(value); err != nil {
			return nil, time.Time{}, err
		}
		data, expiry = unstamp(value)
		return data, expiry, nil
	case hasHeader(value):
		return value[headerSize:], instant(value[len(header):]), nil
	}
	return value, time.Time{}, nil
}

func appendHeader(dst []byte, expiry time.Time) []byte {
	return binary.LittleEndian.AppendUint64(append(dst, header...), uint64(expiry.UnixMicro()))
}

func hasHeader(value []byte) bool {
	return len(value) >= headerSize && string(value[:len(header)]) == header
}

func instant(b []byte) time.Time {
	return time.UnixMicro(int64(binary.LittleEndian.Uint64(b))).UTC()
}
