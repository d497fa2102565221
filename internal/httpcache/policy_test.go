package httpcache_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/jamsession/jamsession/internal/greedycache"
	"github.com/jamsession/jamsession/internal/httpcache"
)

func TestKeepPrivate(t *testing.T) {
	for _, c := range []struct{ before, private, noStore string }{
		{"", "private", "private, no-store"},
		{" , ,", "private", "private, no-store"},

		// What is as strict by itself stays.
		{"private", "private", "private, no-store"},
		{"Private, max-age=60", "Private, max-age=60", "private, no-store"},
		{"private, max-age=60, immutable", "private, max-age=60, immutable", "private, no-store"},
		{
			"private,stale-while-revalidate=9,stale-if-error=9",
			"private,stale-while-revalidate=9,stale-if-error=9", "private, no-store",
		},
		{"no-store", "no-store", "no-store"},
		{"no-cache, NO-STORE", "no-cache, NO-STORE", "no-cache, NO-STORE"},
		{"no-store, max-age=0", "no-store, max-age=0", "no-store, max-age=0"},
		{
			"max-age=0, no-cache, no-store, must-revalidate, private",
			"max-age=0, no-cache, no-store, must-revalidate, private",
			"max-age=0, no-cache, no-store, must-revalidate, private",
		},

		// What is weaker is replaced, except for what forbids.
		{"max-age=60", "private", "private, no-store"},
		{"public, max-age=60", "private", "private, no-store"},
		{"s-maxage=60, proxy-revalidate", "private, proxy-revalidate", "private, no-store, proxy-revalidate"},
		{"no-cache", "private, no-cache", "private, no-store, no-cache"},
		{
			"max-age=0, must-revalidate, No-Transform", "private, max-age=0, must-revalidate, No-Transform",
			"private, no-store, max-age=0, must-revalidate, No-Transform",
		},

		// What contradicts itself ends strict.
		{"private, public", "private", "private, no-store"},
		{"private, s-maxage=60", "private", "private, no-store"},
		{"no-store, public", "private, no-store", "private, no-store"},
		{"no-store, max-age=60", "private, no-store", "private, no-store"},
		{"no-store, immutable", "private, no-store", "private, no-store"},
		{"private, max-age=60, max-age=0", "private, max-age=0", "private, no-store, max-age=0"},
		{"private, max-age=60, max-age=90", "private", "private, no-store"},
		{`private, max-age="60"`, "private", "private, no-store"},
		{"private, max-age=-1", "private", "private, no-store"},
		{"private, max-age", "private", "private, no-store"},

		// With must-understand, no-store is a wish and not an order.
		{"must-understand, no-store", "private, no-store", "private, no-store"},
		{"no-store, Must-Understand, private", "private, no-store", "private, no-store"},

		// A part is taken for the whole.
		{`public, max-age=600, private="X-Foo"`, "private", "private, no-store"},
		{`max-age=600, private="X-Foo"`, "private", "private, no-store"},
		{`private="Set-Cookie, public"`, "private", "private, no-store"},
		{`private, no-cache="Set-Cookie, public"`, "private, no-cache", "private, no-store, no-cache"},
		{`public, s-maxage=600, no-store="x"`, "private, no-store", "private, no-store"},
		{`no-store=1`, "private, no-store", "private, no-store"},

		// What is not known may permit.
		{`private, community="UCI"`, "private", "private, no-store"},
		{`max-age=600, community="private"`, "private", "private, no-store"},
		{"private, r-maxage=600", "private", "private, no-store"},
		{"max-age=600, private-ish, not-no-store", "private", "private, no-store"},

		// Commas and quotes.
		{`max-age=600, x="a, private, b"`, "private", "private, no-store"},
		{`max-age=600, x="a\", private, \"b"`, "private", "private, no-store"},
		{`max-age=600, x="a", private`, "private", "private, no-store"},
		{`x=", private, no-store`, "private", "private, no-store"},
		{`private, x=", public`, "private", "private, no-store"},
		{"\tprivate ,\tmax-age=60", "\tprivate ,\tmax-age=60", "private, no-store"},
		{"no-store;private", "private", "private, no-store"},
	} {
		for want, text := range map[httpcache.Want]string{httpcache.Private: c.private, httpcache.NoStore: c.noStore} {
			h := http.Header{}
			if c.before != "" {
				h.Set("Cache-Control", c.before)
			}
			for range 2 { // the second time changes nothing
				httpcache.Restrict(h, want)
				if got := h["Cache-Control"]; !slices.Equal(got, []string{text}) {
					t.Errorf("%q with %d became %q, want %q", c.before, want, got, text)
				}
			}
		}
	}
}

// TestOrderDoesNotMatter: of two who want something, in either order.
func TestOrderDoesNotMatter(t *testing.T) {
	for _, before := range []string{"", "private", "no-store", "public, max-age=60", "no-cache"} {
		var got [2]string
		for i, wants := range [][]httpcache.Want{
			{httpcache.Private, httpcache.NoStore, httpcache.VaryCookie}, {httpcache.NoStore, httpcache.Private},
		} {
			h := http.Header{"Cache-Control": {before}}
			for _, want := range wants {
				httpcache.Restrict(h, want)
			}
			got[i] = h.Get("Cache-Control")
		}
		if got[0] != got[1] {
			t.Errorf("%q: %q or %q", before, got[0], got[1])
		}
	}
}

func TestSeveralLinesBecomeOne(t *testing.T) {
	h := http.Header{"Cache-Control": {"private", "max-age=60"}, "cache-control": {"public"}, "cAche-control": {"no-cache"}}
	httpcache.Restrict(h, httpcache.Private)
	if got := h["Cache-Control"]; len(h) != 2 || !slices.Equal(got, []string{"private, no-cache"}) {
		t.Errorf("left %q", h)
	}
}

// TestLinesThatAgreeBecomeOne: a cache may look at the last one only.
func TestLinesThatAgreeBecomeOne(t *testing.T) {
	h := http.Header{"Cache-Control": {"private", "max-age=60"}}
	httpcache.Restrict(h, httpcache.Private)
	if got := h["Cache-Control"]; !slices.Equal(got, []string{"private, max-age=60"}) {
		t.Errorf("left %q", got)
	}
}

// TestHeadersForOtherCaches: what keeps the response out of a cache stays, and
// what would bring it in goes.
func TestHeadersForOtherCaches(t *testing.T) {
	for name, values := range map[string]struct{ weak, strict string }{
		"CDN-Cache-Control":            {"max-age=600", "no-store"},
		"Cloudflare-CDN-Cache-Control": {"none", "no-store, max-age=0"},
		"Vercel-CDN-Cache-Control":     {"max-age=600, no-store", "private, no-store"},
		"Netlify-CDN-Cache-Control":    {"public, durable", "no-store"},
		"Akamai-Cache-Control":         {"must-understand, no-store", "no-store"},
		"X-LiteSpeed-Cache-Control":    {"public", "no-cache, no-store"},
		"X-Cache-Control":              {"private", "no-store"},
		"Nobody-Knows-Cache-Control":   {"", "no-store"},
		"Surrogate-Control":            {`content="ESI/1.0", no-store`, "no-store"},
		"Edge-Control":                 {"!no-store, max-age=1d", "no-store"},
		"X-Accel-Expires":              {"@2000000000", "0"},
		"X-Reverse-Proxy-TTL":          {"3600", "0"},
		"CF-Edge-Cache":                {"cache,platform=wordpress", "no-cache"},
		"X-Cache-Enabled":              {"True", "False"},
		"Pragma":                       {"public", "no-cache"},
	} {
		for _, name := range []string{http.CanonicalHeaderKey(name), name} {
			h := http.Header{name: {values.weak}}
			httpcache.Restrict(h, httpcache.Private)
			if lines, ok := h[name]; ok {
				t.Errorf("%s: left %q", name, lines)
			}
			h[name] = []string{values.strict}
			httpcache.Restrict(h, httpcache.Private)
			if lines := h[name]; !slices.Equal(lines, []string{values.strict}) {
				t.Errorf("%s: %q became %q", name, values.strict, lines)
			}
			h[name] = []string{values.strict, values.weak}
			httpcache.Restrict(h, httpcache.Private)
			if h.Set("Cache-Control", "private"); greedycache.MayStore(true, h) {
				t.Errorf("%s: of two lines is left %q", name, h[name])
			}
		}
	}
}

func TestExpiresIsThePast(t *testing.T) {
	h := http.Header{"Expires": {"Thu, 01 Dec 2050 16:00:00 GMT"}}
	httpcache.Restrict(h, httpcache.Private)
	if got := h["Expires"]; !slices.Equal(got, []string{"0"}) {
		t.Errorf("left %q", got)
	}
}

// TestOnlyCachesAreTold: nothing else is touched, and without a reason nothing.
func TestOnlyCachesAreTold(t *testing.T) {
	other := http.Header{
		"Content-Type": {"text/html"}, "Etag": {`"1"`}, "Surrogate-Key": {"a"}, "X-Accel-Redirect": {"/f"},
		"X-Session-Expires": {"9"}, "Last-Modified": {"x"}, "Age": {"1"},
	}
	h := other.Clone()
	httpcache.Restrict(h, httpcache.NoStore)
	for name, lines := range other {
		if !slices.Equal(h[name], lines) {
			t.Errorf("%s became %q", name, h[name])
		}
	}
	h = http.Header{"Cache-Control": {"public"}, "Surrogate-Control": {"max-age=9"}, "Expires": {"x"}}
	httpcache.Restrict(h, httpcache.VaryCookie)
	httpcache.Restrict(h, 0)
	if len(h) != 4 || h.Get("Cache-Control") != "public" || h.Get("Vary") != "Cookie" {
		t.Errorf("left %v", h)
	}
}

func FuzzRestrict(f *testing.F) {
	for _, text := range []string{"", "public", `a="b,c\"", no-store`, "must-understand, no-store", "max-age=0,,x", `="`} {
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, forget bool) {
		want := httpcache.Private
		if forget {
			want = httpcache.NoStore
		}
		h := http.Header{"Cache-Control": {text}}
		httpcache.Restrict(h, want)
		got := h["Cache-Control"]
		if len(got) != 1 || greedycache.MayStore(true, h) || forget && greedycache.MayStore(false, h) {
			t.Fatalf("%q became %q", text, got)
		}
		again := http.Header{"Cache-Control": {got[0]}}
		httpcache.Restrict(again, want)
		if !slices.Equal(again["Cache-Control"], got) {
			t.Errorf("%q became %q", got, again["Cache-Control"])
		}
	})
}
