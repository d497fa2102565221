package signing

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/zlib"
)

// A deflater is a zlib writer, which is expensive to make, and its output.
type deflater struct {
	out  bytes.Buffer
	zlib *zlib.Writer
}

var deflaters = sync.Pool{New: func() any {
	d := &deflater{}
	d.zlib, _ = zlib.NewWriterLevel(&d.out, 6) // fails for bad levels only
	return d
}}

// deflate returns data as zlib data, valid until the next call.
func (d *deflater) deflate(data []byte) []byte {
	d.out.Reset()
	d.zlib.Reset(&d.out)
	_, _ = d.zlib.Write(data) // a buffer takes all
	_ = d.zlib.Close()
	return d.out.Bytes()
}

// An inflater is a zlib reader, its input, and room for most outputs.
type inflater struct {
	in   bytes.Reader
	zlib io.ReadCloser
	out  [32 << 10]byte
}

var inflaters = sync.Pool{New: func() any {
	const nothing = "\x78\x9c\x03\x00\x00\x00\x00\x01"
	r, _ := zlib.NewReader(strings.NewReader(nothing)) // fails for bad headers only
	return &inflater{zlib: r}
}}

// maxPart is the number of bytes by which large outputs grow.
const maxPart = 256 << 10

// inflate returns what zlib data hold, or [ErrTooLarge]. It takes room for
// maxSize bytes and two parts more, whatever the data say, before it fails.
func inflate(data []byte, maxSize int) ([]byte, error) {
	f := inflaters.Get().(*inflater)
	defer inflaters.Put(f)
	f.in.Reset(data)
	if err := f.zlib.(zlib.Resetter).Reset(&f.in, nil); err != nil {
		return nil, fmt.Errorf("%w: zlib: %w", ErrMalformed, err)
	}
	var parts [][]byte
	part, size := f.out[:], 0
	for {
		n, err := fill(f.zlib, part)
		parts = append(parts, part[:n])
		size += n
		switch {
		case size > maxSize:
			return nil, ErrTooLarge
		case errors.Is(err, io.EOF):
			return slices.Concat(parts...), nil
		case err != nil:
			return nil, fmt.Errorf("%w: zlib: %w", ErrMalformed, err)
		}
		part = make([]byte, min(2*len(part), maxPart))
	}
}

// fill reads until part is full or the reader fails. Unlike io.ReadFull it
// returns the reader's error as it is.
func fill(r io.Reader, part []byte) (n int, err error) {
	for n < len(part) && err == nil {
		var m int
		m, err = r.Read(part[n:])
		n += m
	}
	return n, err
}
