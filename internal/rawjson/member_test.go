package rawjson_test

import (
	"math"
	"testing"

	"github.com/jamsession/jamsession/internal/rawjson"
)

func put(t *testing.T, o *rawjson.Object, name string, v any) {
	t.Helper()
	m, err := rawjson.NewMember(name, v)
	if err != nil {
		t.Fatal(err)
	}
	o.Put(m)
}

// TestPutIsSet: at the place of the name, in whatever spelling, or else last.
func TestPutIsSet(t *testing.T) {
	for _, start := range []string{`{}`, `{"a":1,"b":2}`, `{"\u0061":1,"b":2}`, `{"\ud800":1,"\u00e9":2}`} {
		for _, name := range []string{"a", "b", "c", "é", "\xed\xa0\x80", "\xff", `"\`, ""} {
			set, put1 := parse(t, start), parse(t, start)
			value, err := rawjson.AppendValue(nil, "v")
			if err != nil {
				t.Fatal(err)
			}
			set.Set(name, value)
			put(t, &put1, name, "v")
			put(t, &put1, name, "v")
			if text(&put1) != text(&set) {
				t.Errorf("%q in %s: Put makes %s, Set %s", name, start, text(&put1), text(&set))
			}
		}
	}
}

func TestNewMemberFailsAsAppendValue(t *testing.T) {
	if _, err := rawjson.NewMember("f", math.Sin); err == nil {
		t.Error("a func is a member")
	}
}

// TestObjectsThatWereReadTogetherChangeApart: what Parse and WriteParsed make may
// be given to many.
func TestObjectsThatWereReadTogetherChangeApart(t *testing.T) {
	const start = `{"a":1,"b":[2],"c":"3"}`
	one := parse(t, start)
	for name, change := range map[string]func(o *rawjson.Object){
		"Set":    func(o *rawjson.Object) { o.Set("b", []byte("0")) },
		"Put":    func(o *rawjson.Object) { put(t, o, "b", 0) },
		"new":    func(o *rawjson.Object) { put(t, o, "d", 0) },
		"Delete": func(o *rawjson.Object) { o.Delete("a") },
		"Clear":  func(o *rawjson.Object) { o.Clear() },
	} {
		other := one
		change(&other)
		if text(&one) != start {
			t.Fatalf("%s changed the other to %s", name, text(&one))
		}
		if text(&other) == start {
			t.Errorf("%s changed nothing", name)
		}
	}
}

// TestParsedIsParse of the text that AppendTo has made.
func TestParsedIsParse(t *testing.T) {
	for _, start := range []string{
		`{}`, `{"a":1}`, ` { "a" : 1 , "b":[ 2 ] } `, `{"\u00e9":"\ud800","":{"x":NaN}}`, `{"a":1,"a":2,"b":3}`,
	} {
		o := parse(t, start)
		put(t, &o, "new", "v")
		written := o.AppendTo(nil)
		var parsed rawjson.Parsed
		o.WriteParsed(&parsed, written, nil)
		got, want := parsed.Object(), parse(t, string(written))
		if text(&got) != text(&want) || got.Len() != want.Len() {
			t.Errorf("%s: %s, want %s", start, text(&got), text(&want))
		}
		for name, value := range want.All() {
			if v, ok := got.Get(name); !ok || string(v) != string(value) {
				t.Errorf("%s: %q is %q, want %q", start, name, v, value)
			}
		}
	}
}
