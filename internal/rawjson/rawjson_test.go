package rawjson_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/rawjson"
)

func parse(t testing.TB, text string) rawjson.Object {
	t.Helper()
	o, err := rawjson.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%.100q: %v", text, err)
	}
	return o
}

func text(o *rawjson.Object) string { return string(o.AppendTo(nil)) }

func names(o *rawjson.Object) (all []string) {
	for name := range o.All() {
		all = append(all, name)
	}
	return all
}

// untouched are values as Python and others write them.
var untouched = []string{
	`1`, `-0`, `1.0`, `1.50`, `1E5`, `1e+16`, `NaN`, `Infinity`, `-Infinity`,
	strings.Repeat("9", 400), "-" + strings.Repeat("1", rawjson.MaxDigits),
	`"\ud800"`, `"\udc00\ud800"`, `"\u00E9\/"`, `"ï»¿é"`, "\"\xe9\xff\x7f\"", `""`,
	`null`, `true`, `[1, 2,  [ ] ]`, `{"b": 1, "a":2, "b":3}`, "[\n\t{}\r ]",
}

func TestUntouchedMembersGoBackByteForByte(t *testing.T) {
	for _, name := range []string{`"k"`, `"\u006b"`, `"\ud800"`, "\"\xe9\"", `""`} {
		for _, value := range untouched {
			o := parse(t, `{"before":0,`+name+`:`+value+`,"after":1}`)
			o.Set("before", []byte(`[]`))
			o.Delete("after")
			if want := `{"before":[],` + name + `:` + value + `}`; text(&o) != want {
				t.Errorf("got %q, want %q", text(&o), want)
			}
		}
	}
}

func TestSpaceBetweenMembersIsDropped(t *testing.T) {
	o := parse(t, " \t\r\n{ \"a\" : [ 1 ] ,\n\"b\"\t:2 } \n")
	if got := text(&o); got != `{"a":[ 1 ],"b":2}` {
		t.Errorf("got %s", got)
	}
}

func TestLastDuplicateCountsAtTheFirstPlace(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{`{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`},
		{`{"a":1,"b":2,"\u0061":3}`, `{"a":3,"b":2}`},
		{`{"\u0061":1,"b":2,"a":3}`, `{"\u0061":3,"b":2}`},
		{"{\"\xe9\":1,\"\\u00e9\":2}", "{\"\xe9\":2}"},
	} {
		o := parse(t, test.in)
		if got := text(&o); got != test.want || o.Len() != strings.Count(test.want, ":") {
			t.Errorf("%s: got %s, want %s", test.in, got, test.want)
		}
	}
	var many strings.Builder
	for i := range 200 {
		fmt.Fprintf(&many, `"k%d":%d,`, i%100, i)
	}
	o := parse(t, "{"+strings.TrimSuffix(many.String(), ",")+"}")
	if value, _ := o.Get("k7"); string(value) != "107" || o.Len() != 100 || names(&o)[7] != "k7" {
		t.Errorf("of many: got %s of %d", value, o.Len())
	}
}

func TestObjectGetSetDelete(t *testing.T) {
	var o rawjson.Object
	if text(&o) != "{}" || o.Len() != 0 {
		t.Errorf("the zero value is %s", text(&o))
	}
	o.Set("ä\n", []byte("1"))
	o.Set("b", []byte("2"))
	o.Set("ä\n", []byte("3"))
	if got, want := text(&o), `{"\u00e4\n":3,"b":2}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !slices.Equal(names(&o), []string{"ä\n", "b"}) {
		t.Errorf("names are %q", names(&o))
	}
	if !o.Delete("ä\n") || o.Delete("ä\n") || o.Len() != 1 {
		t.Error("Delete does not say what was there")
	}
	if _, ok := o.Get("ä\n"); ok {
		t.Error("still there")
	}
	if o.Clear(); o.Len() != 0 || text(&o) != "{}" {
		t.Errorf("cleared, it is %s", text(&o))
	}
}

func TestNamesAreFoundHoweverTheyAreWritten(t *testing.T) {
	o := parse(t, "{\"\\u00e9\":1,\"\\ud83d\\ude00\":2,\"a\\\"b\":3,\"\xfc\":4}")
	for name, want := range map[string]string{"é": "1", "😀": "2", `a"b`: "3", "ü": "4"} {
		if value, _ := o.Get(name); string(value) != want {
			t.Errorf("%s: got %q, want %s", name, value, want)
		}
	}
}

func TestAllStopsWhenTheLoopBreaks(t *testing.T) {
	o := parse(t, `{"a":1,"b":2}`)
	for name := range o.All() {
		if name != "a" {
			t.Errorf("got %s", name)
		}
		break
	}
}

func TestClonesDoNotTouchEachOther(t *testing.T) {
	const source = `{"a":1,"b":2,"c":3}`
	change := map[string]func(*rawjson.Object){
		"set":    func(o *rawjson.Object) { o.Set("a", []byte("9")) },
		"add":    func(o *rawjson.Object) { o.Set("d", []byte("9")) },
		"delete": func(o *rawjson.Object) { o.Delete("a") },
		"clear":  func(o *rawjson.Object) { o.Clear() },
	}
	for name, f := range change {
		o := parse(t, source)
		clone := o.Clone()
		f(&clone)
		if text(&o) != source {
			t.Errorf("%s of the clone makes the original %s", name, text(&o))
		}
		clone = o.Clone()
		f(&o)
		if text(&clone) != source {
			t.Errorf("%s of the original makes the clone %s", name, text(&clone))
		}
	}
}

func nested(depth int) string {
	return `{"k":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) + `}`
}

func members(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"%x":0`, i)
	}
	return "{" + b.String()[1:] + "}"
}

func TestLimitsAreNotSyntaxErrors(t *testing.T) {
	for name, limit := range map[string]struct{ within, beyond string }{
		"depth":          {nested(rawjson.MaxDepth), nested(rawjson.MaxDepth + 1)},
		"depth, hostile": {"{}", `{"k":` + strings.Repeat("[", 1e6)},
		"members":        {members(rawjson.MaxMembers), members(rawjson.MaxMembers + 1)},
		"digits": {
			`{"n":-` + strings.Repeat("1", rawjson.MaxDigits) + `}`,
			`{"n":-` + strings.Repeat("1", rawjson.MaxDigits+1) + `}`,
		},
		"size": {
			`{"s":"` + strings.Repeat("x", rawjson.MaxSize-8) + `"}`,
			`{"s":"` + strings.Repeat("x", rawjson.MaxSize-7) + `"}`,
		},
	} {
		if _, err := rawjson.Parse([]byte(limit.within)); err != nil {
			t.Errorf("%s: at the limit: %v", name, err)
		}
		_, err := rawjson.Parse([]byte(limit.beyond))
		var syntax *rawjson.SyntaxError
		if !errors.Is(err, rawjson.ErrLimit) || errors.As(err, &syntax) {
			t.Errorf("%s: beyond the limit: %v", name, err)
		}
	}
}

// allocated returns how many bytes f takes, of which some are free again.
func allocated(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc) // far below
}

// allocationBound is what [rawjson.Parse] takes at most for n bytes: most of
// it is the growing list of members, which can be as short as five bytes.
func allocationBound(n int) int { return 96*n + 64<<10 }

func TestParseTakesMemoryInProportion(t *testing.T) {
	long := strings.Repeat("x", 100<<10)
	for name, source := range map[string]string{
		"members":      members(rawjson.MaxMembers),
		"same name":    "{" + strings.Repeat(`"":0,`, 50_000) + `"":0}`,
		"coded names":  "{" + strings.Repeat(`"\n`+long+`":0,`, 31) + `"":0}`,
		"coded name":   "{" + strings.Repeat(`"`+long+`":0,`, 31) + `"\n":0}`,
		"one string":   `{"s":"` + long + `"}`,
		"escapes":      `{"s":"` + strings.Repeat(`\u00e9`, 10_000) + `"}`,
		"digits":       `{"n":` + strings.Repeat("1", 1<<20),
		"open arrays":  `{"k":` + strings.Repeat("[", 1<<20),
		"open objects": strings.Repeat(`{"k":`, 1<<18),
		"open string":  `{"k":"` + strings.Repeat(`\\`, 1<<20),
	} {
		src := []byte(source)
		got := allocated(func() { _, _ = rawjson.Parse(src) })
		if got > allocationBound(len(src)) {
			t.Errorf("%s: %d bytes for %d", name, got, len(src))
		}
	}
}

func TestReadingCopiesNoValues(t *testing.T) {
	src := []byte(`{"a":1,"big":"` + strings.Repeat("x", 64<<10) + `","c":true}`)
	allocations := testing.AllocsPerRun(100, func() {
		o, err := rawjson.Parse(src)
		if value, ok := o.Get("big"); err != nil || !ok || len(value) != 64<<10+2 {
			t.Error("not read")
		}
	})
	if allocations > 2 {
		t.Errorf("%v allocations for three members", allocations)
	}
}

func BenchmarkParse(b *testing.B) {
	var many strings.Builder
	for i := range 700 {
		fmt.Fprintf(&many, `,"item%d":{"sku":%d,"name":"some text that is no escape \n","price":1.5}`, i, i)
	}
	for name, source := range map[string]string{
		"login": `{"_auth_user_id":"1","_auth_user_backend":"django.contrib.auth.backends.ModelBackend",` +
			`"_auth_user_hash":"` + strings.Repeat("0", 64) + `"}`,
		"many64K": "{" + many.String()[1:] + "}",
		"one64K":  `{"s":"` + strings.Repeat("x", 64<<10) + `"}`,
	} {
		src := []byte(source)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := rawjson.Parse(src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
