package httpcookie_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/httpcookie"
)

func TestLookup(t *testing.T) {
	for _, c := range []struct {
		about string
		lines []string
		name  string
		want  string
		ok    bool
	}{
		{"no header", nil, "a", "", false},
		{"empty header", []string{""}, "", "", false},
		{"only separators", []string{" ; ;\t;="}, "", "", false},
		{"absent", []string{"a=b; c=d"}, "e", "", false},
		{"empty value is there", []string{"a="}, "a", "", true},
		{"the last duplicate wins", []string{"a=1; b=2; a=3; c=4"}, "a", "3", true},
		{"the last line wins", []string{"a=1; b=2", "a=3", "c=4"}, "a", "3", true},
		{"an earlier line", []string{"a=1; b=2", "c=4"}, "b", "2", true},
		{"names keep their case", []string{"a=1; A=2"}, "a", "1", true},
		{"names are not decoded", []string{"%61=1"}, "a", "", false},
		{"prefix of a name", []string{"aa=1"}, "a", "", false},
		{"one quote", []string{`a="`}, "a", `"`, true},
		{"empty quotes", []string{`a=""`}, "a", "", true},
		{"quotes and no escape", []string{`a="b c"`}, "a", "b c", true},
		{"the semicolon ends a quoted value", []string{`a="b;c"`}, "a", `"b`, true},
		{"largest octal", []string{`a="\377"`}, "a", "ÿ", true},
		{"octal beyond a byte", []string{`a="\477"`}, "a", "477", true},
		{"octal with an 8", []string{`a="\078"`}, "a", "078", true},
		{"octal cut short", []string{`a="\07"`}, "a", "07", true},
		{"backslash at the end", []string{`a="b\"`}, "a", `b\`, true},
		{"escaped backslash before octal", []string{`a="\\073"`}, "a", `\073`, true},
		{"escaped letter beyond ASCII", []string{`a="\é"`}, "a", "é", true},
	} {
		t.Run(c.about, func(t *testing.T) {
			h := http.Header{"Cookie": c.lines}
			if got, ok := httpcookie.Lookup(h, c.name); got != c.want || ok != c.ok {
				t.Errorf("Lookup(%q, %q) = %q, %t; want %q, %t", c.lines, c.name, got, ok, c.want, c.ok)
			}
		})
	}
}

// A page of a sibling host may set such a cookie, since for the browser its
// name has no prefix.
func TestUnicodeSpaceIsPartOfTheName(t *testing.T) {
	for _, space := range []string{"\u2000", "\u00a0", "\u0085", "\u3000", "\v", "\f"} {
		h := http.Header{"Cookie": {"__Host-sid=good; " + space + "__Host-sid=evil"}}
		if got, _ := httpcookie.Lookup(h, "__Host-sid"); got != "good" {
			t.Errorf("space %+q: got %q", space, got)
		}
	}
}

func TestLookupDoesNotAllocate(t *testing.T) {
	h := http.Header{"Cookie": {`theme="dark"; sessionid=abcdefghijklmnopqrstuvwxyz012345; x=y`}}
	for _, name := range []string{"sessionid", "theme", "none"} {
		if n := testing.AllocsPerRun(100, func() { httpcookie.Lookup(h, name) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// FuzzLookup compares with a second reading of the rule, from the front, and
// with net/http where net/http accepts every cookie.
func FuzzLookup(f *testing.F) {
	for _, line := range []string{
		"a=b", "a=b; a=c", "a", "=", "=a", ";;a=;", `a="\073"`, `a="b;c"`, "\u2000a=b", " a\t=\tb ",
	} {
		f.Add(line, "a")
		f.Add(line, "")
	}
	f.Fuzz(func(t *testing.T, line, name string) {
		h := http.Header{"Cookie": {line}}
		got, ok := httpcookie.Lookup(h, name)
		want, wantOK := "", false
		for _, part := range strings.Split(line, ";") {
			key, val, found := strings.Cut(part, "=")
			if !found {
				key, val = "", part
			}
			key, val = strings.Trim(key, " \t"), strings.Trim(val, " \t")
			if (key != "" || val != "") && key == name {
				want, wantOK = val, true
			}
		}
		if ok != wantOK || (!strings.HasPrefix(want, `"`) && got != want) || len(got) > 2*len(want) {
			t.Fatalf("Lookup(%q, %q) = %q, %t; want %q, %t", line, name, got, ok, want, wantOK)
		}
		if strings.ContainsAny(line, "\\\r\n") {
			return // net/http knows no escapes, and trims line ends
		}
		last := map[string]string{}
		cookies, _ := http.ParseCookie(line)
		for _, c := range cookies {
			last[c.Name] = c.Value
			if !c.Quoted {
				last[c.Name] = strings.Trim(c.Value, " \t")
			}
		}
		for name, want := range last {
			if got, _ := httpcookie.Lookup(h, name); got != want {
				t.Fatalf("%q: Lookup(%q) = %q, net/http says %q", line, name, got, want)
			}
		}
	})
}

// BenchmarkLookup compares Lookup with net/http, which parses all cookies.
func BenchmarkLookup(b *testing.B) {
	h := http.Header{"Cookie": {"theme=dark; sessionid=abcdefghijklmnopqrstuvwxyz012345; csrftoken=x"}}
	b.Run("httpcookie", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			httpcookie.Lookup(h, "sessionid")
		}
	})
	b.Run("net_http", func(b *testing.B) {
		r := &http.Request{Header: h}
		b.ReportAllocs()
		for b.Loop() {
			_, _ = r.Cookie("sessionid")
		}
	})
}
