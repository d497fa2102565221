package memcachestore_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/cachevalue"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/memcachestore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sessiontest"
)

// TestContractOfCompressedValues, under keys of a function.
func TestContractOfCompressedValues(t *testing.T) {
	server := servertest.Memcached(t).Addr
	o := memcachestore.Options{
		Codec:   noerror.In(django.CacheValues("pickle", "zlib")),
		KeyFunc: func(key string) string { return key[8:] + ":" + key[:8] },
	}
	sessiontest.Run(t, func(t *testing.T) session.Store { return open(t, o, server) })
}

// TestFlagsSayWhatIsCompressed, for clients of Python.
func TestFlagsSayWhatIsCompressed(t *testing.T) {
	server := servertest.Memcached(t).Addr
	for compressor, want := range map[string]uint32{"none": 1, "zlib": 9} {
		codec := noerror.In(django.CacheValues("pickle", compressor))
		prefix := rand.Text()
		rec := created(t, open(t, memcachestore.Options{Prefix: prefix, Codec: codec}, server),
			string(noerror.In(codec.Encode([]byte(`{"a":"`+strings.Repeat("x", 500)+`"}`)))))
		item, err := memcache.New(server).Get(prefix + rec.Key)
		if err != nil || item.Flags != want {
			t.Errorf("%s: flags %d, %v; want %d", compressor, item.Flags, err, want)
		}
	}
}

// TestOptionsThatNoClientOfDjangoShares are refused at the start.
func TestOptionsThatNoClientOfDjangoShares(t *testing.T) {
	for want, o := range map[string]memcachestore.Options{
		"read pickles, and no json": {Codec: noerror.In(django.CacheValues("json", "none"))},
		"and not by gzip":           {Codec: noerror.In(django.CacheValues("pickle", "gzip"))},
		"Options.KeyFunc":           {KeyFunc: func(key string) string { return "a key " + key }},
		"250 bytes":                 {KeyFunc: func(key string) string { return strings.Repeat("x", 211) + key }},
		"Options.KeyFunc makes the": {KeyFunc: func(key string) string { return key[1:] }},
		"Options.Hashing":           {Hashing: "crc"},
	} {
		_, err := memcachestore.Open(t.Context(), []string{"127.0.0.1:1"}, &o)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
}

// TestWithPylibmc on several servers: Django finds what Go wrote, compressed or not, and
// Go what Django did.
func TestWithPylibmc(t *testing.T) {
	if exec.Command(djangotest.Python(t), "-c", "import pylibmc").Run() != nil {
		servertest.Missing(t, "pylibmc")
	}
	servers := []string{servertest.Memcached(t).Addr, servertest.StartMemcached(t).Addr}
	prefix := strings.ToLower(rand.Text())
	site := djangotest.Site(t, t.TempDir()+"/unused.db", secret,
		`SESSION_ENGINE = "django.contrib.sessions.backends.cache"`,
		fmt.Sprintf(`CACHES = {"default": {"BACKEND": "django.core.cache.backends.memcached.PyLibMCCache",
			"LOCATION": [%q, %q], "KEY_PREFIX": %q}}`, servers[0], servers[1], prefix))
	codec := noerror.In(django.CacheValues("pickle", "zlib"))
	store := open(t, memcachestore.Options{
		Prefix: django.CacheKey(prefix, 1, django.EngineCache), Codec: codec, Hashing: "modula",
	}, servers...)
	m := noerror.In(session.New(store, &session.Options{Codec: codec}))
	var script strings.Builder
	script.WriteString("from django.contrib.sessions.backends.cache import SessionStore\n")
	var keys []string
	for range 8 { // on either server
		items := fmt.Sprintf(`{"n":1,"text":%q}`, strings.Repeat("lorem ipsum ", 50))
		rec := created(t, store, string(noerror.In(codec.Encode([]byte(items)))))
		keys = append(keys, rec.Key)
		fmt.Fprintf(&script, "s = SessionStore(%q); s['n'] += len(s['text']); s.save()\n", rec.Key)
	}
	site.Run(script.String())
	for _, key := range keys {
		s, err := m.ByKey(t.Context(), key)
		if n := session.Item[int]("n").Get(s, 0); err != nil || n != 601 {
			t.Errorf("n is %d, %v; want 601", n, err)
		}
		s.Flush()
		if err := s.Save(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestDeleteWhatCannotBeRead: a session that nobody can load can be ended.
func TestDeleteWhatCannotBeRead(t *testing.T) {
	store := open(t, memcachestore.Options{Codec: noerror.In(django.CacheValues("pickle", "zlib"))}, servertest.Memcached(t).Addr)
	rec := created(t, store, "\x80\x04"+strings.Repeat("x", cachevalue.MaxSize))
	if _, err := store.Load(t.Context(), rec.Key); !errors.Is(err, session.ErrTooLarge) {
		t.Errorf("Load: %v, want ErrTooLarge", err)
	}
	if err := store.Delete(t.Context(), rec.Key); err != nil {
		t.Errorf("Delete: %v", err)
	}
	if _, err := store.Load(t.Context(), rec.Key); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Load: %v, want ErrNotFound", err)
	}
}
