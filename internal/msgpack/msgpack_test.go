package msgpack_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/msgpack"
)

// TestValues as JSON, and back as Python's msgpack writes them.
func TestValues(t *testing.T) {
	for _, c := range []struct{ raw, text, again string }{
		{"c0", "null", ""},
		{"c2", "false", ""},
		{"c3", "true", ""},
		{"00", "0", ""},
		{"7f", "127", ""},
		{"ff", "-1", ""},
		{"e0", "-32", ""},
		{"cc80", "128", ""},
		{"cd0100", "256", ""},
		{"ce00010000", "65536", ""},
		{"cf0000000100000000", "4294967296", ""},
		{"cfffffffffffffffff", "18446744073709551615", ""},
		{"d0df", "-33", ""},
		{"d1ff7f", "-129", ""},
		{"d2ffff7fff", "-32769", ""},
		{"d38000000000000000", "-9223372036854775808", ""},
		{"d005", "5", "05"},
		{"d300000000000000ff", "255", "ccff"},
		{"cd0001", "1", "01"},
		{"cb3ff8000000000000", "1.5", ""},
		{"ca3fc00000", "1.5", "cb3ff8000000000000"},
		{"cb7ff8000000000001", "NaN", "-"},
		{"a0", `""`, ""},
		{"a3e282ac", `"\u20ac"`, ""},
		{"d901" + "78", `"x"`, "a178"},
		{"c40178", `"eA=="`, "-"},
		{"90", "[]", ""},
		{"80", "{}", ""},
		{"9201" + "9102", "[1,[2]]", ""},
		{"dc000101", "[1]", "9101"},
		{"81a16193c0c2c3", `{"a":[null,false,true]}`, ""},
		{"dd0000000101", "[1]", "9101"},
	} {
		raw, _ := hex.DecodeString(c.raw)
		text, err := msgpack.AppendJSON(nil, raw)
		if err != nil || string(text) != c.text {
			t.Errorf("%s: %s, %v; want %s", c.raw, text, err, c.text)
			continue
		}
		if c.again == "-" {
			continue // JSON has no word for it
		}
		if c.again == "" {
			c.again = c.raw
		}
		if got, err := msgpack.Append(nil, text); err != nil || hex.EncodeToString(got) != c.again {
			t.Errorf("%s: written as %x, %v; want %s", text, got, err, c.again)
		}
	}
}

// TestSizes around those at which the form changes come back.
func TestSizes(t *testing.T) {
	for _, n := range []int{0, 15, 16, 31, 32, 255, 256, 65535, 65536} {
		for _, text := range []string{
			`"` + strings.Repeat("x", n) + `"`,
			"[" + strings.TrimSuffix(strings.Repeat("1,", n), ",") + "]",
		} {
			raw, err := msgpack.Append([]byte("before"), []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := msgpack.AppendJSON(nil, raw[len("before"):]); err != nil || string(got) != text {
				t.Errorf("%d: %.40s, %v", n, got, err)
			}
		}
		bin := make([]byte, n)
		got, rest, ok := msgpack.Bin(append(msgpack.AppendBin(nil, bin), 1))
		if !ok || !bytes.Equal(got, bin) || string(rest) != "\x01" {
			t.Errorf("%d bytes: %d, %q, %t", n, len(got), rest, ok)
		}
	}
}

// TestLiesAndBombs cost little, and are told apart from what may be sound.
func TestLiesAndBombs(t *testing.T) {
	items := strings.Repeat("\xa0\x01", 200_000)
	for name, c := range map[string]struct {
		data string
		want error
	}{
		"length of a text": {"\x81\xa1a\xdb\xff\xff\xff\xff", msgpack.ErrMalformed},
		"length of bytes":  {"\x81\xa1a\xc6\xff\xff\xff\xff", msgpack.ErrMalformed},
		"length of a list": {"\x81\xa1a\xdd\xff\xff\xff\xff", msgpack.ErrMalformed},
		"length of a map":  {"\xdf\xff\xff\xff\xff", msgpack.ErrMalformed},
		"length of an ext": {"\x81\xa1a\xc9\xff\xff\xff\xff\x01", msgpack.ErrMalformed},
		"depth":            {"\x81\xa1a" + strings.Repeat("\x91", 1<<20) + "\x01", msgpack.ErrLimit},
		"size":             {"\x81\xa1a" + strings.Repeat("x", msgpack.MaxSize), msgpack.ErrLimit},
		"items":            {"\xdf\x00\x03\x0d\x40" + items, msgpack.ErrLimit},
		"not a map":        {"\x91\x01", msgpack.ErrMalformed},
		"more behind":      {"\x80\x80", msgpack.ErrMalformed},
		"an unused byte":   {"\x81\xa1a\xc1", msgpack.ErrMalformed},
		"nothing":          {"", msgpack.ErrMalformed},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := msgpack.Parse([]byte(c.data))
		runtime.ReadMemStats(&after)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > uint64(2*len(c.data))+1<<16 {
			t.Errorf("%s: %d bytes were allocated for %d", name, n, len(c.data))
		}
	}
	wide := append([]byte{0xdb, 0, 0x40, 0, 0}, bytes.Repeat([]byte{1}, 4<<20)...)
	if _, err := msgpack.AppendJSON(nil, wide); !errors.Is(err, msgpack.ErrLimit) {
		t.Errorf("a text that is six times as long in JSON: %v", err)
	}
}

// TestTheLastOfEqualNamesCounts, as in Python.
func TestTheLastOfEqualNamesCounts(t *testing.T) {
	m, err := msgpack.Parse([]byte("\x83\xa1a\x01\xa1b\x02\xa1a\xc4\x01x"))
	if err != nil || len(m.Items) != 2 || string(m.Items[0].Raw) != "\xc4\x01x" || m.Plain {
		t.Errorf("%q, %t, %v", m.Items, m.Plain, err)
	}
}

// FuzzParse: what is read is written as JSON, and read again as the same.
func FuzzParse(f *testing.F) {
	f.Add([]byte("\x82\xa1a\x01\xa1b\x92\xc0\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := msgpack.Parse(data)
		if err != nil {
			return
		}
		for _, item := range m.Items {
			text, err := msgpack.AppendJSON(nil, item.Raw)
			if err != nil {
				continue
			}
			raw, err := msgpack.Append(nil, text)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			if again, err := msgpack.AppendJSON(nil, raw); err != nil || !bytes.Equal(again, text) {
				t.Errorf("%s becomes %s, %v", text, again, err)
			}
		}
	})
}
