package safeurl_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/safeurl"
)

// The addresses by which redirects of Django and of others were led away.
var evil = []string{
	"", " ", "//evil.com", "///evil.com", "////evil.com", "/\\evil.com", "\\/evil.com",
	"\\\\evil.com", "\\evil.com", "/./\\evil.com", "/#/../\\evil.com", "/x/../\\evil.com", "./\\evil.com",
	"http:///evil.com", "http:/evil.com", "http:evil.com", "https:evil.com",
	"http://evil.com", "http:\\\\evil.com", "javascript:alert(1)", "\njavascript:alert(1)",
	"java\nscript:alert(1)", "data:text/html,x", "/\t/evil.com", "/\n/evil.com", "\t//evil.com",
	"\x00//evil.com", "\x1f//evil.com", "\u200b//evil.com", "\u2028//evil.com", "\ufeff//evil.com",
	"http://example.com@evil.com", "http://evil.com@example.com", "http://example.com:evil.com",
	"http://example.com\\@evil.com", "http://example.com.evil.com", "http://evil.com#example.com",
	"http://evil.com?example.com", "//example.com@evil.com", "//evil.com\\example.com",
	"http://example.com:80", "ftp://example.com", "http://999999999", "http:999999999",
	"http://ｅxample.com", "//ｅxample.com", "http://[", "http://]", "http://[::1", "http://[x]",
	"http://[1.2.3.4]", "http://a[::1]b]", "/a\x00b", "/a\u0085b", "//", "//?a", "//#a", "http://",
	"https://example.com\u00a0", "\u00a0https://example.com", "//\u00a0", "//\u3000", "// ", " /a", "/a ",
}

// unseen are characters that nobody sees, of all kinds that Unicode has.
const unseen = "\t\n\v\f\r \x00\x1f\x7f\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008" +
	"\u2009\u200a\u2028\u2029\u202f\u205f\u3000" + // spaces
	"\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2061\u2064\u2066\u2069\ufeff\ufff9" + // formats
	"\U000e0001\U000e0020\U000e007f" + // tags
	"\u034f\u115f\u1160\u17b4\u17b5\u180b\u180f\u2800\u3164\ufe00\ufe0f\uffa0\U000e0100" + // fillers, selectors
	"\ue000\ufdd0\uffff\u0378" // private, never assigned, unassigned

// TestNothingIsTrimmedBeforeTheCheck: nothing is passed over at the edges, since
// the caller redirects to the text as it came.
func TestNothingIsTrimmedBeforeTheCheck(t *testing.T) {
	hosts := []string{"example.com"}
	for _, good := range []string{"/", "/a", "/a?b=c", "//example.com", "https://example.com", "https://example.com/a#b"} {
		if !safeurl.Allowed(good, hosts, false) {
			t.Fatalf("Allowed(%q) is false", good)
		}
		for _, r := range unseen {
			for _, u := range []string{string(r) + good, good + string(r), string(r) + good + string(r), good + "\xff"} {
				if safeurl.Allowed(u, hosts, false) {
					t.Errorf("Allowed(%q)", u)
				}
			}
		}
	}
}

func TestAllowedRefuses(t *testing.T) {
	for _, u := range evil {
		for _, https := range []bool{false, true} {
			if safeurl.Allowed(u, []string{"example.com"}, https) {
				t.Errorf("Allowed(%q, example.com, %t)", u, https)
			}
		}
	}
}

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		url         string
		http, https bool // whether it is allowed from a page of that scheme
	}{
		{"/", true, true},
		{"/a/b?next=//evil.com#x", true, true},
		{`/search?q=\`, true, true},
		{`/#\`, false, false}, // see the comment on Allowed
		{"a/b", true, true},
		{"?page=2", true, true},
		{"1:2", true, true},
		{"/ü", true, true},
		{"/a b", true, true},
		{"/\u3042\u0301", true, true}, // a mark at the end is seen
		{"http://example.com", true, false},
		{"http://example.com/a", true, false},
		{"HTTP://example.com/a", true, false},
		{"//example.com/a", true, false},
		{"https://example.com/a", true, true},
		{"https://[::1]:8000/a", true, true},
		{"https://EXAMPLE.com/", false, false},
		{"https://other.com/", false, false},
		{"/" + strings.Repeat("ü", 2047), true, true},
		{"/" + strings.Repeat("ü", 2048), false, false},
	} {
		hosts := []string{"example.com", "[::1]:8000"}
		if got := safeurl.Allowed(c.url, hosts, false); got != c.http {
			t.Errorf("from HTTP: Allowed(%q) = %t", c.url, got)
		}
		if got := safeurl.Allowed(c.url, hosts, true); got != c.https {
			t.Errorf("from HTTPS: Allowed(%q) = %t", c.url, got)
		}
	}
}

func TestLoginRedirectKeepsTheRest(t *testing.T) {
	for _, c := range []struct{ next, login, want string }{
		{"/a", "", "?next=/a"},
		{"", "/login/", "/login/?next="},
		{"/a", "/login/?next=x&a=1&next=y", "/login/?next=/a&a=1"},
		{"/a", "/login/?a=b+c&d=%zz&&e", "/login/?a=b%20c&d=%25zz&e=&next=/a"},
		{"/\r\nSet-Cookie: a", "/é", "/%C3%A9?next=/%0D%0ASet-Cookie%3A%20a"},
		{"/a", "//[bad", "//[bad"},
	} {
		if got := safeurl.LoginRedirect(c.next, c.login); got != c.want {
			t.Errorf("LoginRedirect(%q, %q) = %q, want %q", c.next, c.login, got, c.want)
		}
	}
}

func TestSplit(t *testing.T) {
	for raw, want := range map[string]safeurl.URL{
		"":                             {},
		"HTTP://h:1/p/?q=?#f#":         {Scheme: "http", Host: "h:1", Path: "/p/", Query: "q=?", Fragment: "f#"},
		"http:/p":                      {Scheme: "http", Path: "/p"},
		"p:q":                          {Scheme: "p", Path: "q"},
		"1:q":                          {Path: "1:q"},
		"a_b:q":                        {Path: "a_b:q"},
		":q":                           {Path: ":q"},
		"//h?q":                        {Host: "h", Query: "q"},
		"//h#f":                        {Host: "h", Fragment: "f"},
		"///p":                         {Path: "/p"},
		"\x00 \tht\ntps://h\r/\tp ":    {Scheme: "https", Host: "h", Path: "/p "},
		"//u:p@[2001:db8::1%25eth]:8/": {Host: "u:p@[2001:db8::1%25eth]:8", Path: "/"},
	} {
		if got, err := safeurl.Split(raw); err != nil || got != want {
			t.Errorf("Split(%q) = %+v, %v; want %+v", raw, got, err, want)
		}
	}
	for _, raw := range []string{
		"//[", "//]", "//a]b", "//[::1", "//[]", "//[1.2.3.4]", "//[x]", "//h h", "//h\x7f", `//h\h`, "//ü",
	} {
		if got, err := safeurl.Split(raw); err == nil {
			t.Errorf("Split(%q) = %+v", raw, got)
		}
	}
}

// FuzzAllowed holds the promise of the package: what is allowed stays on the
// host, as a browser reads it, whether it is sent as it is or goes through
// http.Redirect on some page.
func FuzzAllowed(f *testing.F) {
	for _, u := range evil {
		f.Add(u, "/accounts/login/")
	}
	for _, u := range []string{"/", "a", "?a", "#a", "//example.com/a", "https://example.com", ".", "..", "//\u00a0", "https://example.com\u00a0"} {
		f.Add(u, "/")
	}
	f.Fuzz(func(t *testing.T, next, page string) {
		for _, scheme := range []string{"http", "https"} {
			if !safeurl.Allowed(next, []string{"example.com"}, scheme == "https") {
				continue
			}
			mustStay(t, scheme, next, next)
			if !strings.HasPrefix(page, "/") || strings.Contains(page, `\`) {
				page = "/accounts/login/"
			}
			r := httptest.NewRequest("POST", "/", nil)
			r.URL.Path = page
			w := httptest.NewRecorder()
			http.Redirect(w, r, next, http.StatusSeeOther)
			mustStay(t, scheme, next, w.Header().Get("Location"))
		}
	})
}

func mustStay(t *testing.T, scheme, next, location string) {
	t.Helper()
	gotScheme, host := resolve(scheme, location)
	downgraded := scheme == "https" && gotScheme != "https"
	if host != "example.com" || downgraded || gotScheme != "http" && gotScheme != "https" {
		t.Errorf("from %s://example.com/, %q as %q leads to %s://%s",
			scheme, next, location, gotScheme, host)
	}
}

// resolve finds scheme and host of where a browser goes from a page of
// example.com, by the WHATWG rules for schemes like http.
func resolve(base, ref string) (scheme, host string) {
	ref = strings.TrimFunc(ref, func(r rune) bool { return r <= ' ' })
	ref = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(ref)
	scheme, host = base, "example.com"
	if i := strings.IndexFunc(ref, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.", r)
	}); i > 0 && ref[i] == ':' && !strings.ContainsRune("0123456789+-.", rune(ref[0])) {
		scheme, ref = strings.ToLower(ref[:i]), ref[i+1:]
		if scheme != "http" && scheme != "https" {
			return scheme, ""
		}
		if scheme != base { // then slashes may be missing
			ref = "//" + strings.TrimLeft(ref, `/\`)
		}
	}
	if len(ref) < 2 || !strings.Contains(`/\`, ref[:1]) || !strings.Contains(`/\`, ref[1:2]) {
		return scheme, host
	}
	host = strings.TrimLeft(ref, `/\`)
	if i := strings.IndexAny(host, `/\?#`); i >= 0 {
		host = host[:i]
	}
	if host == "" {
		return base, "example.com" // it is not an address, and the browser stays
	}
	return scheme, host[strings.LastIndexByte(host, '@')+1:]
}

// FuzzSplit holds that an address put together again splits the same.
func FuzzSplit(f *testing.F) {
	for _, u := range append(evil, "a:b?c#d", "http://h/p?q#f", "?#", "//h") {
		f.Add(u)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := safeurl.Split(raw)
		if err != nil {
			return
		}
		if u.Scheme != strings.ToLower(u.Scheme) || strings.ContainsAny(u.Host, "/?#") {
			t.Errorf("Split(%q) = %+v", raw, u)
		}
		if u.Host == "" {
			return // the path alone may read as more than a path
		}
		if again, err := safeurl.Split(u.String()); err != nil || again != u {
			t.Errorf("%q splits into %+v, put together and split %+v, %v", raw, u, again, err)
		}
	})
}
