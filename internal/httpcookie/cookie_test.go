package httpcookie_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

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
		if (httpcookie.Attributes{Name: c.Name, Domain: c.Domain, Path: c.Path}).Check() == nil {
			t.Errorf("Check(%q, %q, %q) = nil", c.Name, c.Domain, c.Path)
		}
	}
}

func TestSessionKeysNeedNoQuotes(t *testing.T) {
	const value = "abcdefghijklmnopqrstuvwxyz0123456789:-_.!#$%&'*+^`|~"
	if got, want := (httpcookie.Cookie{Name: "a", Value: value}).String(), "a="+value; got != want {
		t.Errorf("got %s, want %s", got, want)
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

// Browsers drop a Set-Cookie that breaks the promise of the name's prefix,
// so that the cookie would stay.
func TestRemovalKeepsThePromiseOfThePrefix(t *testing.T) {
	for _, c := range []struct {
		name             string
		sameSite         http.SameSite
		secure, httpOnly bool
	}{
		{name: "sessionid"},
		{name: "sessionid", sameSite: http.SameSiteNoneMode, secure: true},
		{name: "__Secure-a", secure: true},
		{name: "__Host-a", secure: true},
		{name: "__hOSt-a", secure: true},
		{name: "__Http-a", secure: true, httpOnly: true},
		{name: "__Host-Http-a", secure: true, httpOnly: true},
		{name: "__Hos"},
	} {
		got := httpcookie.Attributes{Name: c.name, Path: "/", SameSite: c.sameSite}.Removal()
		if got.Secure != c.secure || got.HTTPOnly != c.httpOnly {
			t.Errorf("%s: Secure %t, HttpOnly %t", c.name, got.Secure, got.HTTPOnly)
		}
		if !got.Persistent || got.MaxAge != 0 || got.Expires.Unix() != 0 {
			t.Errorf("%s: it does not end at once: %s", c.name, got)
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
		if (httpcookie.Attributes{Name: name, Domain: domain, Path: path}).Check() != nil {
			c.Name, c.Domain, c.Path = url.QueryEscape("a"+name), "", "/"
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

// latin1 is s as a text of Python's: bytes that are no UTF-8 stand for the
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
