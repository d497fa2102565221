package zstd

import (
	"bytes"
	"testing"
)

// TestLengths around those of blocks come back.
func TestLengths(t *testing.T) {
	for _, n := range []int{1, 100, 121, 1 << 10, 1<<17 - 1, 1 << 17, 1<<17 + 1, 1 << 20} {
		value := append([]byte(`{"a":"`), bytes.Repeat([]byte("x"), n)...)
		packed, err := compress(value)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := decompress(packed, 1<<21); err != nil || !bytes.Equal(got, value) {
			t.Errorf("%d bytes: %d come back, %v", len(value), len(got), err)
		}
	}
}

func FuzzDecompress(f *testing.F) {
	packed, _ := compress(bytes.Repeat([]byte("lorem ipsum "), 50))
	f.Add(packed)
	f.Fuzz(func(t *testing.T, value []byte) {
		if data, err := decompress(value, 1<<20); err == nil && len(data) > 1<<20 {
			t.Errorf("%d bytes", len(data))
		}
	})
}
