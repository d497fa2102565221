package site_test

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/session"
)

// TestCachedDBWithDjango: on one database and one Memcached, each reads what
// the other wrote, from the cache and from the table, and a session that ended
// here is not brought back by Django's refill.
func TestCachedDBWithDjango(t *testing.T) {
	if exec.Command(djangotest.Python(t), "-c", "import pymemcache").Run() != nil {
		servertest.Missing(t, "pymemcache")
	}
	file, server := tempFile(t), servertest.Memcached(t).Addr
	django := djangotest.Site(t, file, goodKey,
		`SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"`,
		fmt.Sprintf(`CACHES = {"default": {"BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache",
			"LOCATION": %q, "KEY_PREFIX": "shared"}}`, server))
	django.Manage("migrate")
	site := open(t, file, map[string]string{
		"SESSION_ENGINE": "cached_db", "CACHE_URL": "memcached://" + server + "?key_prefix=shared",
	})
	load := func(key string) *session.Session {
		t.Helper()
		s, err := site.Sessions.ByKey(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	key := strings.TrimSpace(django.Run(`
from django.contrib.sessions.backends.cached_db import SessionStore
s = SessionStore()
s["float"], s["n"] = 1.0, 1
s.save()
print(s.session_key)
`))
	s := load(key)
	session.Item[int]("n").Update(s, 0, func(n int) int { return n + 1 })
	if err := s.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	load(key) // fills the cache
	script := fmt.Sprintf(`
from django.contrib.sessions.backends.cached_db import SessionStore
from django.core.cache import cache
s = SessionStore(%q)
cached = cache.get("django.contrib.sessions.cached_db" + s.session_key)
`, key)
	out := django.Run(script + `
print(cached, dict(s))
s["theirs"] = True
s.save()
`)
	if out != "{'float': 1.0, 'n': 2} {'float': 1.0, 'n': 2}\n" {
		t.Errorf("Django reads %q", out)
	}
	if !session.Item[bool]("theirs").Get(load(key), false) {
		t.Error("what Django saved is not seen")
	}
	// Django has read the row; here the session ends; Django fills the cache.
	out = django.Run(script + `
data = s.load()
print(len(data))
`)
	if out != "3\n" {
		t.Errorf("Django reads %q", out)
	}
	s = load(key)
	s.Flush()
	if err := s.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out := django.Run(script + "print(cached, dict(s))\n"); out != "None {}\n" {
		t.Errorf("after the logout Django reads %q", out)
	}
	django.Run(script + `
cache.set("django.contrib.sessions.cached_db" + "` + key + `", {"float": 1.0}, 1000)
`)
	if len(load(key).Names()) > 0 {
		t.Error("Django's refill brought the session back")
	}
	if rec, err := site.Store.Load(t.Context(), key); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Load: %v, %v", rec, err)
	}
}
