package httpcookie_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/httpcookie"
)

func TestCookieIsSecureAsTheOptionsSay(t *testing.T) {
	for _, c := range []struct {
		attributes httpcookie.Attributes
		host       string
		secure     bool
	}{
		{httpcookie.Attributes{Name: "sessionid"}, "localhost", false},
		{httpcookie.Attributes{Name: "sessionid"}, "example.com", true},
		{httpcookie.Attributes{Name: "sessionid", Secure: true}, "localhost", true},
		{httpcookie.Attributes{Name: "sessionid", Insecure: true}, "example.com", false},
		{httpcookie.Attributes{Name: "__Host-sessionid"}, "localhost", true},
		{httpcookie.Attributes{Name: "__Secure-sessionid"}, "localhost", true},
	} {
		r := &http.Request{Host: c.host, ProtoMajor: 1, ProtoMinor: 1}
		if got := c.attributes.Cookie(r, "x"); got.Secure != c.secure {
			t.Errorf("%+v to %s: Secure %t", c.attributes, c.host, got.Secure)
		}
	}
}

// TestCheckKnowsWhatBrowsersRefuse: RFC 6265bis, 4.1.3 and 5.7.
func TestCheckKnowsWhatBrowsersRefuse(t *testing.T) {
	for _, c := range []struct {
		attributes httpcookie.Attributes
		want       string // in the error; empty is none
	}{
		{httpcookie.Attributes{Name: "a", Path: "/a b", Domain: "example.com"}, ""},
		{httpcookie.Attributes{Name: "__Host-a", Path: "/"}, ""},
		{httpcookie.Attributes{Name: "a", SameSite: http.SameSiteNoneMode}, ""},
		{httpcookie.Attributes{Name: "a", Secure: true, Insecure: true}, "exclude each other"},
		{httpcookie.Attributes{Name: "a", Insecure: true, SameSite: http.SameSiteNoneMode}, "SameSite=None"},
		{httpcookie.Attributes{Name: "__Secure-a", Insecure: true}, "not Secure"},
		{httpcookie.Attributes{Name: "__Http-a", Scriptable: true}, "scripts can read"},
		{httpcookie.Attributes{Name: "__Host-a", Path: "/", Domain: "example.com"}, "no domain"},
		{httpcookie.Attributes{Name: "__host-a", Path: "/a"}, `the path "/"`},
		{httpcookie.Attributes{Name: "a b"}, "cookie name"},
		{httpcookie.Attributes{Name: "a", Domain: "a;b"}, "cookie domain"},
		{httpcookie.Attributes{Name: "a", Path: "/\n"}, "cookie path"},
	} {
		switch err := c.attributes.Check(); {
		case c.want == "" && err != nil:
			t.Errorf("%+v: %v", c.attributes, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%+v: %v, want %q", c.attributes, err, c.want)
		}
	}
}
