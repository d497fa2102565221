package conf

import (
	"strings"
	"testing"
)

// FuzzCacheURL: what is accepted has a kind, and an error never shows the URL.
func FuzzCacheURL(f *testing.F) {
	for _, seed := range []string{
		"redis://u:hunter2@h/1?version=2&key_prefix=k", "memcached://h1:1,h2:2", "memory://",
		"unix:///run/redis.sock?db=1", "db://t?max_entries=5", "file:///a%20b?serializer=json", "redis-sentinel://h/m/0", "x", "redis://?%zz",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		c, err := parseCache(raw)
		if err == nil {
			if c.Kind() == "" {
				t.Errorf("%q has no kind", raw)
			}
			return
		}
		if _, secret, ok := strings.Cut(raw, "://"); ok && len(secret) > 40 && strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows the URL: %v", err)
		}
	})
}
