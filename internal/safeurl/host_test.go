package safeurl_test

import (
	"testing"

	"github.com/jamsession/jamsession/internal/safeurl"
)

func TestHostIsThatOfAnOrigin(t *testing.T) {
	for _, c := range []struct{ host, scheme, want string }{
		{"example.com", "https", "example.com"},
		{"Example.COM:443", "https", "example.com"},
		{"example.com:443", "http", "example.com:443"},
		{"example.com:80", "http", "example.com"},
		{"example.com:80", "https", "example.com:80"},
		{"example.com:8443", "https", "example.com:8443"},
		{"example.com:1443", "https", "example.com:1443"},
		{"[2001:DB8::1]:443", "https", "[2001:db8::1]"},
		{"[2001:db8::443]", "https", "[2001:db8::443]"},
		{"2001:db8::443", "https", "2001:db8::443"},
		{":443", "https", ":443"},
		{"example.com.", "https", "example.com."},
		{"", "https", ""},
	} {
		if got := safeurl.Host(c.host, c.scheme); got != c.want {
			t.Errorf("Host(%q, %s) = %q, want %q", c.host, c.scheme, got, c.want)
		}
	}
}
