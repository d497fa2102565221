package httpcookie_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/jamsession/jamsession/internal/httpcookie"
)

func TestReplace(t *testing.T) {
	h := http.Header{"Set-Cookie": {"a=1; Path=/", "ab=2"}}
	httpcookie.Replace(h, httpcookie.Cookie{Name: "a", Value: "3"})
	if want := []string{"ab=2", "a=3"}; !slices.Equal(h["Set-Cookie"], want) {
		t.Errorf("got %q, want %q", h["Set-Cookie"], want)
	}
}

func TestKeepPrivate(t *testing.T) {
	for before, want := range map[string]string{
		"":                                       "private, no-store",
		"public, max-age=60":                     "private, no-store",
		"max-age=60":                             "private, no-store",
		"private":                                "private",
		"Private, max-age=60":                    "Private, max-age=60",
		"no-cache, NO-STORE":                     "no-cache, NO-STORE",
		`public, max-age=600, private="X-Foo"`:   "private, no-store",
		`max-age=600, private="X-Foo"`:           "private, no-store",
		`max-age=600, community="private"`:       "private, no-store",
		`max-age=600, x="a, private, b"`:         "private, no-store",
		`max-age=600, x="a\", private, \"b"`:     "private, no-store",
		`max-age=600, x="a", private`:            `max-age=600, x="a", private`,
		`public, s-maxage=600, no-store="x"`:     "private, no-store",
		"private, public":                        "private, no-store",
		"max-age=600, private-ish, not-no-store": "private, no-store",
	} {
		h := http.Header{}
		if before != "" {
			h.Set("Cache-Control", before)
		}
		h.Set("CDN-Cache-Control", "max-age=600")
		h.Set("Surrogate-Control", "max-age=600")
		httpcookie.KeepPrivate(h, "private, no-store")
		if got := h.Get("Cache-Control"); got != want {
			t.Errorf("%q became %q, want %q", before, got, want)
		}
		if len(h) != 1 {
			t.Errorf("%q: left %v", before, h)
		}
	}
}

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
