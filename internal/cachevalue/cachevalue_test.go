package cachevalue_test

import (
	"bytes"
	"encoding/hex"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/cachevalue"
	"github.com/jamsession/jamsession/internal/djangotest"
)

var expiry = time.Date(2026, 11, 23, 12, 0, 0, 123456000, time.UTC)

// pickled is {"a": 1} as CPython writes it, with a frame and without.
var pickled = map[string]string{
	"frame":    "80059508000000000000007d948c0161944b01732e",
	"no frame": "80047d8c01614b01732e",
	"empty":    "80057d942e",
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
	for _, f := range []cachevalue.Format{cachevalue.Plain, cachevalue.Django} {
		for name, text := range pickled {
			data := unhex(t, text)
			got, at := f.Open(f.Seal(data, expiry))
			if !bytes.Equal(got, data) || !at.Equal(expiry) {
				t.Errorf("format %d, %s: got %x, %v", f, name, got, at)
			}
		}
	}
}

func TestValuesOfOtherProgramsSayNoExpiry(t *testing.T) {
	for _, f := range []cachevalue.Format{cachevalue.Plain, cachevalue.Django} {
		for _, value := range []string{"", "J", "J1short", "123", "\x80", "\x80\x05", "\x80\x05}\x94."} {
			got, at := f.Open([]byte(value))
			if string(got) != value || !at.IsZero() {
				t.Errorf("format %d, %q: got %q, %v", f, value, got, at)
			}
		}
	}
}

func TestDataThatIsNotAPickleIsKept(t *testing.T) {
	if got := cachevalue.Django.Seal([]byte("text"), expiry); string(got) != "text" {
		t.Errorf("got %q", got)
	}
}

// TestPythonLoadsWhatWasPickled: a stamp does not change what Python sees.
func TestPythonLoadsWhatWasPickled(t *testing.T) {
	python := djangotest.Python(t)
	for name, text := range pickled {
		value := cachevalue.Django.Seal(unhex(t, text), expiry)
		load := func(hexText string) string {
			out, err := exec.CommandContext(t.Context(), python, "-c",
				"import pickle, sys; print(pickle.loads(bytes.fromhex(sys.argv[1])))", hexText).CombinedOutput()
			if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, out)
			}
			return strings.TrimSpace(string(out))
		}
		if got, want := load(hex.EncodeToString(value)), load(text); got != want {
			t.Errorf("%s: Python loads %s, want %s", name, got, want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, text := range pickled {
		data, _ := hex.DecodeString(text)
		f.Add(cachevalue.Django.Seal(data, expiry))
		f.Add(cachevalue.Plain.Seal(data, expiry))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		for _, format := range []cachevalue.Format{cachevalue.Plain, cachevalue.Django} {
			data, at := format.Open(value)
			if at.IsZero() {
				continue
			}
			if again := format.Seal(data, at); !bytes.Equal(again, value) {
				t.Errorf("format %d: %x becomes %x", format, value, again)
			}
		}
	})
}
