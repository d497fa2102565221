package site_test

import (
	"context"
	"crypto/md5"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/site"
)

// TestCachesOfDjango: the settings of a cache say under which key a session is, and as
// what.
func TestCachesOfDjango(t *testing.T) {
	url := "redis://" + servertest.Redis(t).Addr + "/0?key_prefix=" + t.Name()
	hashed := func(key, prefix string, version int) string {
		return fmt.Sprintf("%x", md5.Sum(fmt.Appendf(nil, "%s:%d:%s", prefix, version, key)))
	}
	const engine = "django.contrib.sessions.cache"
	for options, c := range map[string]struct {
		key   func(key, prefix string, version int) string
		name  func(key string) string
		begin string
	}{
		"":                                 {nil, func(k string) string { return t.Name() + ":1:" + engine + k }, "\x80"},
		"&key_function=key":                {nil, func(k string) string { return engine + k }, "\x80"},
		"&key_function=prefix":             {nil, func(k string) string { return t.Name() + ":" + engine + k }, "\x80"},
		"&version=7&serializer=json":       {hashed, func(k string) string { return hashed(engine+k, t.Name(), 7) }, "{"},
		"&serializer=msgpack":              {nil, func(k string) string { return t.Name() + ":1:" + engine + k }, "\x82"},
		"&compressor=lzma&version=2":       {nil, func(k string) string { return t.Name() + ":2:" + engine + k }, "\xfd7zXZ"},
		"&serializer=json&compressor=zstd": {nil, func(k string) string { return t.Name() + ":1:" + engine + k }, "\x28\xb5"},
	} {
		s := openWith(t, settingsOf(t, tempFile(t), map[string]string{
			"SESSION_ENGINE": "cache", "CACHE_URL": url + options,
		}), &site.Options{NoUsers: true, CacheKey: c.key})
		key := visited(s)
		value := redisValue(t, c.name(key))
		if !strings.HasPrefix(value, c.begin) {
			t.Errorf("%q: the value begins with %.10q, want %q", options, value, c.begin)
		}
	}
}

// visited returns the key of the session that a visitor gets.
func visited(s *site.Site) string {
	w := httptest.NewRecorder()
	s.Sessions.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s.Sessions.From(r).Set("text", strings.Repeat("x", 200))
	})).ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1/", nil))
	for _, c := range w.Result().Cookies() {
		return c.Value
	}
	return "no cookie"
}

func redisValue(t *testing.T, name string) string {
	t.Helper()
	client, err := redisstore.Dial(t.Context(), "redis://"+servertest.Redis(t).Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	value, err := client.Do(context.Background(), client.B().Get().Key(name).Build()).ToString()
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return value
}
