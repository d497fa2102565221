// Package lz4 lets a program share a cache of django-redis with the COMPRESSOR lz4.
// Import it only for that:
//
//	import _ "github.com/jamsession/jamsession/site/lz4"
package lz4

import (
	"bytes"
	"io"

	"github.com/pierrec/lz4/v4"

	"github.com/jamsession/jamsession/internal/cachevalue"
)

func init() {
	cachevalue.Register(cachevalue.Compressor{
		Name: "lz4", MinLength: 15, Compress: compress, Decompress: decompress,
	})
}

func compress(value []byte) ([]byte, error) {
	return cachevalue.Written(func(w io.Writer) (io.WriteCloser, error) {
		frame := lz4.NewWriter(w)
		// What Python's lz4.frame writes; other sizes of blocks take more memory.
		return frame, frame.Apply(lz4.BlockSizeOption(lz4.Block64Kb), lz4.ChecksumOption(false),
			lz4.SizeOption(uint64(len(value))))
	}, value)
}

func decompress(value []byte, most int) ([]byte, error) {
	return cachevalue.ReadAll(lz4.NewReader(bytes.NewReader(value)), most)
}
