package lzma

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"runtime"
	"testing"

	"github.com/jamsession/jamsession/internal/cachevalue"
)

func packed(t testing.TB, value []byte) []byte {
	t.Helper()
	packed, err := compress(value)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// TestADictionaryIsNoLargerThanTheValue, though its header asks for 4 GiB.
func TestADictionaryIsNoLargerThanTheValue(t *testing.T) {
	value := bytes.Repeat([]byte("lorem ipsum "), 50)
	greedy := packed(t, value)
	const header, dictionary, sum = 12, 12 + 4, 12 + 8
	greedy[dictionary] = 40
	binary.LittleEndian.PutUint32(greedy[sum:], crc32.ChecksumIEEE(greedy[header:sum]))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, err := decompress(greedy, 1<<20)
	runtime.ReadMemStats(&after)
	if err != nil || !bytes.Equal(got, value) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes were allocated for a value of %d", n, len(greedy))
	}
}

// TestTooLarge is judged by the lengths of the parts.
func TestTooLarge(t *testing.T) {
	if _, err := decompress(packed(t, make([]byte, 5<<20)), 4<<20); !errors.Is(err, cachevalue.ErrTooLarge) {
		t.Errorf("%v, want ErrTooLarge", err)
	}
	if got, err := decompress(packed(t, make([]byte, 5<<20)), 5<<20); err != nil || len(got) != 5<<20 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestDamage is found by the checks, as in Python.
func TestDamage(t *testing.T) {
	const header, footer = 12, 28 // with the index, which nothing here needs
	value := bytes.Repeat([]byte("lorem ipsum "), 50)
	sound := packed(t, value)
	for i := header; i < len(sound)-footer; i++ {
		damaged := bytes.Clone(sound)
		damaged[i] ^= 0x10
		if got, err := decompress(damaged, 1<<20); err == nil && !bytes.Equal(got, value) {
			t.Errorf("byte %d: %d bytes without an error", i, len(got))
		}
	}
}

func FuzzDecompress(f *testing.F) {
	f.Add(packed(f, bytes.Repeat([]byte("lorem ipsum "), 50)))
	f.Fuzz(func(t *testing.T, value []byte) {
		if data, err := decompress(value, 1<<20); err == nil && len(data) > 1<<20 {
			t.Errorf("%d bytes", len(data))
		}
	})
}
