// Package zstd lets a program share a cache of django-redis with the COMPRESSOR zstd.
// Import it only for that:
//
//	import _ "github.com/jamsession/jamsession/site/zstd"
package zstd

import (
	"errors"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/jamsession/jamsession/internal/cachevalue"
)

func init() {
	cachevalue.Register(cachevalue.Compressor{
		Name: "zstd", MinLength: 15, Compress: compress, Decompress: decompress,
	})
}

// encoder and decoder serve all values: each has its memory, and starts no goroutine
// for values that are whole. They are made when the first value comes.
var (
	encoder = sync.OnceValues(func() (*zstd.Encoder, error) {
		return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(1<<20))
	})
	decoder = sync.OnceValues(func() (*zstd.Decoder, error) {
		return zstd.NewReader(nil, zstd.WithDecoderConcurrency(2),
			zstd.WithDecoderMaxMemory(cachevalue.MaxSize))
	})
)

func compress(value []byte) ([]byte, error) {
	e, err := encoder()
	if err != nil {
		return nil, err
	}
	return e.EncodeAll(value, nil), nil
}

// decompress takes the memory that the value says it needs, up to the most.
func decompress(value []byte, most int) ([]byte, error) {
	d, err := decoder()
	if err != nil {
		return nil, err
	}
	data, err := d.DecodeAll(value, nil)
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) || errors.Is(err, zstd.ErrWindowSizeExceeded) ||
		err == nil && len(data) > most {
		return nil, cachevalue.ErrTooLarge
	}
	return data, err
}
