package rawjson_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/rawjson"
)

// decodeInto stores a value in a new T.
func decodeInto[T any](text string) (v T, err error) {
	err = rawjson.DecodeValue([]byte(text), &v)
	return v, err
}

func decodes[T any](t *testing.T, text string, want T) {
	t.Helper()
	got, err := decodeInto[T](text)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%T of %s: got %#v, %v", want, text, got, err)
	}
}

func refuses[T any](t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if got, err := decodeInto[T](text); err == nil {
			t.Errorf("%T of %s: got %#v and no error", got, text, got)
		}
	}
}

func TestDecodeValueStoresPlainTypes(t *testing.T) {
	decodes(t, `"a\n\u00e9\ud83d\ude00"`, "a\né😀")
	decodes(t, `true`, true)
	decodes(t, `false`, false)
	decodes(t, `-5`, -5)
	decodes(t, `9223372036854775807`, int64(math.MaxInt64))
	decodes(t, `-0`, 0)
	decodes(t, `1`, 1.0)
	decodes(t, `1e-05`, 1e-5)
	decodes(t, `255`, uint8(255))
	decodes(t, `1.5`, float32(1.5))
	decodes(t, `"/wA="`, []byte("\xff\x00"))
	decodes(t, `"2023-11-14T22:13:20Z"`, time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC))
	decodes(t, `1.50`, json.Number("1.50"))
	decodes(t, `[1,2]`, []int{1, 2})
	decodes(t, `{"a": [1]}`, map[string][]int{"a": {1}})
	decodes(t, `[ 1, NaN ]`, json.RawMessage(`[ 1, NaN ]`))
	huge, _ := new(big.Int).SetString(strings.Repeat("7", 400), 10)
	decodes(t, huge.String(), *huge)
}

func TestDecodeValueStoresStructs(t *testing.T) {
	type item struct {
		Name  string `json:"name"`
		Count int    `json:"count,omitempty"`
		Price *float64
	}
	price := 1.5
	decodes(t, `[{"name":"x\u00e9","count":2,"Price":1.5,"more":[]}]`, []item{{"xé", 2, &price}})
}

func TestDecodeValueStoresNull(t *testing.T) {
	decodes(t, "null", "")
	decodes(t, "null", false)
	decodes(t, "null", 0)
	decodes(t, "null", int64(0))
	decodes(t, "null", 0.0)
	decodes(t, "null", any(nil))
	decodes(t, "null", map[string]any(nil))
	decodes(t, "null", []any(nil))
	decodes(t, "null", []float64(nil))
	decodes(t, "null", (*int)(nil))
	decodes(t, "[1,null]", []float64{1, 0})

	for name, v := range map[string]any{
		"string": new("x"), "bool": new(true), "int": new(1), "int64": new(int64(1)), "float64": new(1.0),
	} {
		before := fmt.Sprint(reflect.ValueOf(v).Elem())
		if err := rawjson.DecodeValue([]byte("null"), v); err != nil {
			t.Error(err)
		}
		if after := fmt.Sprint(reflect.ValueOf(v).Elem()); after != before {
			t.Errorf("null changed a %s from %s to %s", name, before, after)
		}
	}
	v, list, floats := map[string]any{"k": 1}, []any{1}, []float64{1}
	for _, p := range []any{&v, &list, &floats} {
		if err := rawjson.DecodeValue([]byte("null"), p); err != nil {
			t.Error(err)
		}
	}
	if v != nil || list != nil || floats != nil {
		t.Errorf("null left %v, %v, %v", v, list, floats)
	}
}

func TestDecodeValueReadsPythonsNaNAndInfinity(t *testing.T) {
	for text, want := range map[string]float64{
		"Infinity": math.Inf(1), "-Infinity": math.Inf(-1), "1e400": math.Inf(1), "-1e400": math.Inf(-1),
		"1e-400": 0, strings.Repeat("9", 400): math.Inf(1),
	} {
		decodes(t, text, want)
		decodes(t, "["+text+", 1]", []float64{want, 1})
		if !strings.HasPrefix(text, "9") { // in an any, that is a json.Number
			decodes(t, text, any(want))
			decodes(t, "["+text+"]", []any{want})
			decodes(t, `{"k":`+text+"}", map[string]any{"k": want})
			decodes(t, `[{"k":[`+text+`]}]`, any([]any{map[string]any{"k": []any{want}}}))
		}
	}
	nan, err := decodeInto[float64]("NaN")
	if err != nil || !math.IsNaN(nan) {
		t.Errorf("NaN is %v, %v", nan, err)
	}
	list, err := decodeInto[any](`[NaN]`)
	if f, _ := list.([]any)[0].(float64); err != nil || !math.IsNaN(f) {
		t.Errorf("[NaN] is %v, %v", list, err)
	}
}

func TestDecodeValueIntoAnyKeepsLargeIntegers(t *testing.T) {
	for text, want := range map[string]any{
		"1": 1.0, "-1": -1.0, "9007199254740991": float64(1<<53 - 1),
		"9007199254740992":       json.Number("9007199254740992"),
		"9007199254740993":       json.Number("9007199254740993"), // as a float: ...992
		"-9007199254740993":      json.Number("-9007199254740993"),
		strings.Repeat("9", 400): json.Number(strings.Repeat("9", 400)),
		"9007199254740993.0":     float64(1 << 53), "1e300": 1e300,
	} {
		decodes(t, text, want)
		decodes(t, "["+text+"]", any([]any{want}))
	}
}

func TestDecodeValueReadsBytesBeyondASCIIAsLatin1(t *testing.T) {
	const latin1 = "\"\xe9\xc3\xa9\""
	decodes(t, latin1, "éÃ©")
	decodes(t, latin1, any("éÃ©"))
	decodes(t, "["+latin1+"]", []string{"éÃ©"})
	decodes(t, "{"+latin1+":1}", map[string]any{"éÃ©": 1.0})
	decodes(t, latin1, json.RawMessage(`"éÃ©"`))
	if got := encode(t, json.RawMessage(`"éÃ©"`)); got != `"\u00e9\u00c3\u00a9"` {
		t.Errorf("set again, it is %s", got)
	}
}

func TestLoneSurrogatesBecomeU_FFFD(t *testing.T) {
	for text, want := range map[string]string{
		`"\ud800"`: "\ufffd", `"a\udc00b"`: "a\ufffdb", `"\ud800x"`: "\ufffdx", `"\ud800\n"`: "\ufffd\n",
		`"\ud800\u0041"`: "\ufffdA", `"\ud800\ud83d\ude00"`: "\ufffd😀", `"\udc00\ud800"`: "\ufffd\ufffd",
	} {
		decodes(t, text, want)
		decodes(t, text, any(want))
		decodes(t, "["+text+"]", []string{want})
	}
}

func TestDecodeValueRefusesOtherTypes(t *testing.T) {
	values := map[string]string{
		"string": `"1"`, "bool": `true`, "int": `1`, "float": `1.5`, "list": `["a"]`, "dict": `{"a":"b"}`,
	}
	without := func(names ...string) (texts []string) {
		for name, text := range values {
			if !strings.Contains(strings.Join(names, " "), name) {
				texts = append(texts, text)
			}
		}
		return texts
	}
	refuses[string](t, without("string")...)
	refuses[bool](t, without("bool")...)
	refuses[int](t, append(without("int"), "1.0", "1e2", "9223372036854775808")...)
	refuses[int64](t, append(without("int"), "-9223372036854775809", "NaN")...)
	refuses[float64](t, without("int", "float")...)
	refuses[[]float64](t, append(without(), `[1,"a"]`, `[[1]]`, `[true]`)...)
	refuses[[]any](t, without("list")...)
	refuses[map[string]any](t, without("dict")...)
	refuses[uint8](t, append(without("int"), "256", "-1")...)
	refuses[[]int](t, append(without(), "[NaN]")...)
	refuses[struct{ A int }](t, append(without(), `{"A":NaN}`)...)
}

func TestDecodeValueIntoAnyOfDuplicatesTakesTheLast(t *testing.T) {
	decodes(t, `{"a":1,"b":2,"\u0061":[ ]}`, map[string]any{"a": []any{}, "b": 2.0})
}

func TestDecodedValuesAreCopies(t *testing.T) {
	text := []byte(`[1,2]`)
	var raw json.RawMessage
	if err := rawjson.DecodeValue(text, &raw); err != nil {
		t.Fatal(err)
	}
	raw[1] = '9'
	if string(text) != `[1,2]` {
		t.Error("the object's text was written to")
	}
}

func TestPlainTypesTakeNoReflection(t *testing.T) {
	text, number := []byte(`"some text"`), []byte(`12345`)
	var s string
	var n int
	var f float64
	if got := testing.AllocsPerRun(100, func() {
		if rawjson.DecodeValue(text, &s) != nil || rawjson.DecodeValue(number, &n) != nil ||
			rawjson.DecodeValue(number, &f) != nil {
			t.Error("not decoded")
		}
	}); got > 1 {
		t.Errorf("%v allocations, of which one is the string", got)
	}
}
