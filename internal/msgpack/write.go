package msgpack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/jamsession/jamsession/internal/rawjson"
)

// AppendMap appends what stands before n pairs, as Python's msgpack writes it.
func AppendMap(dst []byte, n int) []byte { return appendSize(dst, n, 0x80, 0xde) }

// appendSize appends the number of values in a container.
func appendSize(dst []byte, n int, fixed, wide byte) []byte {
	switch {
	case n < 16:
		return append(dst, fixed|byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, wide), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, wide+1), uint32(n))
}

// AppendBin appends bytes.
func AppendBin(dst, b []byte) []byte {
	switch n := len(b); {
	case n < 1<<8:
		dst = append(dst, 0xc4, byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 0xc5), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, 0xc6), uint32(n))
	}
	return append(dst, b...)
}

// AppendText appends a text. A lone surrogate has no form.
func AppendText(dst []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return nil, errors.New("msgpack: a text with a lone surrogate cannot be written")
	}
	switch n := len(s); {
	case n < 32:
		dst = append(dst, 0xa0|byte(n))
	case n < 1<<8:
		dst = append(dst, 0xd9, byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 0xda), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, 0xdb), uint32(n))
	}
	return append(dst, s...), nil
}

// Append appends the value that a valid JSON text says, as Python's json and
// msgpack modules would make it. The error names what has no form.
func Append(dst, text []byte) ([]byte, error) {
	w := &writer{buf: dst}
	err := rawjson.Walk(text, w)
	return w.buf, err
}

// A writer is a [rawjson.Visitor] that writes what it is told. Of equal names it
// writes all: the last one counts, here as in JSON.
type writer struct {
	buf  []byte
	open []container
}

// A container is one that has begun.
type container struct {
	at int // where what stands before its values will be
	n  int // names and values so far
}

// count notes that a name or a value follows.
func (w *writer) count() {
	if last := len(w.open) - 1; last >= 0 {
		w.open[last].n++
	}
}

func (w *writer) Begin(kind byte) error {
	w.count()
	w.open = append(w.open, container{at: len(w.buf)})
	return nil
}

// End puts the number of values before them.
func (w *writer) End(kind byte) error {
	last := w.open[len(w.open)-1]
	w.open = w.open[:len(w.open)-1]
	size := appendSize(make([]byte, 0, 5), last.n, 0x90, 0xdc)
	if kind == '{' {
		size = AppendMap(size[:0], last.n/2)
	}
	w.buf = append(w.buf, size...)
	copy(w.buf[last.at+len(size):], w.buf[last.at:len(w.buf)-len(size)])
	copy(w.buf[last.at:], size)
	return nil
}

func (w *writer) Name(text []byte) (err error) {
	w.count()
	w.buf, err = AppendText(w.buf, rawjson.String(text))
	return err
}

func (w *writer) Scalar(text []byte) (err error) {
	w.count()
	switch text[0] {
	case 'n':
		w.buf = append(w.buf, 0xc0)
		return nil
	case 'f':
		w.buf = append(w.buf, 0xc2)
		return nil
	case 't':
		w.buf = append(w.buf, 0xc3)
		return nil
	case '"':
		w.buf, err = AppendText(w.buf, rawjson.String(text))
		return err
	}
	if f, ok := rawjson.Float(text); ok {
		w.buf = binary.BigEndian.AppendUint64(append(w.buf, 0xcb), math.Float64bits(f))
		return nil
	}
	if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		w.int(n)
		return nil
	}
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		return fmt.Errorf("msgpack: an integer of more than 64 bits cannot be written")
	}
	w.buf = binary.BigEndian.AppendUint64(append(w.buf, 0xcf), n)
	return nil
}

// int writes an integer in the fewest bytes, as Python's msgpack does.
func (w *writer) int(n int64) {
	switch {
	case n >= -32 && n < 0, n >= 0 && n < 0x80:
		w.buf = append(w.buf, byte(n))
	case n < 0:
		w.negative(n)
	case n < 1<<8:
		w.buf = append(w.buf, 0xcc, byte(n))
	case n < 1<<16:
		w.buf = binary.BigEndian.AppendUint16(append(w.buf, 0xcd), uint16(n))
	case n < 1<<32:
		w.buf = binary.BigEndian.AppendUint32(append(w.buf, 0xce), uint32(n))
	default:
		w.buf = binary.BigEndian.AppendUint64(append(w.buf, 0xcf), uint64(n))
	}
}

func (w *writer) negative(n int64) {
	switch {
	case n >= math.MinInt8:
		w.buf = append(w.buf, 0xd0, byte(n))
	case n >= math.MinInt16:
		w.buf = binary.BigEndian.AppendUint16(append(w.buf, 0xd1), uint16(n))
	case n >= math.MinInt32:
		w.buf = binary.BigEndian.AppendUint32(append(w.buf, 0xd2), uint32(n))
	default:
		w.buf = binary.BigEndian.AppendUint64(append(w.buf, 0xd3), uint64(n))
	}
}
