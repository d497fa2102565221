package rawjson_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/jamsession/jamsession/internal/rawjson"
)

// FuzzParse holds that what is read is written so that it reads the same,
// that every member can be decoded and written, and that memory is bounded.
func FuzzParse(f *testing.F) {
	for _, value := range append(append([]string{}, sound...), unsound...) {
		f.Add([]byte(`{"k":` + value + `}`))
	}
	f.Add([]byte(`{"a":1,"\u0061":{"b":[1,{}]},"":"\ud800"} `))
	f.Fuzz(func(t *testing.T, src []byte) {
		var o rawjson.Object
		var err error
		got := allocated(func() { o, err = rawjson.Parse(src) })
		if got > allocationBound(len(src)) {
			t.Errorf("%d bytes for %d", got, len(src))
		}
		var syntax *rawjson.SyntaxError
		if err != nil {
			if errors.As(err, &syntax) == errors.Is(err, rawjson.ErrLimit) || syntax != nil && syntax.Offset > len(src) {
				t.Errorf("%q: %v", src, err)
			}
			return
		}
		again := parse(t, text(&o))
		if text(&again) != text(&o) || again.Len() != o.Len() {
			t.Errorf("%q: written %q, then %q", src, text(&o), text(&again))
		}
		var parsed rawjson.Parsed
		o.WriteParsed(&parsed, o.AppendTo(nil), make([]rawjson.Mark, 2))
		kept := parsed.Object()
		if text(&kept) != text(&o) {
			t.Errorf("%q: written %q, kept as %q", src, text(&o), text(&kept))
		}
		for name, value := range o.All() {
			if got, ok := kept.Get(name); !ok || string(got) != string(value) {
				t.Errorf("%q: member %q is %q, kept as %q", src, name, value, got)
			}
			if got, ok := again.Get(name); !ok || string(got) != string(value) {
				t.Errorf("%q: member %q is %q, then %q", src, name, value, got)
			}
			checkDecodes(t, value)
		}
	})
}

// checkDecodes holds that no type panics, and that any decodes all.
func checkDecodes(t *testing.T, value []byte) {
	t.Helper()
	var v any
	if err := rawjson.DecodeValue(value, &v); err != nil {
		t.Errorf("%q into any: %v", value, err)
	}
	parse(t, `{"k":`+encode(t, v)+`}`)
	parse(t, `{"k":`+encode(t, json.RawMessage(decoded[json.RawMessage](t, string(value))))+`}`)
	for _, p := range []any{
		new(string), new(bool), new(int), new(int64), new(float64), new(map[string]any), new([]any),
		new([]float64), new(json.Number), new([]byte), new(struct{ A, B any }),
	} {
		_ = rawjson.DecodeValue(value, p)
	}
}

// FuzzAppendValue compares with encoding/json: both texts say the same.
func FuzzAppendValue(f *testing.F) {
	for _, value := range sound {
		f.Add([]byte(value))
	}
	f.Add([]byte(`{"é":["\u2028<&>",1e21,-0.0,{"":null}],"b":0.000001}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		var v, back any
		if json.Unmarshal(src, &v) != nil {
			return
		}
		written, err := rawjson.AppendValue(nil, v)
		if errors.Is(err, rawjson.ErrLimit) {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", src, err)
		}
		if err := json.Unmarshal(written, &back); err != nil || !reflect.DeepEqual(back, v) {
			t.Errorf("%q: written %s: %v", src, written, err)
		}
		for _, c := range written {
			if c < ' ' || c > '~' {
				t.Errorf("%q: written with the byte %#x", src, c)
			}
		}
		parse(t, `{"k":`+string(written)+`}`)
		if got := decoded[any](t, string(written)); !reflect.DeepEqual(largeAsFloat(got), v) {
			t.Errorf("%q: decoded as %v", src, got)
		}
	})
}

// largeAsFloat undoes what DecodeValue does beyond encoding/json.
func largeAsFloat(v any) any {
	switch v := v.(type) {
	case json.Number:
		f, _ := v.Float64()
		return f
	case []any:
		for i := range v {
			v[i] = largeAsFloat(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = largeAsFloat(v[name])
		}
	}
	return v
}

// FuzzStrings holds that strings survive, in values and in names.
func FuzzStrings(f *testing.F) {
	for _, s := range []string{"", "é😀", "\x00\x7f\xff", `"\`, "\ufffd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := string([]rune(s)) // with U+FFFD for what is not UTF-8
		if got := decoded[string](t, encode(t, s)); got != want {
			t.Errorf("%q as a value is %q", s, got)
		}
		var o rawjson.Object
		o.Set(want, []byte("1"))
		again := parse(t, text(&o))
		if _, ok := again.Get(want); !ok {
			t.Errorf("%q as a name is %q", s, names(&again))
		}
	})
}
