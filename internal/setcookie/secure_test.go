package setcookie_test

import (
	"crypto/tls"
	"net/http"
	"testing"

	"github.com/jamsession/jamsession/internal/setcookie"
)

func TestAutoSecure(t *testing.T) {
	for _, c := range []struct {
		host   string
		secure bool
	}{
		{"example.com", true},
		{"example.com:8000", true},
		{"", true},
		{"localhost", false},
		{"localhost:8000", false},
		{"LocalHost.:8000", false},
		{"app.localhost:8000", false},
		{"notlocalhost", true},
		{"localhost.example.com", true},
		{"127.0.0.1", false},
		{"127.0.0.1:8000", false},
		{"127.9.8.7:8000", false},
		{"127.0.0.1.example.com", true},
		{"126.0.0.1", true},
		{"0.0.0.0", true},
		{"192.168.0.1", true},
		{"[::1]", false},
		{"[::1]:8000", false},
		{"[::2]:8000", true},
		{"::1", true},
		{"[localhost", false},
	} {
		if got := setcookie.AutoSecure(&http.Request{Host: c.host}); got != c.secure {
			t.Errorf("host %q: %t", c.host, got)
		}
	}
}

func TestAutoSecureOverTLS(t *testing.T) {
	if r := (&http.Request{Host: "localhost", TLS: &tls.ConnectionState{}}); !setcookie.AutoSecure(r) {
		t.Error("HTTPS to localhost: not Secure")
	}
}

func TestAutoSecureBehindProxy(t *testing.T) {
	for _, name := range []string{
		"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP",
	} {
		for _, value := range []string{"", "http", "for=127.0.0.1;proto=http"} {
			r := &http.Request{Host: "127.0.0.1:8000", Header: http.Header{}}
			r.Header.Set(name, value)
			if !setcookie.AutoSecure(r) {
				t.Errorf("%s: %q: not Secure", name, value)
			}
		}
	}
	if !setcookie.AutoSecure(&http.Request{Host: "127.0.0.1:8000", ProtoMajor: 1, ProtoMinor: 0}) {
		t.Error("HTTP/1.0, as from nginx: not Secure")
	}
	if setcookie.AutoSecure(&http.Request{Host: "127.0.0.1:8000", ProtoMajor: 1, ProtoMinor: 1}) {
		t.Error("HTTP/1.1: Secure")
	}
	r := &http.Request{Host: "127.0.0.1:8000", Header: http.Header{"Accept": {"*/*"}}}
	if setcookie.AutoSecure(r) {
		t.Error("a header that no proxy sends: Secure")
	}
}
