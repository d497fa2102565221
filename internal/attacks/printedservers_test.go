package attacks

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/jamsession/jamsession/auth/throttle/redisthrottle"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/memcachestore"
	"github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/settings"
	sites "github.com/jamsession/jamsession/site"
)

// needServers are the types whose values exist only with a server.
var needServers = []string{
	"redisstore.store", "redisstore.cache", "memcachestore.store", "memcachestore.cache", "pgstore.store",
	"auth/throttle/redisthrottle.store", "redisstore.Push",
}

// valuesOfServers are sites on each server, with a password in each URL.
func valuesOfServers(t *testing.T) []any {
	t.Helper()
	_, db := servertest.StartPostgres(t) // which takes any password
	postgres := fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", db.User, databaseWord, db.Addr, db.Name)
	redis := servertest.StartRedisWith(t, "--requirepass", cacheWord).Addr
	memcached := servertest.StartMemcached(t).Addr
	list := []any{
		openOnServers(t, postgres, "db", "memory://"),
		openOnServers(t, postgres, "cached_db", "memcached://"+memcached),
		openOnServers(t, mariaDB(t), "cache", "redis://:"+cacheWord+"@"+redis),
	}
	store, err := memcachestore.Open(t.Context(), []string{memcached}, nil)
	must(t, err)
	t.Cleanup(func() { _ = store.Close() })
	memcache, err := memcachestore.OpenCache(t.Context(), []string{memcached}, nil)
	must(t, err)
	t.Cleanup(func() { _ = memcache.Close() })
	cache, err := redisstore.OpenCache(t.Context(), "redis://:"+cacheWord+"@"+redis, &redisstore.Options{Prefix: "prefix:"})
	must(t, err)
	t.Cleanup(func() { _ = cache.Close() })
	client, err := redisstore.Dial(t.Context(), "redis://:"+cacheWord+"@"+redis)
	must(t, err)
	t.Cleanup(client.Close)
	_, wrong := redisstore.Dial(t.Context(), "redis://:"+cacheWord+"x@"+redis)
	attempts, err := redisthrottle.New(client, nil)
	must(t, err)
	push, err := redisstore.NewPush(client, "x")
	must(t, err)
	return append(list, store, memcache, cache, attempts, wrong, push)
}

// mariaDB returns the URL of a database whose user has a password.
func mariaDB(t *testing.T) string {
	t.Helper()
	_, database := servertest.StartMariaDB(t)
	config, err := mysql.ParseDSN(database.MySQLName())
	must(t, err)
	connector, err := mysql.NewConnector(config)
	must(t, err)
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	for _, statement := range []string{
		"CREATE USER site@'%' IDENTIFIED BY '" + databaseWord + "'", "GRANT ALL ON " + database.Name + ".* TO site@'%'",
	} {
		_, err := db.ExecContext(t.Context(), statement)
		must(t, err)
	}
	return fmt.Sprintf("mysql://site:%s@%s/%s", databaseWord, database.Addr, database.Name)
}

// openOnServers opens a site and makes its tables.
func openOnServers(t *testing.T, database, engine, cache string) *sites.Site {
	t.Helper()
	loaded, err := settings.Load(settings.Sources{Flags: map[string]string{
		"SECRET_KEY": plantedKey, "SECRET_KEY_FALLBACKS": plantedOlder, "EMAIL_URL": plantedFlags["EMAIL_URL"],
		"DATABASE_URL": database, "SESSION_ENGINE": engine, "CACHE_URL": cache, "LOGIN_LIMIT_STORE": "db",
	}})
	must(t, err)
	must(t, sites.Migrate(context.WithoutCancel(t.Context()), loaded, nil))
	site, err := sites.Open(t.Context(), loaded, nil)
	must(t, err)
	t.Cleanup(func() { _ = site.Close() })
	return site
}
