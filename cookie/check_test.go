package cookie_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/httpcookie"
)

func TestCheckRefusesWhatBrowsersDrop(t *testing.T) {
	const none = http.SameSiteNoneMode
	for _, c := range []struct {
		options cookie.Options
		field   string
		want    string // in the reason
	}{
		{cookie.Options{Name: " "}, "Name", "letters"},
		{cookie.Options{Name: "my session"}, "Name", "letters"},
		{cookie.Options{Name: "a=b"}, "Name", "letters"},
		{cookie.Options{Name: "a;b"}, "Name", "letters"},
		{cookie.Options{Name: "a\r\nSet-Cookie: b"}, "Name", "letters"},
		{cookie.Options{Name: "a\x00"}, "Name", "letters"},
		{cookie.Options{Name: "ü"}, "Name", "letters"},
		{cookie.Options{Name: strings.Repeat("a", 1025)}, "Name", "4096"},

		{cookie.Options{Domain: "example.com:8000"}, "Domain", "port"},
		{cookie.Options{Domain: "https://example.com"}, "Domain", "scheme"},
		{cookie.Options{Domain: "//example.com"}, "Domain", "path"},
		{cookie.Options{Domain: "example.com/"}, "Domain", "path"},
		{cookie.Options{Domain: "*.example.com"}, "Domain", "wildcard"},
		{cookie.Options{Domain: "*"}, "Domain", "wildcard"},
		{cookie.Options{Domain: "example.com other.com"}, "Domain", "letters"},
		{cookie.Options{Domain: " example.com"}, "Domain", "letters"},
		{cookie.Options{Domain: "example.com,"}, "Domain", "letters"},
		{cookie.Options{Domain: "example.com; Secure"}, "Domain", "letters"},
		{cookie.Options{Domain: "example.com\r\n"}, "Domain", "letters"},
		{cookie.Options{Domain: "example.com."}, "Domain", "letters"},
		{cookie.Options{Domain: "..example.com"}, "Domain", "letters"},
		{cookie.Options{Domain: "a..example.com"}, "Domain", "letters"},
		{cookie.Options{Domain: "-a.example.com"}, "Domain", "letters"},
		{cookie.Options{Domain: "."}, "Domain", "letters"},
		{cookie.Options{Domain: strings.Repeat("a", 64) + ".com"}, "Domain", "letters"},
		{cookie.Options{Domain: strings.Repeat("a.", 126) + "com"}, "Domain", "253"},
		{cookie.Options{Domain: "bücher.example"}, "Domain", "xn--"},
		{cookie.Options{Domain: "localhost"}, "Domain", "dot"},
		{cookie.Options{Domain: ".localhost"}, "Domain", "dot"},
		{cookie.Options{Domain: "com"}, "Domain", "dot"},
		{cookie.Options{Domain: "127.0.0.1"}, "Domain", "address"},
		{cookie.Options{Domain: ".127.0.0.1"}, "Domain", "address"},
		{cookie.Options{Domain: "10.1"}, "Domain", "address"},
		{cookie.Options{Domain: "0x7f.1"}, "Domain", "address"},
		{cookie.Options{Domain: "1.0x7F"}, "Domain", "address"},
		{cookie.Options{Domain: "2130706433"}, "Domain", "address"},
		{cookie.Options{Domain: "::1"}, "Domain", "address"},
		{cookie.Options{Domain: "[::1]"}, "Domain", "address"},
		{cookie.Options{Domain: "[::1]:8000"}, "Domain", "port"},

		{cookie.Options{Path: "app"}, "Path", `begins with "/"`},
		{cookie.Options{Path: " /"}, "Path", `begins with "/"`},
		{cookie.Options{Path: "/a b"}, "Path", "%20"},
		{cookie.Options{Path: "/;HttpOnly"}, "Path", "%20"},
		{cookie.Options{Path: "/\n"}, "Path", "%20"},
		{cookie.Options{Path: "/\x7f"}, "Path", "%20"},
		{cookie.Options{Path: "/ü"}, "Path", "%20"},
		{cookie.Options{Path: "/?a"}, "Path", "%20"},
		{cookie.Options{Path: "/" + strings.Repeat("a", 1024)}, "Path", "1024"},

		{cookie.Options{SameSite: none + 1}, "SameSite", "constant"},
		{cookie.Options{SameSite: -1}, "SameSite", "constant"},
		{cookie.Options{SameSite: none, Secure: cookie.SecureNeverUnsafe}, "SameSite", "not Secure"},
		{cookie.Options{Secure: -1}, "Secure", "SecureAuto"},
		{cookie.Options{Secure: 3}, "Secure", "SecureAuto"},
		{cookie.Options{Partitioned: true}, "Partitioned", "SameSite=None"},
		{cookie.Options{Partitioned: true, SameSite: http.SameSiteStrictMode}, "Partitioned", "SameSite=None"},
		{
			cookie.Options{Partitioned: true, SameSite: none, Secure: cookie.SecureNeverUnsafe},
			"SameSite", "not Secure",
		},

		{cookie.Options{Name: "__Secure-a", Secure: cookie.SecureNeverUnsafe}, "Secure", "not Secure"},
		{cookie.Options{Name: "__Host-a", Secure: cookie.SecureNeverUnsafe}, "Secure", "not Secure"},
		{cookie.Options{Name: "__http-a", Secure: cookie.SecureNeverUnsafe}, "Secure", "not Secure"},
		{cookie.Options{Name: "__Http-a", Scriptable: true}, "Scriptable", "scripts can read"},
		{cookie.Options{Name: "__host-HTTP-a", Scriptable: true}, "Scriptable", "scripts can read"},
		{cookie.Options{Name: "__Host-a", Domain: "example.com"}, "Domain", "has a domain"},
		{cookie.Options{Name: "__hOSt-a", Domain: "example.com"}, "Domain", "has a domain"},
		{cookie.Options{Name: "__Host-Http-a", Path: "/a"}, "Path", `path other than "/"`},
	} {
		err := c.options.Check()
		wrong, ok := errors.AsType[*httpcookie.FieldError](err)
		if !ok || wrong.Field != c.field || !strings.Contains(wrong.Reason, c.want) {
			t.Errorf("%+v: %v, want %s: %q", c.options, err, c.field, c.want)
		}
	}
}

func TestCheckAllowsWhatBrowsersKeep(t *testing.T) {
	for _, o := range []cookie.Options{
		{},
		{Name: "sessionid", Path: "/", SameSite: http.SameSiteLaxMode},
		{Name: "!#$%&'*+-.^_`|~09azAZ", Path: "/a%20b/~user:1,2@!$&'()*+="},
		{Name: "__Host-a", Path: "/"},
		{Name: "__Host-a"},
		{Name: "__Host-a", Scriptable: true},
		{Name: "__Secure-a", Domain: "example.com", Path: "/a"},
		{Name: "__Hos", Domain: ".EXAMPLE.com"},
		{Domain: "a_b.xn--bcher-kva.example"},
		{Domain: "1.example.com"},
		{SameSite: http.SameSiteNoneMode},
		{SameSite: http.SameSiteDefaultMode, Secure: cookie.SecureNeverUnsafe, Scriptable: true},
		{SameSite: http.SameSiteNoneMode, Partitioned: true, Name: "__Host-a"},
		{SameSite: http.SameSiteNoneMode, Partitioned: true, Secure: cookie.SecureAlways},
	} {
		if err := o.Check(); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// FuzzCheck: what passes has nothing in it that could begin another attribute
// or header, or be anything but a host and a path.
func FuzzCheck(f *testing.F) {
	f.Add("sessionid", "example.com", "/")
	f.Add("__Host-a", "", "/")
	f.Add("a\r\nSet-Cookie: b", "a; Secure", "/;")
	f.Add("a", "[::1]", "/\x7f")
	f.Add("a", ".0x.1", "/ü")
	f.Fuzz(func(t *testing.T, name, domain, path string) {
		err := cookie.Options{Name: name, Domain: domain, Path: path}.Check()
		if wrong, ok := errors.AsType[*httpcookie.FieldError](err); ok {
			if wrong.Field == "" || wrong.Reason == "" {
				t.Fatalf("%#v", wrong)
			}
			return
		}
		c := http.Cookie{Name: name, Value: "v", Domain: domain, Path: path}
		if name == "" {
			c.Name = "sessionid"
		}
		if err := c.Valid(); err != nil {
			t.Fatalf("net/http refuses it: %v", err)
		}
		if strings.ContainsAny(name+domain+path, " ;,\r\n\x00\x7f") && !strings.Contains(path, ",") {
			t.Fatalf("%q %q %q", name, domain, path)
		}
	})
}

// TestDomainIsWrittenInPunycode: the error says how.
func TestDomainIsWrittenInPunycode(t *testing.T) {
	err := cookie.Options{Domain: ".bücher.example"}.Check()
	if err == nil || !strings.Contains(err.Error(), "write punycode: .xn--bcher-kva.example") {
		t.Errorf("got %v", err)
	}
}
