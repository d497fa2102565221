package django_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/internal/vectors"
	"github.com/jamsession/jamsession/session"
)

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// preserver is the codec of pickles with what only it has.
type preserver interface {
	session.Codec
	EncodeOver(old, items []byte) ([]byte, error)
}

// checkPickle holds a dict that Python pickled to its JSON, in both
// directions. Other roots are corrupt.
func checkPickle(t *testing.T, pickled []byte, items string) {
	t.Helper()
	codec := django.Pickled().(preserver)
	got, err := codec.Decode(pickled)
	if !strings.HasPrefix(items, "{") {
		if !errors.Is(err, session.ErrCorrupt) {
			t.Errorf("Decode: %s, %v; want ErrCorrupt", got, err)
		}
		return
	}
	if err != nil || string(got) != items {
		t.Errorf("Decode: %s, %v; want %s", got, err, items)
	}
	for name, encode := range map[string]func() ([]byte, error){
		"Encode":     func() ([]byte, error) { return codec.Encode([]byte(items)) },
		"EncodeOver": func() ([]byte, error) { return codec.EncodeOver(pickled, []byte(items)) },
	} {
		data, err := encode()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if again, err := codec.Decode(data); err != nil || string(again) != items {
			t.Errorf("%s: decoded again %s, %v; want %s", name, again, err, items)
		}
	}
}

func inflate(t *testing.T, packed []byte) []byte {
	t.Helper()
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// notJSON are the cases whose answer Python's json module could not give, and
// what they look like here.
var notJSON = map[string]string{
	"session_with_datetime_expiry_aware": `{"_session_expiry":"2030-01-01T12:30:15.123456+00:00"}`,
	"session_with_datetime_expiry_naive": `{"_session_expiry":"2030-01-01T00:00:00"}`,
	"int_keys":                           `{}`,
	"tuple_set_bytes": `{"t":[1,2],"t1":[1],"t0":[],"t3":[1,2,3],"t4":[1,2,3,4],` +
		`"s":[1],"fs":[1],"b":"cmF3","ba":"eA=="}`,
	"bytes": "",
}

func TestVectorsPickle(t *testing.T) {
	vectors.Run(t, "pickle", func(t *testing.T, c vectors.Case) {
		var in struct{}
		var want struct {
			Pickle string `json:"pickle_hex"`
			JSON   string `json:"json"`
		}
		c.Decode(t, &in, &want)
		name, _, _ := strings.Cut(c.Name, " ")
		if shown, ok := notJSON[name]; ok {
			want.JSON = shown
		}
		checkPickle(t, unhex(t, want.Pickle), want.JSON)
	})
}

func TestVectorsPickleLarge(t *testing.T) {
	vectors.Run(t, "pickle_large", func(t *testing.T, c vectors.Case) {
		var in struct{}
		var want struct {
			Length int
			Pickle string `json:"pickle_zlib_b64"`
		}
		c.Decode(t, &in, &want)
		packed, err := base64.StdEncoding.DecodeString(want.Pickle)
		if err != nil {
			t.Fatal(err)
		}
		pickled := inflate(t, packed)
		if len(pickled) != want.Length {
			t.Fatalf("%d bytes, want %d", len(pickled), want.Length)
		}
		items, err := django.Pickled().Decode(pickled)
		if err != nil {
			t.Fatal(err)
		}
		checkPickle(t, pickled, string(items))
	})
}

// TestVectorsRedisValue: of what a Redis cache of Django holds, the sessions
// can be read, and all else is corrupt.
func TestVectorsRedisValue(t *testing.T) {
	vectors.Run(t, "redis_value", func(t *testing.T, c vectors.Case) {
		var in struct {
			Repr string `json:"python_repr"`
		}
		var want struct {
			Stored string `json:"stored_hex"`
		}
		c.Decode(t, &in, &want)
		checkPickle(t, unhex(t, want.Stored), reprJSON(in.Repr))
	})
}

func TestVectorsRedisValueLoad(t *testing.T) {
	vectors.Run(t, "redis_value_load", func(t *testing.T, c vectors.Case) {
		var in struct {
			Stored string `json:"stored_hex"`
		}
		var want struct{}
		c.Decode(t, &in, &want)
		checkPickle(t, unhex(t, in.Stored), "") // none of them is a session
	})
}

func TestVectorsPymemcacheValue(t *testing.T) {
	vectors.Run(t, "pymemcache_value", func(t *testing.T, c vectors.Case) {
		var in struct {
			Repr string `json:"python_repr"`
		}
		var want struct {
			Stored string `json:"stored_hex"`
		}
		c.Decode(t, &in, &want)
		checkPickle(t, unhex(t, want.Stored), reprJSON(in.Repr))
	})
}

// reprJSON returns the JSON of a dict of the vectors, from Python's repr.
func reprJSON(repr string) string {
	if !strings.HasPrefix(repr, "{") {
		return ""
	}
	return strings.NewReplacer("'", `"`, ": ", ":", ", ", ",").Replace(repr)
}

func TestVectorsDBCacheValue(t *testing.T) {
	vectors.Run(t, "db_cache_value", func(t *testing.T, c vectors.Case) {
		var in struct {
			Repr string `json:"python_repr"`
		}
		var want struct {
			Column string `json:"value_column"`
		}
		c.Decode(t, &in, &want)
		pickled, err := base64.StdEncoding.DecodeString(want.Column)
		if err != nil {
			t.Fatal(err)
		}
		checkPickle(t, pickled, reprJSON(in.Repr))
	})
}

func TestVectorsFileCacheValue(t *testing.T) {
	vectors.Run(t, "file_cache_value", func(t *testing.T, c vectors.Case) {
		var in struct {
			Repr string `json:"python_repr"`
		}
		var want struct {
			File   string `json:"file_hex"`
			Expiry string `json:"expiry_pickle_hex"`
		}
		c.Decode(t, &in, &want)
		packed, ok := strings.CutPrefix(want.File, want.Expiry)
		if !ok {
			t.Fatal("the file does not begin with the expiry")
		}
		checkPickle(t, inflate(t, unhex(t, packed)), reprJSON(in.Repr))
	})
}

func TestVectorsCacheKey(t *testing.T) {
	vectors.Run(t, "cache_key", func(t *testing.T, c vectors.Case) {
		var in struct {
			Key     string `json:"key"`
			Prefix  string `json:"KEY_PREFIX"`
			Version int    `json:"VERSION"`
		}
		var want struct {
			Full string `json:"full_key"`
		}
		c.Decode(t, &in, &want)
		got := django.CacheKey(in.Prefix, in.Version, in.Key)
		if got != want.Full {
			t.Errorf("got %q, want %q", got, want.Full)
		}
	})
}

// pythonPickle returns what Python pickles.
func pythonPickle(t *testing.T, expression string) []byte {
	t.Helper()
	return unhex(t, python(t, "import datetime, decimal, pickle; print(pickle.dumps("+expression+").hex())"))
}

func python(t *testing.T, script string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), djangotest.Python(t), append([]string{"-c", script}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// TestPickledKeepsPythonTypes of what is not changed, and of nothing else.
func TestPickledKeepsPythonTypes(t *testing.T) {
	old := pythonPickle(t, `{"t": (1, 2), "when": datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc), `+
		`"n": 1, "raw": b"\xff", 7: "unnamed", "l": [(1,)]}`)
	codec := django.Pickled().(preserver)
	items, err := codec.Decode(old)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"t":[1,2],"when":"2030-01-01T00:00:00+00:00","n":1,"raw":"/w==","l":[[1]]}`
	if string(items) != want {
		t.Fatalf("Decode: %s, want %s", items, want)
	}
	changed := strings.NewReplacer(`"n":1`, `"n":2,"new":{"a":[1.0]}`, `[[1]]`, `[[2]]`).Replace(want)
	data, err := codec.EncodeOver(old, []byte(changed))
	if err != nil {
		t.Fatal(err)
	}
	got := python(t, "import pickle, sys; print(pickle.loads(bytes.fromhex(sys.argv[1])))", hex.EncodeToString(data))
	const wantRepr = `{'t': (1, 2), 'when': datetime.datetime(2030, 1, 1, 0, 0, tzinfo=datetime.timezone.utc), ` +
		`'n': 2, 'new': {'a': [1.0]}, 'raw': b'\xff', 'l': [[2]], 7: 'unnamed'}`
	if got != wantRepr {
		t.Errorf("Python loads\n%s\nwant\n%s", got, wantRepr)
	}
}

// TestPickledRefusesWhatItCannotRead, names the item and its type, and does
// not call it corrupt: the session would be lost.
func TestPickledRefusesWhatItCannotRead(t *testing.T) {
	old := pythonPickle(t, `{"n": 1, "price": decimal.Decimal("9.99")}`)
	codec := django.Pickled().(preserver)
	for name, do := range map[string]func() ([]byte, error){
		"Decode":     func() ([]byte, error) { return codec.Decode(old) },
		"EncodeOver": func() ([]byte, error) { return codec.EncodeOver(old, []byte(`{"price":1}`)) },
	} {
		_, err := do()
		if err == nil || errors.Is(err, session.ErrCorrupt) ||
			!strings.Contains(err.Error(), `item "price": "decimal.Decimal" is not readable`) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	unnamed := pythonPickle(t, `{"n": 1, 7: decimal.Decimal("9.99")}`)
	if _, err := codec.EncodeOver(unnamed, []byte(`{"n":2}`)); err == nil ||
		!strings.Contains(err.Error(), `key of type int: "decimal.Decimal" cannot be written`) {
		t.Errorf("EncodeOver of an unnamed item: %v", err)
	}
	if data, err := codec.EncodeOver([]byte("no pickle"), []byte(`{"n":2}`)); err != nil || len(data) == 0 {
		t.Errorf("EncodeOver over damaged data: %v", err)
	}
}

// TestPickleOfSigned: what Django's cached_db has in the database, and what it has
// in the cache.
func TestPickleOfSigned(t *testing.T) {
	signed := noerror.In(django.Signed(secrettest.Keys(siteKey)))
	repickle := signed.(interface{ Pickle([]byte) ([]byte, error) }).Pickle
	data, err := signed.Encode([]byte(`{"a":1,"b":[1.0,null]}`))
	if err != nil {
		t.Fatal(err)
	}
	pickled, err := repickle(data)
	if err != nil {
		t.Fatal(err)
	}
	checkPickle(t, pickled, `{"a":1,"b":[1.0,null]}`)
	if _, err := repickle([]byte("forged")); !errors.Is(err, session.ErrCorrupt) {
		t.Errorf("Pickle of forged data: %v", err)
	}
}

func FuzzPickled(f *testing.F) {
	f.Add([]byte("\x80\x04}q\x00X\x01\x00\x00\x00aK\x01s."), []byte(`{"a":1}`))
	f.Add([]byte("\x80\x04}(\x8c\x01aK\x01\x85K\x07Nu."), []byte(`{"a":[1],"b":"\ud800"}`))
	codec := django.Pickled().(preserver)
	f.Fuzz(func(t *testing.T, old, items []byte) {
		text, err := codec.Decode(old)
		if err == nil {
			data, err := codec.EncodeOver(old, text)
			if err != nil {
				t.Fatalf("what was read cannot be written: %v", err)
			}
			if again, err := codec.Decode(data); err != nil || string(again) != string(text) {
				t.Errorf("%s becomes %s, %v", text, again, err)
			}
		}
		data, err := codec.EncodeOver(old, items)
		if err != nil {
			return
		}
		if _, err := codec.Decode(data); err != nil {
			t.Errorf("what was written cannot be read: %v", err)
		}
	})
}

// TestPickledWritesNothingThatItCannotRead: what would be too large to read is
// refused when it is written, and not at the visitor's next request.
func TestPickledWritesNothingThatItCannotRead(t *testing.T) {
	codec := django.Pickled()
	for name, items := range map[string]string{
		"8 million numbers":        `{"n":[0` + strings.Repeat(",0", 8_000_000) + `]}`,
		"4 million floats":         `{"n":[0.0` + strings.Repeat(",0.0", 4_000_000) + `]}`,
		"a million and 5000 dicts": `{"n":[{}` + strings.Repeat(",{}", 1_053_000) + `]}`,
	} {
		if _, err := codec.Encode([]byte(items)); !errors.Is(err, session.ErrTooLarge) {
			t.Errorf("Encode of %s: error %v, want ErrTooLarge", name, err)
		}
	}
	items := []byte(`{"n":[1` + strings.Repeat(",1", 900_000) + `],"t":"` + strings.Repeat("x", 1<<20) + `"}`)
	data, err := codec.Encode(items)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := codec.Decode(data); err != nil || !bytes.Equal(again, items) {
		t.Errorf("what was written cannot be read: %v", err)
	}
}

// TestPickledRefusesBombs as too large, not as corrupt: whatever was meant, it
// is not thrown away.
func TestPickledRefusesBombs(t *testing.T) {
	integer := "\x8b\x00\x07\x00\x00" + strings.Repeat("x", 0x700)
	for name, bomb := range map[string]string{
		"a large integer as many keys": "}" + integer + "q\x000(" + strings.Repeat("}h\x00Ns", 128<<10) + "l.",
		"15 MiB of None":               "}\x8c\x01a(" + strings.Repeat("N", 15<<20) + "ls.",
		"a text that is shown often":   "}\x8c\x01aX\x00\x00\x10\x00" + strings.Repeat("x", 1<<20) + "q\x000(" + strings.Repeat("h\x00", 1000) + "ts.",
	} {
		codec := django.Pickled().(preserver)
		_, err := codec.Decode([]byte(bomb))
		if _, over := codec.EncodeOver([]byte(bomb), []byte(`{}`)); !errors.Is(err, session.ErrTooLarge) || !errors.Is(over, session.ErrTooLarge) {
			t.Errorf("%s: Decode %v, EncodeOver %v, want ErrTooLarge", name, err, over)
		}
	}
}
