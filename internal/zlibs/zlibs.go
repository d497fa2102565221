// Package zlibs compresses values of caches by zlib and gzip. Importing it makes both known
// to package cachevalue: Python has them without further packages.
package zlibs

import (
	"bytes"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"

	"github.com/jamsession/jamsession/internal/cachevalue"
)

// minLength is how long values must be for django-redis.
const minLength = 15

func init() {
	cachevalue.Register(cachevalue.Compressor{
		Name: "zlib", MinLength: minLength, Compress: Compress, Decompress: Decompress,
	})
	cachevalue.Register(cachevalue.Compressor{
		Name: "gzip", MinLength: minLength, Compress: gzipWriters.compress,
		Decompress: func(value []byte, most int) ([]byte, error) {
			r, err := gzip.NewReader(bytes.NewReader(value))
			if err != nil {
				return nil, err
			}
			return cachevalue.ReadAll(r, most)
		},
	})
}

// Compress compresses by zlib, as Python does by default.
func Compress(value []byte) ([]byte, error) { return zlibWriters.compress(value) }

// Decompress is the opposite, for [cachevalue.Compressor].
func Decompress(value []byte, most int) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(value))
	if err != nil {
		return nil, err
	}
	return cachevalue.ReadAll(r, most)
}

// writers are compressing writers, which are expensive to make.
type writers sync.Pool

var (
	zlibWriters = writers{New: func() any {
		w, _ := zlib.NewWriterLevel(nil, 6) // fails for bad levels only
		return w
	}}
	gzipWriters = writers{New: func() any {
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
