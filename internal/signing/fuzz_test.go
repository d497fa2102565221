package signing_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/signing"
)

// FuzzLoads holds that what is accepted is what we made: all that the fuzzer
// makes of it is refused.
func FuzzLoads(f *testing.F) {
	s := signing.New("salt", keys)
	made := map[string]string{}
	for _, payload := range []string{"", "{}", `{"a":1}`, strings.Repeat("ab", 100)} {
		for _, compress := range []bool{false, true} {
			signed := s.Dumps([]byte(payload), compress)
			made[string(signed)] = payload
			f.Add(signed)
		}
	}
	f.Add([]byte(":"))
	f.Add([]byte("e30:1r31eq:" + strings.Repeat("A", 43)))
	f.Fuzz(func(t *testing.T, signed []byte) {
		payload, err := s.Loads(signed, signing.NoMaxAge, 1<<20)
		want, ours := made[string(signed)]
		switch {
		case ours && (err != nil || string(payload) != want):
			t.Errorf("got %q, %v for our own %q", payload, err, signed)
		case !ours && !errors.Is(err, signing.ErrBadSignature):
			t.Errorf("got %q, %v for the forged %q", payload, err, signed)
		}
	})
}

// FuzzInflate signs what the fuzzer makes of zlib data, and compares with the
// standard library.
func FuzzInflate(f *testing.F) {
	const maxSize = 64 << 10
	for _, text := range []string{"", "{}", strings.Repeat("ab", 1000), strings.Repeat("x", maxSize+1)} {
		var out bytes.Buffer
		w := zlib.NewWriter(&out)
		if _, err := io.WriteString(w, text); err != nil {
			f.Fatal(err)
		}
		if err := w.Close(); err != nil {
			f.Fatal(err)
		}
		f.Add(out.Bytes())
		f.Add(append(out.Bytes(), "more"...))
		f.Add(out.Bytes()[:out.Len()-1])
	}
	s := signing.New("salt", keys)
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := s.Loads([]byte(s.SignTime("."+encode(data))), signing.NoMaxAge, maxSize)
		want, wantErr := standardInflate(data, maxSize+1)
		if len(want) > maxSize {
			if err == nil {
				t.Errorf("accepted %d bytes of at most %d", len(got), maxSize)
			}
			return
		}
		if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
			t.Errorf("got %q, %v, want %q, %v", got, err, want, wantErr)
		}
		if err != nil && !errors.Is(err, signing.ErrMalformed) {
			t.Errorf("got %v for bad zlib data", err)
		}
	})
}

func standardInflate(data []byte, maxSize int64) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, maxSize))
}

// FuzzBase62 holds that what is read is what is written.
func FuzzBase62(f *testing.F) {
	for _, text := range []string{"0", "-0", "1r31eq", "AzL8n0Y58m7", "-AzL8n0Y58m8", "zzzzzzzzzzzz", "-", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := signing.ParseBase62(text)
		if err != nil {
			return
		}
		back := string(signing.AppendBase62(nil, n))
		digits, negative := strings.CutPrefix(text, "-")
		want := strings.TrimLeft(digits, "0")
		switch {
		case want == "":
			want = "0"
		case negative:
			want = "-" + want
		}
		if back != want {
			t.Errorf("%q is %d, written %q, want %q", text, n, back, want)
		}
	})
}
