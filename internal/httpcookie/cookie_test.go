package httpcookie_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/httpcookie"
)

func ExampleCookie() {
	c := httpcookie.Cookie{Name: "theme", Value: "dark; mode", Path: "/", SameSite: http.SameSiteLaxMode}
	fmt.Println(c)
	// Output: theme="dark\073 mode"; Path=/; SameSite=Lax
}

func TestStringPanicsOnWhatWouldSplitTheHeader(t *testing.T) {
	for _, c := range []httpcookie.Cookie{
		{Name: ""},
		{Name: "a b"},
		{Name: "a=b"},
		{Name: "a;b"},
		{Name: "a\r\nSet-Cookie: b"},
		{Name: "a\x00"},
		{Name: "ü"},
		{Name: "a", Domain: "example.com; Secure"},
		{Name: "a", Domain: "example.com\r\n"},
		{Name: "a", Path: "/;HttpOnly"},
		{Name: "a", Path: "/\n"},
		{Name: "a", Path: "/\x7f"},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%#v: no panic", c)
				}
			}()
			_ = c.String()
		}()
	}
}

func TestSessionKeysNeedNoQuotes(t *testing.T) {
	const value = "abcdefghijklmnopqrstuvwxyz0123456789:-_.!#$%&'*+^`|~"
	if got, want := (httpcookie.Cookie{Name: "a", Value: value}).String(), "a="+value; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestPartitionedStandsWherePythonWritesIt: since 3.14, between Max-Age and
// Path, since http.cookies sorts the attributes.
func TestPartitionedStandsWherePythonWritesIt(t *testing.T) {
	c := httpcookie.Cookie{
		Name: "a", Value: "b", Domain: "x.y", Path: "/", Persistent: true, MaxAge: 5,
		Expires: time.Unix(5, 0), HTTPOnly: true, Secure: true, SameSite: http.SameSiteNoneMode, Partitioned: true,
	}
	const want = "a=b; Domain=x.y; expires=Thu, 01 Jan 1970 00:00:05 GMT; HttpOnly; Max-Age=5; Partitioned; " +
		"Path=/; SameSite=None; Secure"
	if got := c.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSameSiteIsLeftOutUnlessChosen(t *testing.T) {
	for mode, want := range map[http.SameSite]string{
		0:                          "a=b",
		http.SameSiteDefaultMode:   "a=b",
		http.SameSiteLaxMode:       "a=b; SameSite=Lax",
		http.SameSiteStrictMode:    "a=b; SameSite=Strict",
		http.SameSiteNoneMode:      "a=b; SameSite=None",
		http.SameSiteNoneMode + 10: "a=b",
	} {
		if got := (httpcookie.Cookie{Name: "a", Value: "b", SameSite: mode}).String(); got != want {
			t.Errorf("SameSite %d: got %s, want %s", mode, got, want)
		}
	}
}

// FuzzCookie holds the promise that no text makes a header of its own, and
// that what is sent is read back.
func FuzzCookie(f *testing.F) {
	f.Add("sessionid", "abc", "example.com", "/")
	f.Add("a", "b\r\nSet-Cookie: c=d", "", "/")
	f.Add("a", "\x00\x7f\"\\;,\xff é ☃ \u0085\ufffd", "x", "/\r\n")
	f.Add("a;b", `\073`, ";", "")
	f.Fuzz(func(t *testing.T, name, value, domain, path string) {
		c := httpcookie.Cookie{
			Name: name, Value: value, Domain: domain, Path: path,
			Persistent: true, Expires: time.Unix(0, 0),
		}
		if (cookie.Options{Name: "a" + name, Domain: domain, Path: path}).Check() != nil {
			c.Name, c.Domain, c.Path = url.QueryEscape("a"+name), "", "/"
		} else {
			c.Name = "a" + name
		}
		text := c.String()
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Fatalf("control character in %q", text)
		}
		pair, _, _ := strings.Cut(text, ";")
		got, ok := httpcookie.Lookup(http.Header{"Cookie": {pair}}, c.Name)
		if want := latin1(value); !ok || got != want {
			t.Fatalf("sent %q as %s, read back %q, want %q", value, pair, got, want)
		}
	})
}

// latin1 is s as a text of Python's: bytes that are not UTF-8 stand for the
// characters of their number.
func latin1(s string) string {
	var b strings.Builder
	for i, r := range s {
		if r == '\ufffd' && !strings.HasPrefix(s[i:], "\ufffd") {
			r = rune(s[i])
		}
		b.WriteRune(r)
	}
	return b.String()
}

// TestLastCountsSecondsInFull, on systems with 32 bits, too, where a century of
// them exceeds an int.
func TestLastCountsSecondsInFull(t *testing.T) {
	now := time.Unix(0, 0)
	for age, want := range map[time.Duration]string{
		time.Second:                     "1970 00:00:01 GMT; Max-Age=1",
		1<<31*time.Second - 1:           "2038 03:14:07 GMT; Max-Age=2147483647",
		1<<31*time.Second + time.Second: "2038 03:14:09 GMT; Max-Age=2147483649",
		100 * 365 * 24 * time.Hour:      "2069 00:00:00 GMT; Max-Age=3153600000",
		1<<63 - 1:                       "2262 23:47:16 GMT; Max-Age=9223372036",
	} {
		c := httpcookie.Cookie{Name: "a", Value: "b"}
		c.Last(age, now)
		if got := c.String(); !strings.HasSuffix(got, want) {
			t.Errorf("%v: %s, want %s", age, got, want)
		}
	}
}
