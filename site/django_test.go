package site_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
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

// TestTableAndFolderAsCachesWithDjango: DatabaseCache and FileBasedCache, as the engine
// cache and in front of the table. Each side reads what the other wrote, a logout here ends
// the session there, and Django's own createcachetable makes the table.
func TestTableAndFolderAsCachesWithDjango(t *testing.T) {
	file, folder := tempFile(t), t.TempDir()
	django := djangotest.Site(t, file, goodKey, fmt.Sprintf(`CACHES = {
		"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
		"db": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "site_cache"},
		"file": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": %q},
	}`, folder))
	django.Run(`
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("createcachetable")
`)
	urls := map[string]string{"db": "db://site_cache", "file": "file://" + folder}
	var script strings.Builder
	script.WriteString(`
import importlib
from django.core.cache import caches
def visit(engine, alias, key):
    s = importlib.import_module("django.contrib.sessions.backends." + engine).SessionStore(key)
    s._cache = caches[alias]
    assert s["n"] == 1, (engine, alias, dict(s))
    assert engine == "cache" or s.cache_key in s._cache, (engine, alias)
    s["n"], s["theirs"] = 2, (1, 2)
    s.save()
`)
	type visited struct {
		site *site.Site
		key  string
	}
	sites := map[string]visited{}
	for _, engine := range []string{"cache", "cached_db"} {
		for alias, url := range urls {
			s := open(t, file, map[string]string{"SESSION_ENGINE": engine, "CACHE_URL": url})
			key := strings.ToLower(rand.Text()) + "012345"
			codec := s.Store.(interface{ Codec() session.Codec }).Codec()
			data, err := codec.Encode([]byte(`{"n":1}`))
			if err != nil {
				t.Fatal(err)
			}
			err = s.Store.Create(t.Context(), session.Record{Key: key, Data: data, Expiry: time.Now().Add(time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Store.Load(t.Context(), key); err != nil { // fills the cache of cached_db
				t.Fatal(err)
			}
			sites[engine+" "+alias] = visited{s, key}
			fmt.Fprintf(&script, "visit(%q, %q, %q)\n", engine, alias, key)
		}
	}
	django.Run(script.String())
	script.Reset()
	script.WriteString("import importlib\nfrom django.core.cache import caches\n")
	for name, v := range sites {
		s, err := v.site.Sessions.ByKey(t.Context(), v.key)
		if err != nil || session.Item[int]("n").Get(s, 0) != 2 || !s.Has("theirs") {
			t.Errorf("%s: what Django saved: %v, %v", name, s.Names(), err)
		}
		s.Flush()
		if err := s.Save(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		engine, alias, _ := strings.Cut(name, " ")
		fmt.Fprintf(&script, `
s = importlib.import_module("django.contrib.sessions.backends.%s").SessionStore(%q)
s._cache = caches[%q]
print(dict(s), end="")
`, engine, v.key, alias)
	}
	if out := django.Run(script.String()); out != "{}{}{}{}" {
		t.Errorf("after the logouts Django reads %s", out)
	}
}
