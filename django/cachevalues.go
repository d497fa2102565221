package django

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/internal/cachevalue"
	"github.com/jamsession/jamsession/internal/pickle"
	_ "github.com/jamsession/jamsession/internal/zlibs" // compresses
	"github.com/jamsession/jamsession/session"
)

// CacheValues returns the codec of the engine cache as [Pickled], for a Django
// whose cache has other values: those of django-redis with a SERIALIZER "pickle",
// "json" or "msgpack", and a COMPRESSOR "none", "zlib", "gzip", "lzma", "zstd" or "lz4".
// The stores of sessions in caches compress what it encodes. In a JSON or msgpack
// value the first name stands twice, which Python does not see: the first of them has
// the expiry.
//
// The codec writes what it is told, and reads all of them, since the bytes tell. It
// differs from Pickled in what it can write: no integer of more than 64 bits, nor a
// lone surrogate, as msgpack. What a pickle holds that JSON has no word for would be
// lost in another form; such a session stays a pickle, and likewise one that is
// msgpack with bytes in it.
//
// The last three compressors are linked only if the program imports package
// site/lzma, site/zstd, site/lz4, or site/all. The error lists the names that there are,
// or names the import.
func CacheValues(serializer, compressor string) (session.Codec, error) {
	if !slices.Contains(serializers, serializer) {
		return nil, fmt.Errorf("django: CacheValues: there is no serializer %q; there are %s",
			serializer, strings.Join(serializers, ", "))
	}
	c, err := cachevalue.CompressorOf(compressor)
	if err != nil {
		return nil, fmt.Errorf("django: CacheValues: %w", err)
	}
	return cacheValues{serializer, c}, nil
}

// The serializers, by the names of django-redis' modules.
const (
	asPickle  = "pickle"
	asJSON    = "json"
	asMsgpack = "msgpack"
)

var serializers = []string{asPickle, asJSON, asMsgpack}

type cacheValues struct {
	serializer string
	compressor *cachevalue.Compressor // nil: none
}

// CacheFormat implements [cachevalue.Formatted].
func (c cacheValues) CacheFormat() cachevalue.Format {
	return cachevalue.Format{Django: true, Compressor: c.compressor}
}

// Serializer is for the stores whose clients have no other than "pickle".
func (c cacheValues) Serializer() string { return c.serializer }

// MakesText implements [session.Codec]: it can be any bytes.
func (cacheValues) MakesText() bool { return false }

// Encode implements [session.Codec].
func (c cacheValues) Encode(items []byte) ([]byte, error) {
	switch c.serializer {
	case asJSON:
		return items, nil
	case asMsgpack:
		return encodeMsgpack(nil, items)
	}
	return encode(nil, items)
}

// EncodeOver implements [session.Codec].
func (c cacheValues) EncodeOver(old, items []byte) ([]byte, error) {
	was := serializerOf(old)
	if was == asJSON || was != c.serializer && isPlain(old, was) {
		return c.Encode(items)
	}
	if was == asMsgpack {
		return encodeMsgpackOver(old, items)
	}
	return pickled{}.EncodeOver(old, items)
}

// isPlain reports whether nothing is lost if data becomes JSON: it has words for all of
// it, or the data is damaged.
func isPlain(data []byte, serializer string) bool {
	if serializer == asMsgpack {
		m, err := loadMap(data)
		return m.Plain || errors.Is(err, session.ErrCorrupt)
	}
	dict, err := loadDict(data)
	return err == nil && pickle.IsPlain(dict) || errors.Is(err, session.ErrCorrupt)
}

// Decode implements [session.Codec].
func (cacheValues) Decode(data []byte) ([]byte, error) {
	switch serializerOf(data) {
	case asJSON:
		return decodeJSON(data)
	case asMsgpack:
		return decodeMsgpack(data)
	}
	return pickled{}.Decode(data)
}

// serializerOf returns what made a dict these bytes. A pickle of protocol 2 or newer
// is longer than msgpack's empty map, and begins with the same byte; older ones begin
// with opcodes that neither of the others does.
func serializerOf(data []byte) string {
	trimmed := bytes.TrimLeft(data, " \t\r\n")
	switch {
	case len(trimmed) == 0:
	case trimmed[0] == '{':
		return asJSON
	case len(data) == 1 && data[0] == 0x80, data[0] > 0x80 && data[0] < 0x90,
		data[0] == 0xde, data[0] == 0xdf:
		return asMsgpack
	}
	return asPickle
}
