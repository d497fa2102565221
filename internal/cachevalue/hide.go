package cachevalue

import (
	"bytes"
	"encoding/base64"
	"time"

	"github.com/jamsession/jamsession/internal/msgpack"
)

// Hide returns a JSON object, or a map of MessagePack, that also holds an expiry and
// perhaps a record, which Python does not see: its first name stands there twice, and the
// last value counts. It reports whether it could: an empty one has no name.
//
//	{"a":"Sj…","a":1,"b":2}
//
// Neither of Python's modules writes a name twice in this form.
func Hide(data []byte, expiry time.Time, record []byte) ([]byte, bool) {
	hidden := appendHeader(make([]byte, 0, headerSize+len(record)), expiry)
	hidden = append(hidden, record...)
	if name, ok := firstOfJSON(data); ok {
		room := len(data) + len(name) + base64.RawStdEncoding.EncodedLen(len(hidden)) + len(`:"",`)
		value := make([]byte, 0, room)
		value = append(append(value, '{'), name...)
		value = base64.RawStdEncoding.AppendEncode(append(value, `:"`...), hidden)
		return append(append(value, `",`...), data[1:]...), true
	}
	if n, name, rest, ok := msgpack.First(data); ok {
		value := make([]byte, 0, len(data)+len(name)+len(hidden)+2*len("\xdf1234"))
		value = append(msgpack.AppendMap(value, n+1), name...)
		return append(append(msgpack.AppendBin(value, hidden), name...), rest...), true
	}
	return nil, false
}

// Reveal returns what [Hide] was given, and reports whether value is of Hide.
func Reveal(value []byte) (data []byte, expiry time.Time, record []byte, ok bool) {
	data, hidden, ok := reveal(value)
	if !ok || !hasHeader(hidden) {
		return nil, time.Time{}, nil, false
	}
	return data, instant(hidden[len(header):]), hidden[headerSize:], true
}

func reveal(value []byte) (data, hidden []byte, ok bool) {
	if name, ok := firstOfJSON(value); ok {
		return revealJSON(value, name)
	}
	n, name, rest, ok := msgpack.First(value)
	if !ok || n < 2 {
		return nil, nil, false
	}
	written := rest
	hidden, rest, ok = msgpack.Bin(rest)
	if !ok || !bytes.HasPrefix(written, msgpack.AppendBin(nil, hidden)) || !bytes.HasPrefix(rest, name) {
		return nil, nil, false
	}
	data = append(msgpack.AppendMap(nil, n-1), rest...)
	_, _, _, ok = msgpack.First(data) // or its length is a lie
	return data, hidden, ok
}

func revealJSON(value, name []byte) (data, hidden []byte, ok bool) {
	rest, ok := bytes.CutPrefix(value[1+len(name):], []byte(`:"`))
	if !ok {
		return nil, nil, false
	}
	text, rest, ok := bytes.Cut(rest, []byte(`",`))
	if !ok || !bytes.HasPrefix(rest, name) || !bytes.HasPrefix(rest[len(name):], []byte(":")) {
		return nil, nil, false
	}
	hidden, err := base64.RawStdEncoding.Strict().AppendDecode(nil, text)
	if err != nil {
		return nil, nil, false
	}
	return append([]byte{'{'}, rest...), hidden, true
}

// firstOfJSON returns the first name of an object, in its quotes.
func firstOfJSON(data []byte) ([]byte, bool) {
	if !bytes.HasPrefix(data, []byte(`{"`)) {
		return nil, false
	}
	for i := len(`{"`); i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return data[1 : i+1], true
		}
	}
	return nil, false
}
