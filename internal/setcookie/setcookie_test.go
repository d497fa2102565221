package setcookie_test

import (
	"net/http"
	"testing"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/setcookie"
)

func TestCookieIsSecureAsTheOptionsSay(t *testing.T) {
	for _, c := range []struct {
		options cookie.Options
		host    string
		secure  bool
	}{
		{cookie.Options{Name: "sessionid"}, "localhost", false},
		{cookie.Options{Name: "sessionid"}, "example.com", true},
		{cookie.Options{Name: "sessionid", Secure: cookie.SecureAlways}, "localhost", true},
		{cookie.Options{Name: "sessionid", Secure: cookie.SecureNeverUnsafe}, "example.com", false},
		{cookie.Options{Name: "__Host-sessionid"}, "localhost", true},
		{cookie.Options{Name: "__Secure-sessionid"}, "localhost", true},
		{cookie.Options{Name: "sessionid", SameSite: http.SameSiteNoneMode}, "localhost", true},
	} {
		r := &http.Request{Host: c.host, ProtoMajor: 1, ProtoMinor: 1}
		if got := setcookie.New(&c.options, r, "x"); got.Secure != c.secure {
			t.Errorf("%+v to %s: Secure %t", c.options, c.host, got.Secure)
		}
	}
}

func TestZeroOptionsAreSafe(t *testing.T) {
	o := setcookie.WithDefaults(cookie.Options{}, "name")
	c := setcookie.New(&o, &http.Request{Host: "example.com"}, "value")
	if got := c.String(); got != "name=value; HttpOnly; Path=/; SameSite=Lax; Secure" {
		t.Error(got)
	}
}

func TestOptionsBecomeAttributes(t *testing.T) {
	o := setcookie.WithDefaults(cookie.Options{
		Name: "n", Domain: "example.com", Path: "/p", SameSite: http.SameSiteNoneMode,
		Partitioned: true, Scriptable: true,
	}, "name")
	c := setcookie.New(&o, &http.Request{Host: "localhost"}, "value")
	const want = "n=value; Domain=example.com; Partitioned; Path=/p; SameSite=None; Secure"
	if got := c.String(); got != want {
		t.Error(got)
	}
}

// Browsers drop a Set-Cookie that breaks the promise of the name's prefix,
// so that the cookie would stay.
func TestRemovalKeepsThePromiseOfThePrefix(t *testing.T) {
	for _, c := range []struct {
		name             string
		sameSite         http.SameSite
		partitioned      bool
		secure, httpOnly bool
	}{
		{name: "sessionid"},
		{name: "sessionid", sameSite: http.SameSiteNoneMode, secure: true},
		{name: "sessionid", sameSite: http.SameSiteNoneMode, partitioned: true, secure: true},
		{name: "__Secure-a", secure: true},
		{name: "__Host-a", secure: true},
		{name: "__hOSt-a", secure: true},
		{name: "__Http-a", secure: true, httpOnly: true},
		{name: "__Host-Http-a", secure: true, httpOnly: true},
		{name: "__Hos"},
	} {
		got := setcookie.Removal(&cookie.Options{Name: c.name, Path: "/", SameSite: c.sameSite, Partitioned: c.partitioned})
		if got.Secure != c.secure || got.HTTPOnly != c.httpOnly || got.Partitioned != c.partitioned {
			t.Errorf("%s: Secure %t, HttpOnly %t", c.name, got.Secure, got.HTTPOnly)
		}
		if !got.Persistent || got.MaxAge != 0 || got.Expires.Unix() != 0 {
			t.Errorf("%s: it does not end at once: %s", c.name, got)
		}
	}
}
