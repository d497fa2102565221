package rawjson_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/rawjson"
)

// sound and unsound are values by Python's answer, which TestPython checks.
var (
	sound = append([]string{
		`0`, `-1`, `0.5`, `-0.0`, `1e5`, `1E-5`, `1.5e+07`, `10`, `-Infinity`,
		`"\"\\\/\b\f\n\r\t\u0041\uABcd"`, "\"\x7f\"", "\" \"", `[]`, `{}`, `[[],{}]`,
		`{"a":{"b":[1,2]}}`, ` 1 `, "\t\n\r []", `[1 ,2]`, `{"a" :1}`, `{ }`, `[ ]`,
	}, untouched...)

	unsound = []string{
		``, ` `, `01`, `-01`, `00`, `-`, `+1`, `.5`, `1.`, `-.5`, `1.e5`, `1e`, `1e+`, `1.5e`,
		`0x10`, `1_000`, `nan`, `-NaN`, `+Infinity`, `Infinit`, `inf`, `None`, `True`, `tru`, `truee`,
		`'a'`, `"`, `"a`, `"\"`, `"\x41"`, `"\u"`, `"\u12"`, `"\u12g4"`, `"\u 123"`, `"\'"`, "\"\n\"",
		"\"\x00\"", "\"\t\"", "\"0123456789\x1f\"", "\"\\n\x1f\"", `[`, `]`, `[1`, `[1,`, `[1,]`, `[,1]`, `[,]`, `[1 2]`, `{`, `}`,
		`{"a"`, `{"a":`, `{"a":1`, `{"a":1,}`, `{,}`, `{"a" 1}`, `{a:1}`, `{1:1}`, `{"a":1 "b":2}`,
		`{"a"::1}`, `[}`, `{]`, `1 2`, `{} {}`, "\ufeff1", "\x0b1", "\xa01", "1\x00", `// 1`, `/**/1`,
	}
)

func TestParseTakesWhatPythonTakes(t *testing.T) {
	for _, value := range sound {
		o := parse(t, `{"k":`+value+`}`)
		if o.Len() != 1 {
			t.Errorf("%q: %d members", value, o.Len())
		}
	}
}

func TestParseRefusesWhatPythonRefuses(t *testing.T) {
	for _, value := range unsound {
		_, err := rawjson.Parse([]byte(`{"k":` + value + `}`))
		var syntax *rawjson.SyntaxError
		if !errors.As(err, &syntax) || errors.Is(err, rawjson.ErrLimit) {
			t.Errorf("%q: got %v", value, err)
		}
	}
}

func TestControlCharactersAreRefusedAtEveryPlace(t *testing.T) {
	const plain = "0123456789abcdefghijklmn"
	for i := range len(plain) {
		for c := range byte(0x20) {
			text := plain[:i] + string(rune(c)) + plain[i+1:]
			_, err := rawjson.Parse([]byte(`{"k":"` + text + `"}`))
			var syntax *rawjson.SyntaxError
			if !errors.As(err, &syntax) || syntax.Offset != 6+i {
				t.Errorf("%q: got %v", text, err)
			}
		}
	}
}

func TestDepthIsNotWidth(t *testing.T) {
	wide := "[" + strings.Repeat("[],{},", rawjson.MaxDepth) + "[]]"
	o := parse(t, `{"a":`+wide+`,"b":`+wide+`}`)
	list := decoded[[]any](t, wide)
	if o.Len() != 2 || len(list) != 2*rawjson.MaxDepth+1 {
		t.Errorf("got %d members, %d elements", o.Len(), len(list))
	}
	if got := encode(t, list); got != wide {
		t.Errorf("written %s", got)
	}
}

func TestTheRootMustBeAnObject(t *testing.T) {
	for _, root := range []string{
		``, ` `, `null`, `1`, `"a"`, `[]`, `[{}]`, `{`, `{}}`, `{}x`, `{},`, "\xef\xbb\xbf{}", "{}\x00",
	} {
		_, err := rawjson.Parse([]byte(root))
		var syntax *rawjson.SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%q: got %v", root, err)
		}
	}
}

func TestSyntaxErrorsSayWhereAndShowNothing(t *testing.T) {
	for text, want := range map[string]struct {
		offset  int
		message string
	}{
		`{"secret":tru}`:           {10, "rawjson: no value at byte 10"},
		`{"secret":01}`:            {11, "rawjson: leading zero at byte 11"},
		`{"secret" 1}`:             {10, "rawjson: no colon at byte 10"},
		`{secret:1}`:               {1, "rawjson: no name at byte 1"},
		`{"s":1 "t":2}`:            {7, "rawjson: no comma or end at byte 7"},
		`{"s":1}secret`:            {7, "rawjson: more text after the object at byte 7"},
		"{\"s\":\"secret\n\"}":     {12, "rawjson: control character in a string at byte 12"},
		"{\"s\":\"\\\\secret\n\"}": {14, "rawjson: control character in a string at byte 14"},
		`{"s":"\x"}`:               {7, "rawjson: bad escape at byte 7"},
		`{"s":"secret`:             {12, "rawjson: string without end at byte 12"},
		`["secret"]`:               {0, "rawjson: no object at byte 0"},
		`{"s":1.}`:                 {7, "rawjson: no digit at byte 7"},
		`{"s":1e}`:                 {7, "rawjson: no digit at byte 7"},
	} {
		_, err := rawjson.Parse([]byte(text))
		var syntax *rawjson.SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%s: got %v", text, err)
			continue
		}
		if syntax.Offset != want.offset || syntax.Error() != want.message {
			t.Errorf("%s: got %v", text, err)
		}
	}
}
