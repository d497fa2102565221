package safeurl_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jamsession/jamsession/internal/safeurl"
)

// TestOfRequestIsWhatTheVisitorAskedFor: also below a prefix that was removed, and of a
// request to a proxy, which has no path of its own.
func TestOfRequestIsWhatTheVisitorAskedFor(t *testing.T) {
	for sent, want := range map[string]string{
		"/shop/cart?n=1":             "/shop/cart?n=1",
		"//evil.example/":            "/%2Fevil.example/",
		"http://example.com/cart?n=": "/cart?n=",
	} {
		r := httptest.NewRequest("GET", "http://example.com/", nil)
		r.RequestURI = sent
		if sent[0] != '/' {
			r = httptest.NewRequest("GET", sent, nil)
			r.RequestURI = sent
		}
		if got := safeurl.OfRequest(r); got != want {
			t.Errorf("%s: %s, want %s", sent, got, want)
		}
	}
	got := ""
	page := http.StripPrefix("/shop", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = safeurl.OfRequest(r)
	}))
	page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/shop/cart?n=1", nil))
	if got != "/shop/cart?n=1" {
		t.Errorf("below a prefix: %s", got)
	}
}

func TestIsLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost.": true, "www.localhost": true, "127.9.0.1": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, "evillocalhost": false, "localhost.example.com": false, "10.0.0.1": false, "0.0.0.0": false, "::": false,
	} {
		if got := safeurl.IsLoopback(host); got != want {
			t.Errorf("%q: %t, want %t", host, got, want)
		}
	}
}
