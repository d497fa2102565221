package load

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/internal/servertest"
)

// The names that figures are compared by.
const (
	noSessions = "no sessions"
	ours       = "jamsession"
	oursDjango = "jamsession, Django's codec"
	scsName    = "scs"
	djangoName = "Django"
	onMemory   = "memory"
	onRedis    = "Redis"
	onPostgres = "PostgreSQL"
	onSQLite   = "SQLite"
)

// An engine is where sessions are kept.
type engine struct {
	name  string
	start func(t testing.TB) bed // skips or fails t if it cannot

	// apart: there is no server beside the sites, so these and the generator
	// can have half of the processors each.
	apart bool
}

// A bed is a running engine.
type bed struct {
	address string   // for an opener
	django  []string // lines of settings for Django; the engines that it has no part in have none
	version string   // of the server
}

var engines = []engine{
	{onMemory, func(testing.TB) bed { return bed{} }, true},
	{onRedis, startRedis, false},
	{onPostgres, startPostgres, false},
	{onSQLite, startSQLite, true},
}

// A contender is a site to measure. A new one is a line in contenders.
type contender struct {
	engine string
	name   string
	open   opener // nil for Django
}

var contenders = []contender{
	{onMemory, noSessions, openNone},
	{onMemory, ours, jamOnMemory(nil)},
	{onMemory, oursDjango, jamOnMemory(noerror.In(django.Signed(secrettest.Keys(secretKey))))},
	{onMemory, scsName, scsOnMemory},

	{onRedis, noSessions, openNone},
	{onRedis, ours, jamOnRedis(nil, nil)},
	{onRedis, "jamsession, client-side cache", clientCached()},
	{onRedis, oursDjango, djangosCache()},
	{onRedis, scsName, scsOnRedis},
	{onRedis, djangoName, nil},

	{onPostgres, noSessions, openNone},
	{onPostgres, ours, jamOnPostgres(nil)},
	{onPostgres, oursDjango, jamOnPostgres(noerror.In(django.Signed(secrettest.Keys(secretKey))))},
	{onPostgres, scsName, scsOnPostgres},
	{onPostgres, djangoName, nil},

	{onSQLite, noSessions, openNone},
	{onSQLite, ours, jamOnSQLite(nil)},
	{onSQLite, oursDjango, jamOnSQLite(noerror.In(django.Signed(secrettest.Keys(secretKey))))},
	{onSQLite, scsName, scsOnSQLite},
	{onSQLite, djangoName, nil},
}

// path is how flags name the contender.
func (c contender) path() string { return c.engine + "/" + c.name }

// startRedis runs a Redis that keeps nothing on disk.
func startRedis(t testing.TB) bed {
	s := servertest.StartRedisWith(t)
	client := redis.NewClient(&redis.Options{Addr: s.Addr})
	defer func() { _ = client.Close() }()
	info, err := client.InfoMap(t.Context(), "server").Result()
	if err != nil {
		t.Fatal(err)
	}
	return bed{address: s.Addr, version: "Redis " + info["Server"]["redis_version"], django: []string{
		`SESSION_ENGINE = "django.contrib.sessions.backends.cache"`,
		fmt.Sprintf(`CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": %q}}`,
			"redis://"+s.Addr+"/0"),
	}}
}

func startPostgres(t testing.TB) bed {
	_, db := servertest.StartPostgres(t)
	version, err := postgresVersion(t.Context(), db.PostgresURL())
	if err != nil {
		t.Fatal(err)
	}
	return bed{address: db.PostgresURL(), version: "PostgreSQL " + version, django: []string{
		db.Django("postgresql"),
		`DATABASES["default"]["CONN_MAX_AGE"] = None`,
	}}
}

func postgresVersion(ctx context.Context, url string) (version string, err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }()
	err = conn.QueryRow(ctx, "SHOW server_version").Scan(&version)
	return version, err
}

func startSQLite(t testing.TB) bed {
	file := filepath.Join(t.TempDir(), "db.sqlite3")
	return bed{address: file, django: []string{
		fmt.Sprintf(`DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": %q}}`, file),
		`DATABASES["default"]["CONN_MAX_AGE"] = None`,
	}}
}
