package rawjson_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/rawjson"
)

func encode(t testing.TB, v any) string {
	t.Helper()
	text, err := rawjson.AppendValue(nil, v)
	if err != nil {
		t.Fatalf("%T: %v", v, err)
	}
	return string(text)
}

func TestAppendValueWritesPythonsText(t *testing.T) {
	huge, _ := new(big.Int).SetString("-"+strings.Repeat("7", 400), 10)
	for _, test := range []struct {
		v    any
		want string
	}{
		{nil, "null"},
		{true, "true"},
		{false, "false"},
		{(*int)(nil), "null"},
		{1, "1"},
		{int8(-128), "-128"},
		{uint64(math.MaxUint64), "18446744073709551615"},
		{int64(math.MinInt64), "-9223372036854775808"},
		{uintptr(7), "7"},
		{huge, huge.String()},
		{json.Number("1.50"), "1.50"},
		{json.Number(""), "0"},
		{json.Number("-12345678901234567890"), "-12345678901234567890"},

		{1.0, "1.0"},
		{math.Copysign(0, -1), "-0.0"},
		{100000.0, "100000.0"},
		{1e15, "1000000000000000.0"},
		{9999999999999998.0, "9999999999999998.0"},
		{1e16, "1e+16"},
		{0.0001, "0.0001"},
		{0.00001, "1e-05"},
		{1.5e-7, "1.5e-07"},
		{1e100, "1e+100"},
		{math.MaxFloat64, "1.7976931348623157e+308"},
		{5e-324, "5e-324"},
		{math.NaN(), "NaN"},
		{math.Inf(1), "Infinity"},
		{math.Inf(-1), "-Infinity"},
		{float32(0.1), "0.1"},
		{float32(16777216), "16777216.0"},
		{float32(1e16), "1e+16"},

		{"", `""`},
		{"plain", `"plain"`},
		{"<a href='/'>&</a>", `"<a href='/'>&</a>"`},
		{"\"\\\n\r\t\f\b", `"\"\\\n\r\t\f\b"`},
		{"\x00\x1f\x7f", `"\u0000\u001f\u007f"`},
		{"é€\u2028", `"\u00e9\u20ac\u2028"`},
		{"😀", `"\ud83d\ude00"`},
		{"\uffff", `"\uffff"`},
		{"a\xffb", `"a\ufffdb"`},

		{[]int{}, "[]"},
		{[]int(nil), "null"},
		{[2]bool{true}, "[true,false]"},
		{[]any{1, 1.0, "a", nil, []any{}}, `[1,1.0,"a",null,[]]`},
		{[]byte("\xff\x00"), `"/wA="`},
		{[]byte{}, `""`},
		{[]byte(nil), "null"},
		{map[string]int{"b": 1, "a": 2, "é": 3}, `{"a":2,"b":1,"\u00e9":3}`},
		{map[int]string{10: "x", 9: "y"}, `{"10":"x","9":"y"}`},
		{map[string]int(nil), "null"},
		{map[string]any{}, "{}"},
		{time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC), `"2023-11-14T22:13:20Z"`},
		{netip.MustParseAddr("::1"), `"::1"`},
		{(*time.Time)(nil), "null"},
		{map[netip.Addr]int{netip.MustParseAddr("::1"): 1}, `{"::1":1}`},
		{json.RawMessage(" { \"\u00e9\\u00C9\x7f\" : [ NaN , \" \\\" \" ] } "), `{"\u00e9\u00C9\u007f":[NaN," \" "]}`},
		{json.RawMessage(nil), "null"},
		{struct{}{}, "{}"},
	} {
		if got := encode(t, test.v); got != test.want {
			t.Errorf("%T %v: got %s, want %s", test.v, test.v, got, test.want)
		}
	}
}

type color int

func (c color) MarshalText() ([]byte, error) { return []byte{'c', byte('0' + c)}, nil }

// byPointer has its methods on the pointer, which a copy has not.
type byPointer struct{ N int }

func (*byPointer) MarshalJSON() ([]byte, error) { return []byte(`"pointer"`), nil }

type inner struct {
	Inner  int
	Shared string
	Hidden int `json:"-"`
}

type Deep struct {
	Deepest int
	Shared  string
}

type left struct {
	Both int
	One  int `json:"One"`
	Two  int
}

type right struct {
	Both, One int
	Two       int `json:"Two"`
}

type loop struct {
	*loop
	N int
}

type zeroer interface{ IsZero() bool }

type everything struct {
	inner
	*Deep
	left
	right
	Name    string         `json:"name"`
	Empty   string         `json:"empty,omitempty"`
	Zero    time.Time      `json:"zero,omitzero"`
	ZeroPtr *time.Time     `json:",omitzero"`
	Quoted  int            `json:"quoted,string"`
	QString string         `json:",string"`
	QNil    *int           `json:",string"`
	QNumber json.Number    `json:",string"`
	QList   []int          `json:",string"` //lint:ignore SA5008 the tag of the test
	ZeroNil zeroer         `json:",omitzero"`
	ZeroAny any            `json:",omitzero"`
	Dash    int            `json:"-,"`  //lint:ignore SA5008 the tag of the test
	Odd     int            `json:"a'b"` //lint:ignore SA5008 the tag of the test
	Unicode int            `json:"größe"`
	Any     any            `json:"any"`
	Map     map[color]bool `json:"map,omitempty"`
	Array   [0]int         `json:",omitempty"`
	List    []byPointer
	Value   byPointer
	Color   color `json:"color"`
	Raw     json.RawMessage
	F       func() `json:"-"`
	private int
}

func TestStructsFollowEncodingJSON(t *testing.T) {
	n := 7
	full := everything{
		inner: inner{1, "s", 2}, Deep: &Deep{3, "d"}, left: left{4, 5, 6}, right: right{7, 8, 9},
		Name: "é", Empty: "x", Zero: time.Unix(0, 0).UTC(), ZeroPtr: &time.Time{}, Quoted: -5, QString: `a"b`,
		QNil: &n, QNumber: "8", QList: []int{1},
		ZeroNil: (*time.Time)(nil), ZeroAny: time.Time{}, Any: &n, Map: map[color]bool{1: true, 0: false},
		List: []byPointer{{1}}, Value: byPointer{2}, Color: 3, Raw: json.RawMessage(`{"a": [1, "ü"]}`), private: 1,
	}
	for name, v := range map[string]any{
		"full": full, "pointer to full": &full, "zero": everything{QNumber: "0"},
		"list": []everything{full}, "map": map[string]everything{"k": full},
		"pointers": []*everything{&full, nil}, "embeds itself": loop{&loop{nil, 1}, 2},
		"anonymous": struct {
			time.Duration
			color
			*inner
			Deep `json:"deep"`
		}{Duration: 1, color: 1, inner: &inner{Inner: 1}},
		"double pointer": func() any { p := &full; return &p }(),
		"nil interfaces": struct {
			J json.Marshaler
			E error
		}{},
		"values": map[string]any{"v": byPointer{1}, "p": &byPointer{1}, "l": []any{byPointer{1}}},
	} {
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var wantAny, gotAny any
		if err := json.Unmarshal(want, &wantAny); err != nil {
			t.Fatal(err)
		}
		got := encode(t, v)
		if err := json.Unmarshal([]byte(got), &gotAny); err != nil {
			t.Fatalf("%s: %v in %s", name, err, got)
		}
		if !reflect.DeepEqual(gotAny, wantAny) {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
		if order(got) != order(string(want)) {
			t.Errorf("%s: in another order:\n got %s\nwant %s", name, got, want)
		}
	}
}

// order leaves the ASCII letters of a text.
func order(text string) string {
	for _, escape := range []string{`\u00fc`, `\u00e9`, `\u00f6`, `\u00df`} {
		text = strings.ReplaceAll(text, escape, "")
	}
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, text)
}

type failing struct{}

var errFailing = errors.New("cannot")

func (failing) MarshalJSON() ([]byte, error) { return nil, errFailing }

type failingText struct{}

func (failingText) MarshalText() ([]byte, error) { return nil, errFailing }

type writes string

func (w writes) MarshalJSON() ([]byte, error) { return []byte(w), nil }

func TestAppendValueRefusesWhatJSONCannotHold(t *testing.T) {
	for _, test := range []struct {
		v    any
		want string
	}{
		{make(chan int), "chan int"},
		{func() {}, "func()"},
		{complex(1, 2), "complex128"},
		{[]any{1, make(chan string)}, "chan string"},
		{map[string]any{"k": t.Fatal}, "func(...interface {})"},
		{struct{ C chan int }{}, "chan int"},
		{map[float64]int{1: 1}, "key of type float64"},
		{map[[2]int]int{{}: 1}, "key of type [2]int"},
		{map[bool]int{true: 1}, "key of type bool"},
		{failing{}, "cannot"},
		{failingText{}, "cannot"},
		{map[failingText]int{{}: 1}, "cannot"},
		{writes(""), "no value"},
		{writes("1 2"), "more text"},
		{writes("[1,]"), "no value"},
		{json.RawMessage("tru"), "no value"},
		{json.RawMessage(""), "no value"},
		{json.Number("1.2.3"), "not a number"},
		{json.Number(" 1"), "not a number"},
		{json.Number("x"), "not a number"},
	} {
		dst, err := rawjson.AppendValue([]byte("x"), test.v)
		if err == nil || !strings.Contains(err.Error(), test.want) || dst != nil {
			t.Errorf("%T: got %q, %v", test.v, dst, err)
		}
	}
}

func TestAppendValueRefusesWhatParseWouldRefuse(t *testing.T) {
	deep := func(n int) any {
		var v any = 1
		for range n {
			v = []any{v}
		}
		return v
	}
	circle := map[string]any{}
	circle["self"] = circle
	type node struct{ Next *node }
	ring := &node{}
	ring.Next = ring
	var pointer any
	pointer = &pointer
	for name, v := range map[string]any{
		"depth": deep(rawjson.MaxDepth), "map": circle, "struct": ring, "pointer": pointer,
		"marshaler": []any{json.RawMessage(encode(t, deep(rawjson.MaxDepth-1)))},
		"digits":    new(big.Int).Exp(big.NewInt(10), big.NewInt(rawjson.MaxDigits), nil),
		"number":    json.Number(strings.Repeat("1", rawjson.MaxDigits+1)),
	} {
		if _, err := rawjson.AppendValue(nil, v); !errors.Is(err, rawjson.ErrLimit) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for _, v := range []any{
		deep(rawjson.MaxDepth - 1),
		[]any{json.RawMessage(encode(t, deep(rawjson.MaxDepth-2)))},
		json.Number(strings.Repeat("1", rawjson.MaxDigits)),
	} {
		parse(t, `{"k":`+encode(t, v)+`}`)
	}
}

func TestErrorsShowNoValues(t *testing.T) {
	for _, v := range []any{
		json.Number("secret"), json.RawMessage(`"secret`),
		map[[1]string]int{{"secret"}: 1},
		[]any{"secret", func() {}},
	} {
		if _, err := rawjson.AppendValue(nil, v); strings.Contains(err.Error(), "secret") {
			t.Errorf("%T: %v", v, err)
		}
	}
}
