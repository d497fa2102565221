package cachevalue_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/cachevalue"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/session"
)

var expiry = time.Date(2026, 11, 23, 12, 0, 0, 123456000, time.UTC)

// serialized is {"a": 1} as CPython writes it, with a frame and without, and dicts as others do.
var serialized = map[string]string{
	"frame":    "80059508000000000000007d948c0161944b01732e",
	"no frame": "80047d8c01614b01732e",
	"empty":    "80057d942e",
	"JSON":     "7b2261223a317d",
	"spaced":   "7b225c2261223a20312c20226222203a205b5d7d",
	"msgpack":  "81a16101",
	"sixteen":  "8fa16100a16201a16302a16403a16504a16605a16706a16807a16908a16a09a16b0aa16c0ba16d0ca16e0da16f0e",
}

// plain and djangos are the formats without a compressor.
var (
	plain   = cachevalue.Format{}
	djangos = cachevalue.Format{Django: true}
	formats = []cachevalue.Format{plain, djangos}
)

// isPacked reports whether a value is compressed: there is no one way to do that.
func isPacked(value []byte) bool {
	unpacked, err := cachevalue.Unpack(value)
	return err != nil || !bytes.Equal(unpacked, value)
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	for _, f := range formats {
		for name, text := range serialized {
			data := unhex(t, text)
			got, at, err := f.Open(f.Seal(data, expiry))
			if err != nil || !bytes.Equal(got, data) || !at.Equal(expiry) {
				t.Errorf("format %v, %s: got %x, %v", f, name, got, at)
			}
		}
	}
}

func TestValuesOfOtherProgramsSayNoExpiry(t *testing.T) {
	for _, f := range formats {
		for _, value := range []string{"", "J", "J1short", "123", "\x80", "\x80\x05", "\x80\x05}\x94."} {
			got, at, err := f.Open([]byte(value))
			if err != nil || string(got) != value || !at.IsZero() {
				t.Errorf("format %v, %q: got %q, %v", f, value, got, at)
			}
		}
	}
}

func TestDataThatIsNotAPickleIsKept(t *testing.T) {
	if got := djangos.Seal([]byte("text"), expiry); string(got) != "text" {
		t.Errorf("got %q", got)
	}
}

// loads prints what the value in its argument is, with the order of a dict. Where
// there is no msgpack, such values are left out.
const loads = `
import json, pickle, sys
value = bytes.fromhex(sys.argv[1])
if value[:1] == b"{":
    print(json.loads(value.decode()))
elif value[0] == 0x80:
    print(pickle.loads(value))
else:
    try:
        import msgpack
        print(msgpack.loads(value, raw=False))
    except ImportError:
        pass
`

// TestPythonLoadsWhatWasPickled: a stamp does not change what Python sees.
func TestPythonLoadsWhatWasPickled(t *testing.T) {
	python := djangotest.Python(t)
	for name, text := range serialized {
		value := djangos.Seal(unhex(t, text), expiry)
		load := func(hexText string) string {
			out, err := exec.CommandContext(t.Context(), python, "-c",
				loads, hexText).CombinedOutput()
			if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, out)
			}
			return strings.TrimSpace(string(out))
		}
		if bytes.Equal(value, unhex(t, text)) {
			t.Errorf("%s: the value does not say its expiry", name)
		}
		if got, want := load(hex.EncodeToString(value)), load(text); got != want {
			t.Errorf("%s: Python loads %s, want %s", name, got, want)
		}
	}
}

// TestWhatStandsTwiceIsNoExpiry, unless it is written as an expiry is.
func TestWhatStandsTwiceIsNoExpiry(t *testing.T) {
	for _, value := range []string{
		`{"a":"MDEyMzQ1Njc4OQ","a":1}`, `{"a":"c29tZXRoaW5nIGVsc2U","a":1}`, `{"a":"x","a":1}`, `{"a":"","a":1}`,
		"\x82\xa1a\xc4\x0a0123456789\xa1a\x01", "\x82\xa1a\xc4\x00\xa1a\x01",
	} {
		if data, at, err := djangos.Open([]byte(value)); err != nil || string(data) != value || !at.IsZero() {
			t.Errorf("%q: %q, %v, %v", value, data, at, err)
		}
	}
}

// endless is what a bomb becomes.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	return len(p), nil
}

// TestReadAllStops where it is told.
func TestReadAllStops(t *testing.T) {
	bomb := &endless{}
	if _, err := cachevalue.ReadAll(bomb, 1000); !errors.Is(err, cachevalue.ErrTooLarge) || bomb.read > 1001 {
		t.Errorf("%v after %d bytes", err, bomb.read)
	}
	if got, err := cachevalue.ReadAll(strings.NewReader("text"), 4); err != nil || string(got) != "text" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestACompressorThatIsNotLinked is named in the error, with its import, and the session
// is not lost.
func TestACompressorThatIsNotLinked(t *testing.T) {
	const lz4 = "\x04\x22\x4d\x18dhd"
	_, _, err := djangos.Open([]byte(lz4))
	if err == nil || errors.Is(err, session.ErrCorrupt) || !strings.Contains(err.Error(), `site/lz4"`) {
		t.Errorf("%v, want an error that names the import", err)
	}
	if _, err := cachevalue.CompressorOf("lz4"); err == nil || !strings.Contains(err.Error(), `site/lz4"`) {
		t.Errorf("%v, want an error that names the import", err)
	}
}

func FuzzOpen(f *testing.F) {
	for _, text := range serialized {
		data, _ := hex.DecodeString(text)
		f.Add(djangos.Seal(data, expiry))
		f.Add(plain.Seal(data, expiry))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		for _, format := range formats {
			data, at, err := format.Open(value)
			if err != nil || at.IsZero() || format.Django && isPacked(value) {
				continue
			}
			if again := format.Seal(data, at); !bytes.Equal(again, value) {
				t.Errorf("format %v: %x becomes %x", format, value, again)
			}
		}
	})
}
