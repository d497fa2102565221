package diffsettings

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/djangotest"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]any{
		`None`: nil, `True`: true, `False`: false,
		`42`: int64(42), `-1`: int64(-1), `1e+16`: 1e16, `-0.5`: -0.5,
		`123456789012345678901234567890`: Opaque{},
		`'plain'`:                        "plain",
		`"it's"`:                         "it's",
		`'it\'s "quoted" \\ \n\t\x00'`:   "it's \"quoted\" \\ \n\t\x00",
		`'é \xe9 \u2028 \U0001f600'`:     "é é \u2028 😀",
		`b'\xff\'"'`:                     Bytes("\xff'\""),
		`[]`:                             []any{},
		`('a',)`:                         []any{"a"},
		`['a', ('b', 1)]`:                []any{"a", []any{"b", int64(1)}},
		`{'a', 'b'}`:                     []any{"a", "b"},
		`{}`:                             Dict{},
		`{'a': {'b': None}, 1: 2}`:       Dict{{"a", Dict{{"b", nil}}}, {int64(1), int64(2)}},
		`set()`:                          Call{Name: "set"},
		`PosixPath('/srv')`:              Call{"PosixPath", []any{"/srv"}},
		`datetime.timedelta(days=14)`:    Call{Name: "datetime.timedelta"},
		`re.compile('^/x', re.IGNORECASE)`: Call{
			"re.compile", []any{"^/x", Opaque{}},
		},
		`<django.utils.functional.lazy.<locals>.__proxy__ object at 0x7f>`: Opaque{},
		`[<class 'a.B'>, <SafeString '>'>, <it's>]`:                        []any{Opaque{}, Opaque{}, Opaque{}},
	} {
		if got, err := Parse(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v, want %#v", text, got, err, want)
		}
	}
}

func TestParseRefusesOtherText(t *testing.T) {
	for _, text := range []string{
		"", "'", "'a", `'\`, `'\x0`, `'\u12'`, `b'\u0041'`, `'\Uffffffff'`, "[", "[1", "[1 2]", "[,]", "{1:", "{1:2",
		"{1:2,3}", "{1,", "f(", "f(1 2)", "f(a=", "<", "<<>", "1 2", "1.2.3", "'a' 'b'", "?",
		strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), strings.Repeat("{", 90),
	} {
		if got, err := Parse(text); err == nil {
			t.Errorf("%.20q gives %#v", text, got)
		}
	}
}

const complete = "SECRET_KEY = 'k'\n### SESSION_ENGINE = 'e'\n### AUTH_USER_MODEL = 'u'\n" +
	"USE_TZ = True\nDATABASES = {}\n"

func TestReadTakesBothForms(t *testing.T) {
	got, err := Read(strings.NewReader("printed by the settings\n" + complete +
		"  A = 1\n- B = 1\n+ B = 2\n+ C = 3\nD = 'x ###'  ###\nE = ???\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{
		"SECRET_KEY": "k", "SESSION_ENGINE": "e", "AUTH_USER_MODEL": "u", "USE_TZ": true, "DATABASES": Dict{},
		"A": int64(1), "B": int64(2), "C": int64(3), "D": "x ###", "E": Opaque{},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%#v, want %#v", got, want)
	}
}

// TestReadWantsAll: without --all, a missing setting may be anything.
func TestReadWantsAll(t *testing.T) {
	for _, text := range []string{"", "SECRET_KEY = 'x'\n", strings.Replace(complete, "USE_TZ", "OTHER", 1)} {
		if _, err := Read(strings.NewReader(text)); !errors.Is(err, ErrIncomplete) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestReadUnderstandsDjango: what a real Django prints, in both forms, with
// values of many types.
func TestReadUnderstandsDjango(t *testing.T) {
	key := `quo"te's \ é` + "\t\u2028"
	site := djangotest.Site(t, t.TempDir()+"/db.sqlite3", "unused", `
import datetime, pathlib, re
from django.utils.translation import gettext_lazy
SECRET_KEY = `+fmt.Sprintf("%+q", key)+`
LANGUAGES = [("en", gettext_lazy("English"))]
SESSION_COOKIE_AGE = datetime.timedelta(days=1).total_seconds()
CSRF_TRUSTED_ORIGINS = ("https://a.example", "https://b.example")
PASSWORD_RESET_TIMEOUT = 60 * 60
OTHER = [datetime.timedelta(1), pathlib.Path("/srv"), re.compile("<"), b"\xff", {1, 2}, lambda: 0]
UNKNOWN = object()
`)
	for _, form := range []string{"hash", "unified"} {
		got, err := Read(strings.NewReader(site.Manage("diffsettings", "--all", "--output", form)))
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]any{
			"SECRET_KEY": key, "SESSION_COOKIE_AGE": 86400.0, "PASSWORD_RESET_TIMEOUT": int64(3600),
			"CSRF_TRUSTED_ORIGINS": []any{"https://a.example", "https://b.example"},
			"SESSION_ENGINE":       "django.contrib.sessions.backends.db",
			"CSRF_COOKIE_DOMAIN":   nil,
		} {
			if !reflect.DeepEqual(got[name], want) {
				t.Errorf("%s: %s is %#v, want %#v", form, name, got[name], want)
			}
		}
		if other, _ := got["OTHER"].([]any); len(other) != 6 || other[3] != Bytes("\xff") {
			t.Errorf("%s: OTHER is %#v", form, got["OTHER"])
		}
		for name, value := range got {
			if (value == Opaque{}) && name != "UNKNOWN" {
				t.Errorf("%s: %s is not understood", form, name)
			}
		}
	}
}

// FuzzParse: no text makes it panic or run away, and any text between quotes is
// read as it is.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`None`, `-1.5e3`, `"it's"`, `'\x00\u2028'`, `b'\xff'`, `[1, (2,), {3}]`, `{'a': f('b', c=1)}`, `<a 'b' <c>>`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if value, err := Parse(text); err == nil && value == nil && !strings.Contains(text, "None") {
			t.Errorf("%q is None", text)
		}
		quoted := "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
		if value, err := Parse(quoted); err != nil || value != text {
			t.Errorf("%s gives %#v, %v", quoted, value, err)
		}
	})
}
