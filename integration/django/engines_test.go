package django

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/jamsession/jamsession/internal/servertest"
)

// An engine is a place for sessions, as each side's settings name it.
type engine struct {
	name   string // as in the table
	engine string // SESSION_ENGINE; of a class of the site's own, the one that it is made from
	place  func(t *testing.T) place

	// project is what the Django site adds to the stock one; nil is nothing.
	project *project

	// tries are the scenarios; nil is all that fit.
	tries []string
}

// scenarios are those that are tried on the engine.
func (e engine) scenarios() (list []scenario) {
	for _, s := range scenarios {
		if e.tries == nil && !s.asked && (s.fits == nil || s.fits(e)) || slices.Contains(e.tries, s.name) {
			list = append(list, s)
		}
	}
	return list
}

// A place is the settings of both sides for what they share.
type place struct {
	golang map[string]string
	django map[string]any
}

// engines are all but the formats; the table has rows for each.
var engines = slices.Concat(always, perhaps(), ofProjects)

// perhaps returns the engines whose servers the oldest supported Debian does not
// package.
func perhaps() []engine {
	if !servertest.HasValkey() {
		return nil
	}
	return []engine{{name: valkey, engine: "cache", place: with(onSQLite, onValkey)}}
}

const valkey = "cache on Valkey"

var always = []engine{
	{name: "db on SQLite", engine: "db", place: onSQLite},
	{name: "db on PostgreSQL", engine: "db", place: onPostgres},
	{name: "db on MariaDB", engine: "db", place: onMariaDB},
	{name: "cache on Redis", engine: "cache", place: with(onSQLite, onRedis)},
	{name: "cache on Memcached", engine: "cache", place: with(onSQLite, onMemcached)},
	{name: "cached_db on Redis", engine: "cached_db", place: with(onPostgres, onRedis)},
	{name: "cached_db on Memcached", engine: "cached_db", place: with(onSQLite, onMemcached)},
	{name: "file", engine: "file", place: with(onSQLite, inFolder)},
	{name: "signed_cookies", engine: "signed_cookies", place: onSQLite},
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
