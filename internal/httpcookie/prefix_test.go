package httpcookie_test

import (
	"testing"

	"github.com/jamsession/jamsession/internal/httpcookie"
)

func TestPrefixes(t *testing.T) {
	for name, want := range map[string][3]bool{ // Secure, host only, HttpOnly
		"sessionid":     {},
		"__other":       {},
		"__Secure-a":    {true, false, false},
		"__host-a":      {true, true, false},
		"__Http-a":      {true, false, true},
		"__HOST-HTTP-a": {true, true, true},
	} {
		got := [3]bool{
			httpcookie.NeedsSecure(name), httpcookie.NeedsHost(name), httpcookie.NeedsHTTPOnly(name),
		}
		if got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestWithoutPrefix(t *testing.T) {
	for name, want := range map[string]string{
		"a": "a", "": "", "__Host-a": "a", "__host-a": "a", "__Secure-a": "a", "__Http-a": "a", "__Host-Http-a": "a",
		"__Host-": "", "__Host-__Secure-a": "__Secure-a", "a__Host-": "a__Host-",
	} {
		if got := httpcookie.WithoutPrefix(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
