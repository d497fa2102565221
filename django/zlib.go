package django

import (
	"bytes"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"

	"github.com/jamsession/jamsession/internal/cachevalue"
)

// Python has these two without further packages, and so has this one.
func init() {
	cachevalue.Register(cachevalue.Compressor{
		Name: "zlib", MinLength: 15, Compress: zlibs.compress,
		Decompress: func(value []byte, most int) ([]byte, error) {
			r, err := zlib.NewReader(bytes.NewReader(value))
			if err != nil {
				return nil, err
			}
			return cachevalue.ReadAll(r, most)
		},
	})
	cachevalue.Register(cachevalue.Compressor{
		Name: "gzip", MinLength: 15, Compress: gzips.compress,
		Decompress: func(value []byte, most int) ([]byte, error) {
			r, err := gzip.NewReader(bytes.NewReader(value))
			if err != nil {
				return nil, err
			}
			return cachevalue.ReadAll(r, most)
		},
	})
}

// writers are compressing writers, which are expensive to make.
type writers sync.Pool

var (
	zlibs = writers{New: func() any {
		w, _ := zlib.NewWriterLevel(nil, 6) // fails for bad levels only
		return w
	}}
	gzips = writers{New: func() any {
		w, _ := gzip.NewWriterLevel(nil, 9)
		return w
	}}
)

func (p *writers) compress(value []byte) ([]byte, error) {
	w := (*sync.Pool)(p).Get().(interface {
		io.WriteCloser
		Reset(to io.Writer)
	})
	defer (*sync.Pool)(p).Put(w)
	return cachevalue.Written(func(to io.Writer) (io.WriteCloser, error) {
		w.Reset(to)
		return w, nil
	}, value)
}
