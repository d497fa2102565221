package setcookie_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/greedycache"
	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/internal/httpcookie"
	"github.com/jamsession/jamsession/internal/setcookie"
)

func TestReplace(t *testing.T) {
	h := http.Header{"Set-Cookie": {"a=1; Path=/", "ab=2"}}
	setcookie.Replace(h, httpcookie.Cookie{Name: "a", Value: "3"})
	if want := []string{"ab=2", "a=3"}; !slices.Equal(h["Set-Cookie"], want) {
		t.Errorf("got %q, want %q", h["Set-Cookie"], want)
	}
}

func TestSend(t *testing.T) {
	for _, before := range []http.Header{
		{},
		{"Content-Type": {"text/html"}, "cdn-cache-control": {"max-age=9"}},
		{"Vary": {"Accept"}},
		{"Set-Cookie": {"b=1"}, "Cache-Control": {"public, max-age=600"}, "Surrogate-Control": {"max-age=600"}},
		{"cache-control": {"public"}},
		{"Cache-Control": {"must-understand, no-store"}},
	} {
		for want, text := range map[httpcache.Want]string{
			httpcache.Private: "private", httpcache.NoStore: "private, no-store",
		} {
			h := before.Clone()
			setcookie.Send(t.Context(), h, httpcookie.Cookie{Name: "a", Value: "1"}, want)
			setcookie.Send(t.Context(), h, httpcookie.Cookie{Name: "a", Value: "2"}, want)
			if !slices.Contains(h["Set-Cookie"], "a=2") || slices.Contains(h["Set-Cookie"], "a=1") ||
				!strings.HasSuffix(h.Get("Vary"), "Cookie") || !strings.HasPrefix(h.Get("Cache-Control"), text) {
				t.Errorf("%v became %v", before, h)
			}
			if greedycache.MayStore(true, h) || want == httpcache.NoStore && greedycache.MayStore(false, h) {
				t.Errorf("%v became %v, which a cache may store", before, h)
			}
		}
	}
}
