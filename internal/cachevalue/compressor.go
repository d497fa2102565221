package cachevalue

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/session"
)

// A Compressor is one of django-redis' compressors.
type Compressor struct {
	Name  string // in Django's module: "zlib"
	Magic string // what its values begin with

	// MinLength is the length up to which values are left as they are.
	MinLength int

	Compress func([]byte) ([]byte, error)

	// Decompress returns at most so many bytes. Its error is ErrTooLarge if there
	// would be more.
	Decompress func(value []byte, most int) ([]byte, error)
}

// MaxSize is how large values can be once they are decompressed.
const MaxSize = rawjson.MaxSize

// ErrTooLarge is the error for values that would be longer than MaxSize.
var ErrTooLarge = fmt.Errorf("cachevalue: %w: more than %d bytes, decompressed", session.ErrTooLarge, MaxSize)

// compressors are those that the program has imported. The others are known by
// their magic only.
var (
	compressorsLock sync.RWMutex
	compressors     = []*Compressor{
		{Name: "zlib"},
		{Name: "gzip", Magic: "\x1f\x8b"},
		{Name: "lzma", Magic: "\xfd7zXZ\x00"},
		{Name: "zstd", Magic: "\x28\xb5\x2f\xfd"},
		{Name: "lz4", Magic: "\x04\x22\x4d\x18"},
	}
)

// Register makes a compressor known, in place of what is known of its name.
func Register(c Compressor) {
	compressorsLock.Lock()
	defer compressorsLock.Unlock()
	i := slices.IndexFunc(compressors, func(known *Compressor) bool { return known.Name == c.Name })
	c.Magic = compressors[i].Magic
	compressors[i] = &c
}

// CompressorOf returns the compressor of a name, nil for "none". The error lists the
// names, or says which import is missing.
func CompressorOf(name string) (*Compressor, error) {
	if name == "none" {
		return nil, nil
	}
	compressorsLock.RLock()
	defer compressorsLock.RUnlock()
	for _, c := range compressors {
		if c.Name == name {
			return c, c.missing()
		}
	}
	return nil, fmt.Errorf("there is no compressor %q; there are %s",
		name, strings.Join(CompressorNames(), ", "))
}

// CompressorNames returns all names.
func CompressorNames() []string { return []string{"none", "zlib", "gzip", "lzma", "zstd", "lz4"} }

// missing names the import that a compressor needs.
func (c *Compressor) missing() error {
	if c.Decompress != nil {
		return nil
	}
	return fmt.Errorf("this program has no compressor %s: import _ %q, or all drivers by site/all",
		c.Name, "github.com/jamsession/jamsession/site/"+c.Name)
}

// detect returns the compressor of a value, nil for none. No serializer makes of a
// dict what begins like this.
func detect(value []byte) *Compressor {
	if len(value) < 2 {
		return nil
	}
	compressorsLock.RLock()
	defer compressorsLock.RUnlock()
	for _, c := range compressors {
		if c.Magic != "" && bytes.HasPrefix(value, []byte(c.Magic)) {
			return c
		}
	}
	if IsZlib(value) {
		return compressors[0]
	}
	return nil
}

// IsZlib reports whether a value begins as zlib's do: with the window of 32 KiB,
// and a check of that.
func IsZlib(value []byte) bool {
	return len(value) > 1 && value[0] == 'x' && (int(value[0])<<8|int(value[1]))%31 == 0
}

// pack compresses a value that is long enough.
func (c *Compressor) pack(value []byte) []byte {
	if c == nil || len(value) <= c.MinLength {
		return value
	}
	packed, err := c.Compress(value)
	if err != nil {
		return value // which is read as well
	}
	return packed
}

// Pack compresses a value for Django, if the format says so.
func (f Format) Pack(value []byte) []byte { return f.Compressor.pack(value) }

// Unpack returns a value of Django's decompressed. One that was not compressed, or
// only looks so, is returned as it is, as in Django.
func Unpack(value []byte) ([]byte, error) {
	c := detect(value)
	if c == nil {
		return value, nil
	}
	if err := c.missing(); err != nil {
		return nil, fmt.Errorf("cachevalue: the value is compressed: %w", err)
	}
	data, err := c.Decompress(value, MaxSize)
	switch {
	case errors.Is(err, ErrTooLarge):
		return nil, err
	case err != nil:
		return value, nil
	}
	return data, nil
}
