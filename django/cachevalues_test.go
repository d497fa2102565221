package django_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/cachevalue"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
	_ "github.com/jamsession/jamsession/site/lz4"
	_ "github.com/jamsession/jamsession/site/lzma"
	_ "github.com/jamsession/jamsession/site/zstd"
)

// recorded are values that django-redis has made; make.py beside them did it.
type recorded struct {
	Sessions map[string]json.RawMessage
	Values   []struct{ Serializer, Compressor, Session, Value string }
}

func readRecorded(t testing.TB) (r recorded) {
	t.Helper()
	data, err := os.ReadFile("testdata/cachevalues/values.json")
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil || len(r.Values) < 90 {
		t.Fatalf("%d values, %v", len(r.Values), err)
	}
	return r
}

// parsed returns what a JSON text says, with its numbers as they stand.
func parsed(t testing.TB, text []byte) (v any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v: %.200s", err, text)
	}
	return v
}

// TestValuesOfDjangoRedis are read whatever the codec was told, and written as Python
// writes them.
func TestValuesOfDjangoRedis(t *testing.T) {
	all := readRecorded(t)
	codec := noerror.In(django.CacheValues("json", "none"))
	for _, v := range all.Values {
		name := v.Serializer + ", " + v.Compressor + ", " + v.Session
		data, expiry, err := cachevalue.For(codec).Open(unhex(t, v.Value))
		if err != nil || !expiry.IsZero() {
			t.Errorf("%s: %v, %v", name, expiry, err)
			continue
		}
		items, err := codec.Decode(data)
		want := parsed(t, all.Sessions[v.Session])
		if err != nil || !reflect.DeepEqual(parsed(t, items), want) {
			t.Errorf("%s: %.200s, %v", name, items, err)
		}
		if v.Serializer != "msgpack" {
			continue
		}
		again, err := noerror.In(django.CacheValues("msgpack", "none")).Encode(items)
		if err != nil || !bytes.Equal(again, data) {
			t.Errorf("%s: written as %.200x, %v; want %.200x", name, again, err, data)
		}
	}
}

// TestEachFormReadsEachOther: what is sealed in one form comes back, with its expiry, by a
// codec that was told any other.
func TestEachFormReadsEachOther(t *testing.T) {
	all := readRecorded(t)
	expiry := time.Date(2026, 11, 23, 12, 0, 0, 123456000, time.UTC)
	reader := noerror.In(django.CacheValues("pickle", "none"))
	for _, serializer := range []string{"pickle", "json", "msgpack"} {
		for _, compressor := range cachevalue.CompressorNames() {
			codec := noerror.In(django.CacheValues(serializer, compressor))
			for name, text := range all.Sessions {
				data, err := codec.Encode(text)
				if err != nil {
					t.Errorf("%s, %s, %s: %v", serializer, compressor, name, err)
					continue
				}
				value := cachevalue.For(codec).Seal(data, expiry)
				if compressor != "none" && name == "large" && len(value) > len(data)/10 {
					t.Errorf("%s, %s: %d bytes are %d compressed", serializer, compressor, len(data), len(value))
				}
				got, at, err := cachevalue.For(reader).Open(value)
				said := at.Equal(expiry) || name == "empty" && serializer != "pickle" // has no name
				if err != nil || !bytes.Equal(got, data) || !said {
					t.Errorf("%s, %s, %s: %.100q, %v, %v", serializer, compressor, name, got, at, err)
				}
				items, err := reader.Decode(got)
				if err != nil || !reflect.DeepEqual(parsed(t, items), parsed(t, text)) {
					t.Errorf("%s, %s, %s: decoded as %.200s, %v", serializer, compressor, name, items, err)
				}
			}
		}
	}
}

// TestCacheValuesKeepWhatJSONCannotSay: an item that has not changed keeps its type, and a
// session with such an item its form; all others take the form that the codec was told.
func TestCacheValuesKeepWhatJSONCannotSay(t *testing.T) {
	const (
		tuple   = "\x80\x04}(\x8c\x01aK\x01\x85\x8c\x01bK\x02u." // {"a": (1,), "b": 2}
		plain   = "\x80\x04}(\x8c\x01aK\x01u."
		bin     = "\x82\xa1a\xc4\x01x\xa1b\x02" // {"a": b"x", "b": 2}
		float32 = "\x81\xa1a\xca\x3f\xc0\x00\x00"
		wide    = "\x81\xa1a\xcd\x00\x01" // {"a": 1}, not as Python writes it
	)
	for _, c := range []struct{ to, old, items, want string }{
		{"json", tuple, `{"a":[1],"b":3}`, "\x80\x04}(\x8c\x01a(K\x01t\x8c\x01bK\x03u."},
		{"json", plain, `{"a":2}`, `{"a":2}`},
		{"json", bin, `{"a":"eA==","b":3}`, "\x82\xa1a\xc4\x01x\xa1b\x03"},
		{"json", "damaged", `{"a":2}`, `{"a":2}`},
		{"json", "\x81\xa9damaged", `{"a":2}`, `{"a":2}`},
		{"json", `{"a": 1}`, `{"a":2}`, `{"a":2}`},
		{"msgpack", bin, `{"b":3,"a":"eA=="}`, "\x82\xa1b\x03\xa1a\xc4\x01x"},
		{"msgpack", float32, `{"a":1.5}`, float32},
		{"msgpack", wide, `{"a":1}`, wide},
		{"msgpack", wide, `{"a":2}`, "\x81\xa1a\x02"},
		{"msgpack", plain, `{"a":2}`, "\x81\xa1a\x02"},
		{"pickle", `{"a": 1}`, `{"a":2}`, "\x80\x04}(\x8c\x01aK\x02u."},
		{"pickle", wide, `{"a":2}`, "\x80\x04}(\x8c\x01aK\x02u."},
	} {
		codec := noerror.In(django.CacheValues(c.to, "none")).(preserver)
		got, err := codec.EncodeOver([]byte(c.old), []byte(c.items))
		if err != nil || string(got) != c.want {
			t.Errorf("%s over %q: %q, %v; want %q", c.to, c.old, got, err, c.want)
		}
	}
}

// TestCacheValuesErrors say what is wrong, and whether the session is lost.
func TestCacheValuesErrors(t *testing.T) {
	for _, c := range []struct{ serializer, compressor, want string }{
		{"yaml", "none", "pickle, json, msgpack"},
		{"json", "brotli", "none, zlib, gzip, lzma, zstd, lz4"},
	} {
		_, err := django.CacheValues(c.serializer, c.compressor)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %s: %v, want an error with %q", c.serializer, c.compressor, err, c.want)
		}
	}
	codec := noerror.In(django.CacheValues("msgpack", "none"))
	for items, want := range map[string]string{
		`{"a":18446744073709551616}`: `item "a"`, `{"a":"\ud800"}`: `item "a"`, `{"\ud800":1}`: "surrogate",
	} {
		if _, err := codec.Encode([]byte(items)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Encode(%s): %v, want an error with %q", items, err, want)
		}
	}
	for data, corrupt := range map[string]bool{
		"":                                true,
		"\x81":                            true,
		"\x81\xa1a":                       true,
		"\x81\xa1a\x01\x01":               true,
		"\x81\xa1a\xc1":                   true,
		"\x81\xa1\xff\x01":                true,
		"\xde\xff\xff\xa1a\x01":           true,
		"\xdf\xff\xff\xff\xff":            true,
		"\x81\xa1a\xdd\xff\xff\xff\xff":   true,
		"\x81\xa1a\xc6\xff\xff\xff\xff":   true,
		"{\"a\":\"\xff\"}":                true,
		"\x81\x01\x01":                    false, // a key that is not a text
		"\x81\xa1a\xd4\xff\x00":           false, // an extension
		"\x81\xa1a" + nested("\x91", 100): false,
	} {
		_, err := codec.Decode([]byte(data))
		if err == nil || errors.Is(err, session.ErrCorrupt) != corrupt {
			t.Errorf("Decode(%.30q): %v; corrupt: want %t", data, err, corrupt)
		}
	}
	if got, err := codec.Decode([]byte("{\"a\": \"\u20ac\"}")); err != nil || string(got) != `{"a": "\u20ac"}` {
		t.Errorf("JSON beyond ASCII: %s, %v", got, err)
	}
}

func nested(open string, n int) string { return strings.Repeat(open, n) + "\x01" }

// TestBombs: a value that becomes too large is refused, and costs no more than what is
// allowed; the session is not lost.
func TestBombs(t *testing.T) {
	for _, compressor := range cachevalue.CompressorNames()[1:] {
		codec := noerror.In(django.CacheValues("json", compressor))
		format := cachevalue.For(codec)
		fits := format.Pack([]byte(`{"a":"` + strings.Repeat("x", cachevalue.MaxSize-8) + `"}`))
		if _, _, err := format.Open(fits); err != nil {
			t.Errorf("%s: %v", compressor, err)
		}
		bomb := format.Pack(bytes.Repeat([]byte("x"), cachevalue.MaxSize+1))
		if len(bomb) > cachevalue.MaxSize/100 {
			t.Fatalf("%s: not compressed", compressor)
		}
		if _, _, err := format.Open(bomb); !errors.Is(err, session.ErrTooLarge) {
			t.Errorf("%s: %v, want ErrTooLarge", compressor, err)
		}
	}
}

// FuzzCacheValues: no value makes a codec panic, and what is read is written, and read
// again as the same.
func FuzzCacheValues(f *testing.F) {
	for _, v := range readRecorded(f).Values {
		if value, _ := hex.DecodeString(v.Value); len(value) < 2000 {
			f.Add(value)
		}
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		for _, serializer := range []string{"pickle", "json", "msgpack"} {
			codec := noerror.In(django.CacheValues(serializer, "none")).(preserver)
			data, _, err := cachevalue.For(codec).Open(value)
			if err != nil {
				continue
			}
			items, err := codec.Decode(data)
			if err != nil {
				continue
			}
			again, err := codec.EncodeOver(data, items)
			if err != nil {
				continue // such as a number that msgpack cannot write
			}
			if got, err := codec.Decode(again); err != nil || serializer != "json" && !equalItems(got, items) {
				t.Errorf("%s: %.200s becomes %.200s, %v", serializer, items, got, err)
			}
		}
	})
}

func equalItems(a, b []byte) bool { return bytes.Equal(squeeze(a), squeeze(b)) }

// squeeze removes white space and repeated names by decoding, and keeps what is not JSON
// for Go, such as NaN.
func squeeze(text []byte) []byte {
	var v any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return nil
	}
	out, _ := json.Marshal(v)
	return out
}
