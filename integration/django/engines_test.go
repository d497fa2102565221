package django

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/servertest"
)

// An engine is a place for sessions that both sides can use.
type engine struct {
	name string

	// open returns lines of Django's settings, and settings of the Go site.
	open func(t *testing.T) (django []string, home map[string]string)

	table    bool // a row for each session, which clearsessions deletes
	cookies  bool // the session is its cookie
	atomic   bool // Django's save of a session that is gone fails
	cachedDB bool
}

const backends = "django.contrib.sessions.backends."

var allEngines = []engine{
	{name: "db SQLite", table: true, atomic: true, open: func(*testing.T) ([]string, map[string]string) {
		return uses("db"), map[string]string{"SESSION_ENGINE": "db"}
	}},
	{name: "db PostgreSQL", table: true, atomic: true, open: func(t *testing.T) ([]string, map[string]string) {
		at := servertest.Postgres(t)
		return append(uses("db"), at.Django("postgresql")), map[string]string{
			"SESSION_ENGINE": "db", "DATABASE_URL": "postgres://postgres@" + at.Addr + "/" + at.Name + "?sslmode=disable",
		}
	}},
	{name: "db MariaDB", table: true, atomic: true, open: func(t *testing.T) ([]string, map[string]string) {
		at := servertest.MariaDB(t)
		return append(uses("db"), at.Django("mysql")), map[string]string{
			"SESSION_ENGINE": "db", "DATABASE_URL": "mysql://root@" + at.Addr + "/" + at.Name,
		}
	}},
	{name: "cache Redis", open: func(t *testing.T) ([]string, map[string]string) {
		line, url := redis(t)
		return append(uses("cache"), line), map[string]string{"SESSION_ENGINE": "cache", "CACHE_URL": url}
	}},
	{name: "cache Memcached", open: func(t *testing.T) ([]string, map[string]string) {
		line, url := memcached(t)
		return append(uses("cache"), line), map[string]string{"SESSION_ENGINE": "cache", "CACHE_URL": url}
	}},
	{name: "cached_db Redis", table: true, cachedDB: true, open: func(t *testing.T) ([]string, map[string]string) {
		line, url := redis(t)
		return append(uses("cached_db"), line), map[string]string{"SESSION_ENGINE": "cached_db", "CACHE_URL": url}
	}},
	{name: "cached_db Memcached", table: true, cachedDB: true, open: func(t *testing.T) ([]string, map[string]string) {
		line, url := memcached(t)
		return append(uses("cached_db"), line), map[string]string{"SESSION_ENGINE": "cached_db", "CACHE_URL": url}
	}},
	{name: "file", table: true, open: func(t *testing.T) ([]string, map[string]string) {
		dir := filepath.Join(t.TempDir(), "sessions")
		return append(uses("file"), fmt.Sprintf("SESSION_FILE_PATH = %q", dir)),
			map[string]string{"SESSION_ENGINE": "file", "SESSION_FILE_PATH": dir}
	}},
	{name: "signed_cookies", cookies: true, open: func(*testing.T) ([]string, map[string]string) {
		return uses("signed_cookies"), map[string]string{"SESSION_ENGINE": "signed_cookies"}
	}},
}

func uses(engine string) []string { return []string{"SESSION_ENGINE = \"" + backends + engine + "\""} }

// redis returns a cache of both: Django's own backend, or where it has none
// (before 4.0) that of django-redis.
func redis(t *testing.T) (line, url string) {
	t.Helper()
	at := servertest.Redis(t).Addr
	location := "redis://" + at + "/1"
	if importable(t, "django.core.cache.backends.redis") {
		line = fmt.Sprintf(`CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache",
    "LOCATION": %q, "KEY_PREFIX": %q}}`, location, t.Name())
	} else {
		needs(t, "django_redis")
		line = fmt.Sprintf(`CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache",
    "LOCATION": %q, "KEY_PREFIX": %q}}`, location, t.Name())
	}
	return line, location + "?key_prefix=" + t.Name()
}

func memcached(t *testing.T) (line, url string) {
	t.Helper()
	needs(t, "pymemcache")
	at := servertest.StartMemcached(t).Addr
	return fmt.Sprintf(`CACHES = {"default": {"BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache",
    "LOCATION": %q}}`, at), "memcached://" + at
}

func needs(t *testing.T, module string) {
	t.Helper()
	if !importable(t, module) {
		servertest.Missing(t, "the Python module "+module)
	}
}

func importable(t *testing.T, module string) bool {
	t.Helper()
	return exec.Command(djangotest.Python(t), "-c", "import "+module).Run() == nil
}
