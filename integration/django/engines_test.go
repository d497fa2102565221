package django

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/jamsession/jamsession/internal/servertest"
)

// An engine is a place for sessions, as each side's settings name it.
type engine struct {
	name   string // as in the table
	engine string // SESSION_ENGINE
	place  func(t *testing.T) place
}

// A place is the settings of both sides for what they share.
type place struct {
	golang map[string]string
	django map[string]any
}

// engines are all; the table has rows for each.
var engines = append(always, perhaps()...)

// perhaps returns the engines whose servers the oldest supported Debian does not
// package.
func perhaps() []engine {
	if !servertest.HasValkey() {
		return nil
	}
	return []engine{{valkey, "cache", with(onSQLite, onValkey)}}
}

const valkey = "cache on Valkey"

var always = []engine{
	{"db on SQLite", "db", onSQLite},
	{"db on PostgreSQL", "db", onPostgres},
	{"db on MariaDB", "db", onMariaDB},
	{"cache on Redis", "cache", with(onSQLite, onRedis)},
	{"cache on Memcached", "cache", with(onSQLite, onMemcached)},
	{"cached_db on Redis", "cached_db", with(onPostgres, onRedis)},
	{"cached_db on Memcached", "cached_db", with(onSQLite, onMemcached)},
	{"file", "file", with(onSQLite, inFolder)},
	{"signed_cookies", "signed_cookies", onSQLite},
}

// with joins two places: the users are in one, the sessions in the other.
func with(a, b func(*testing.T) place) func(*testing.T) place {
	return func(t *testing.T) place {
		joined, other := a(t), b(t)
		for name, value := range other.golang {
			joined.golang[name] = value
		}
		for name, value := range other.django {
			joined.django[name] = value
		}
		return joined
	}
}

func onSQLite(t *testing.T) place {
	file := filepath.Join(t.TempDir(), "site.db")
	return place{
		golang: map[string]string{"DATABASE_URL": "sqlite:///" + file},
		django: databases("sqlite3", map[string]any{"NAME": file, "OPTIONS": map[string]any{"timeout": 20}}),
	}
}

func onPostgres(t *testing.T) place {
	at := servertest.Postgres(t)
	return place{
		golang: map[string]string{"DATABASE_URL": at.PostgresURL()},
		django: server("postgresql", at),
	}
}

func onMariaDB(t *testing.T) place {
	at := servertest.MariaDB(t)
	return place{
		golang: map[string]string{"DATABASE_URL": "mysql://" + at.User + "@" + at.Addr + "/" + at.Name},
		django: server("mysql", at),
	}
}

func server(engine string, at servertest.Database) map[string]any {
	host, port, _ := net.SplitHostPort(at.Addr)
	return databases(engine, map[string]any{"NAME": at.Name, "USER": at.User, "HOST": host, "PORT": port})
}

func databases(engine string, options map[string]any) map[string]any {
	options["ENGINE"] = "django.db.backends." + engine
	return map[string]any{"DATABASES": map[string]any{"default": options}}
}

func onRedis(t *testing.T) place { return speaksRedis(t, servertest.Redis(t).Addr) }

func onValkey(t *testing.T) place { return speaksRedis(t, servertest.Valkey(t).Addr) }

func speaksRedis(t *testing.T, at string) place {
	t.Helper()
	backend := "django.core.cache.backends.redis.RedisCache"
	if versionOfDjango(t)[0] < 4 {
		backend = "django_redis.cache.RedisCache" // what sites with 3.2 use
	}
	return cache("redis://"+at+"/0", backend, "redis://"+at+"/0")
}

func onMemcached(t *testing.T) place {
	at := servertest.Memcached(t).Addr
	return cache("memcached://"+at, "django.core.cache.backends.memcached.PyMemcacheCache", at)
}

var prefixes atomic.Int64

func cache(url, backend, location string) place {
	prefix := fmt.Sprintf("site%d", prefixes.Add(1))
	return place{
		golang: map[string]string{"CACHE_URL": url + "?key_prefix=" + prefix},
		django: map[string]any{"CACHES": map[string]any{"default": map[string]any{
			"BACKEND": backend, "LOCATION": location, "KEY_PREFIX": prefix,
		}}},
	}
}

func inFolder(t *testing.T) place {
	folder := filepath.Join(t.TempDir(), "sessions")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	return place{
		golang: map[string]string{"SESSION_FILE_PATH": folder},
		django: map[string]any{"SESSION_FILE_PATH": folder},
	}
}

// roundsDown: Django gives the cache whole seconds to keep a session, so that a record
// ends up to a second before its last instant.
func (e engine) roundsDown() bool { return e.engine == "cache" }

// inCookie: the visitor's browser keeps the session.
func (e engine) inCookie() bool { return e.engine == "signed_cookies" }
