package memcached

import (
	"slices"
	"testing"

	"github.com/jamsession/jamsession/secret"
)

func TestServers(t *testing.T) {
	for url, want := range map[string][]string{
		"memcached://h1:1,h2:2/":      {"h1:1", "h2:2"},
		"memcached:///run/cache.sock": {"/run/cache.sock"},
		"":                            {""},
	} {
		if got := servers(secret.New(url)); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", url, got, want)
		}
	}
}
