package lz4

import (
	"bytes"
	"testing"
)

func FuzzDecompress(f *testing.F) {
	packed, _ := compress(bytes.Repeat([]byte("lorem ipsum "), 50))
	f.Add(packed)
	f.Fuzz(func(t *testing.T, value []byte) {
		if data, err := decompress(value, 1<<20); err == nil && len(data) > 1<<20 {
			t.Errorf("%d bytes", len(data))
		}
	})
}
