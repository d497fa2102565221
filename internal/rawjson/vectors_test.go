package rawjson_test

import (
	"encoding/hex"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/internal/vectors"
)

// rewrite decodes a value to Go and writes it anew. Python's order of names
// is lost in Go's maps, so that objects and arrays are taken apart here.
func rewrite(t testing.TB, value string) string {
	t.Helper()
	switch c := value[0]; {
	case c == '{':
		o := parse(t, value)
		var out rawjson.Object
		for name, member := range o.All() {
			out.Set(name, []byte(rewrite(t, string(member))))
		}
		return text(&out)
	case c == '[':
		var list []json.RawMessage
		for _, element := range elements(t, value) {
			list = append(list, json.RawMessage(rewrite(t, element)))
		}
		if list == nil {
			return "[]"
		}
		return encode(t, list)
	case c == '"':
		return encode(t, decoded[string](t, value))
	case c == 't' || c == 'f' || c == 'n':
		return encode(t, decoded[any](t, value))
	case strings.ContainsAny(value, ".eEIN"):
		return encode(t, decoded[float64](t, value))
	default:
		n := decoded[big.Int](t, value)
		return encode(t, &n)
	}
}

func decoded[T any](t testing.TB, value string) T {
	t.Helper()
	v, err := decodeInto[T](value)
	if err != nil {
		t.Fatalf("%T of %s: %v", v, value, err)
	}
	return v
}

// elements splits an array: what comes before a comma is an element if it is
// a value.
func elements(t testing.TB, value string) (list []string) {
	t.Helper()
	rest := strings.TrimSpace(value[1 : len(value)-1])
	for from := 0; rest != ""; {
		to := strings.IndexByte(rest[from:], ',')
		if to < 0 {
			return append(list, rest)
		}
		to += from
		if _, err := rawjson.Parse([]byte(`{"k":` + rest[:to] + `}`)); err != nil {
			from = to + 1
			continue
		}
		list = append(list, strings.TrimSpace(rest[:to]))
		rest, from = strings.TrimSpace(rest[to+1:]), 0
	}
	return list
}

func TestVectorsJSONSerializer(t *testing.T) {
	// A Go string cannot hold a lone surrogate; the object does.
	differences := map[string]string{"lone_surrogate": `{"s":"\ufffd"}`}
	vectors.Run(t, "json_serializer", func(t *testing.T, c vectors.Case) {
		var want struct {
			JSON string
			Hex  string `json:"bytes_hex"`
		}
		c.Decode(t, nil, &want)
		stored, err := hex.DecodeString(want.Hex)
		if err != nil {
			t.Fatal(err)
		}
		o, err := rawjson.Parse(stored)
		switch isObject := stored[0] == '{'; {
		case isObject != (err == nil): // other roots are not sessions
			t.Errorf("%s: error %v", stored, err)
		case isObject && (text(&o) != want.JSON || text(&o) != string(stored)):
			t.Errorf("untouched: got %s, want %s", text(&o), want.JSON)
		}
		written := rewrite(t, want.JSON)
		if differs, ok := differences[c.Name]; ok {
			if written == want.JSON {
				t.Error("no longer differs, but is listed")
			}
			want.JSON = differs
		}
		if written != want.JSON {
			t.Errorf("written: got %s, want %s", written, want.JSON)
		}
	})
}

// TestVectorsJSONPythonTypes gives AppendValue what is nearest in Go to the
// Python values. It holds more types than Python does: encoding/json's rules
// say how.
func TestVectorsJSONPythonTypes(t *testing.T) {
	values := map[string]struct {
		v       any
		differs string // "" or what is written where Python does otherwise
	}{
		"int_keys_become_strings":    {map[int]string{1: "a", 2: "b"}, ""},
		"float_key":                  {map[float64]string{1.5: "a"}, "error"},
		"bool_and_none_keys":         {map[bool]int{true: 1}, "error"},
		"tuple_becomes_list":         {map[string]any{"t": [2]int{1, 2}}, ""},
		"bytes_not_serializable":     {map[string]any{"b": []byte("x")}, `{"b":"eA=="}`},
		"set_not_serializable":       {map[string]any{"s": map[int]struct{}{1: {}}}, `{"s":{"1":{}}}`},
		"datetime_not_serializable":  {map[string]any{"d": time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}, `{"d":"2020-01-01T00:00:00Z"}`},
		"tuple_key_not_serializable": {map[[2]int]int{{1, 2}: 1}, ""},
	}
	vectors.Run(t, "json_serializer_python_types", func(t *testing.T, c vectors.Case) {
		var answer struct{ JSON json.RawMessage }
		c.Decode(t, nil, &answer)
		want := "error"
		_ = json.Unmarshal(answer.JSON, &want) // an object is an error
		value, ok := values[c.Name]
		if !ok {
			t.Fatal("no Go value for it")
		}
		written, err := rawjson.AppendValue(nil, value.v)
		got := string(written)
		if err != nil {
			got = "error"
		}
		if value.differs != "" {
			if got == want {
				t.Error("no longer differs, but is listed")
			}
			want = value.differs
		}
		if got != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	})
}

func TestVectorsJSONFloatText(t *testing.T) {
	vectors.Run(t, "json_float_text", checkNumber)
}

func TestVectorsJSONIntText(t *testing.T) {
	vectors.Run(t, "json_int_text", checkNumber)
}

// checkNumber reads a number and writes it as Python would. Untouched, it
// stays as it is, where Python may write another text for it.
func checkNumber(t *testing.T, c vectors.Case) {
	var in struct {
		Text string `json:"json_number_in"`
	}
	var want struct {
		Text string `json:"json_number_out"`
		Type string `json:"python_type"`
	}
	c.Decode(t, &in, &want)
	object := `{"n":` + in.Text + `}`
	if o := parse(t, object); text(&o) != object {
		t.Errorf("untouched: got %s", text(&o))
	}
	var got string
	switch want.Type {
	case "float":
		got = encode(t, decoded[float64](t, in.Text))
	case "int":
		n := decoded[big.Int](t, in.Text)
		got = encode(t, &n)
	default:
		t.Fatalf("unknown type %s", want.Type)
	}
	if got != want.Text {
		t.Errorf("written: got %s, want %s", got, want.Text)
	}
}
