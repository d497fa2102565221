package integration

import (
	"context"
	"database/sql"
	"encoding/base64"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/filestore"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/memcachestore"
	"github.com/jamsession/jamsession/pgstore"
	"github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

func openFile(t testing.TB) session.Store {
	t.Helper()
	store, err := filestore.New(filepath.Join(t.TempDir(), "sessions"), &filestore.Options{
		LoseSessionsInPowerCut: true,
	})
	return closing(t, store, err)
}

// openSQLite opens the two pools of sqlstore's documentation on a new file.
func openSQLite(t testing.TB) session.Store {
	t.Helper()
	file := "file:" + (&url.URL{Path: filepath.Join(t.TempDir(), "site.db")}).EscapedPath()
	writer := openPool(t, "sqlite", file+"?_txlock=immediate&_pragma=busy_timeout(5000)"+
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)", 1)
	return openSQL(t, django.Database{
		DB:      writer,
		Readers: openPool(t, "sqlite", file+"?_pragma=busy_timeout(5000)&_pragma=query_only(1)", 4),
	})
}

func openPostgres(t testing.TB, at servertest.Database) session.Store {
	t.Helper()
	return openSQL(t, django.Database{
		DB: openPool(t, "pgx", at.PostgresURL(), 8), Dialect: django.PostgreSQL,
	})
}

func openPgx(t testing.TB, at servertest.Database) session.Store {
	t.Helper()
	return openPgxPool(t, at, 4)
}

func openPgxPool(t testing.TB, at servertest.Database, conns int) session.Store {
	t.Helper()
	config, err := pgxpool.ParseConfig(at.PostgresURL())
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = int32(conns)
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	db := stdlib.OpenDBFromPool(pool)
	if _, err := sqlstore.Migrate(t.Context(), django.Database{DB: db, Dialect: django.PostgreSQL}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	store, err := pgstore.New(t.Context(), pool, nil)
	return closing(t, store, err)
}

func openMariaDB(t testing.TB, at servertest.Database) session.Store {
	t.Helper()
	return openMariaDBPool(t, at, 8)
}

func openMariaDBPool(t testing.TB, at servertest.Database, conns int) session.Store {
	t.Helper()
	return openSQL(t, django.Database{
		DB: openPool(t, "mysql", at.MySQLName(), conns), Dialect: django.MySQL,
	})
}

func startPostgres(t testing.TB) place {
	s, db := servertest.StartPostgres(t)
	return databasePlace(s, db, openPostgres)
}

func startPgx(t testing.TB) place {
	s, db := servertest.StartPostgres(t)
	return databasePlace(s, db, openPgx)
}

func startMariaDB(t testing.TB) place {
	s, db := servertest.StartMariaDB(t)
	return databasePlace(s, db, openMariaDB)
}

func databasePlace(
	s *servertest.Server, db servertest.Database, open func(testing.TB, servertest.Database) session.Store,
) place {
	return place{server: s, addr: db.Addr, open: func(t testing.TB, addr string) session.Store {
		db.Addr = addr
		return open(t, db)
	}}
}

func openPool(t testing.TB, driver, dsn string, conns int) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db
}

func openSQL(t testing.TB, db django.Database) session.Store {
	t.Helper()
	if _, err := sqlstore.Migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	store, err := sqlstore.New(t.Context(), db, nil)
	return closing(t, store, err)
}

func redisEngine(name string, o redisstore.Options) engine {
	o.Prefix = newKey() + ":"
	open := func(t testing.TB, addr string) session.Store {
		store, err := redisstore.Open(t.Context(), "redis://"+addr, &o)
		return closing(t, store, err)
	}
	return engine{
		name: name,
		open: func(t testing.TB) session.Store { return open(t, servertest.Redis(t).Addr) },
		start: func(t testing.TB) place {
			s := servertest.StartRedis(t)
			return place{server: s, addr: s.Addr, open: open, spares: o.ClientCache > 0}
		},
		swaps: true,
	}
}

func memcachedEngine(name string, o memcachestore.Options) engine {
	o.Prefix = newKey() + ":"
	open := func(t testing.TB, addr string) session.Store {
		store, err := memcachestore.Open(t.Context(), []string{addr}, &o)
		return closing(t, store, err)
	}
	return engine{
		name: name,
		open: func(t testing.TB) session.Store { return open(t, servertest.Memcached(t).Addr) },
		start: func(t testing.TB) place {
			s := servertest.StartMemcached(t)
			return place{server: s, addr: s.Addr, open: open, forgets: true}
		},
		swaps:     true,
		stepMoves: true,
		tick:      time.Second, // a record may vanish this much too early
	}
}

// ofDjango makes an engine keep what Django reads. Its client is the one of
// the engine in its own format, which is enough to try outages on.
func ofDjango(e engine) engine {
	open := e.open
	e.start = nil
	e.open = func(t testing.TB) session.Store { return pickling{open(t)} }
	return e
}

// A pickling store gives its store each record as Django's pickled dict, with
// the data as the only item.
type pickling struct{ session.Store }

const itemStart, itemEnd = `{"data":"`, `"}`

func pickled(rec session.Record) session.Record {
	text := base64.StdEncoding.EncodeToString(rec.Data)
	data, err := django.Pickled().Encode([]byte(itemStart + text + itemEnd))
	if err != nil {
		panic(err) // these items are always valid
	}
	rec.Data = data
	return rec
}

func (p pickling) Load(ctx context.Context, key string) (session.Record, error) {
	rec, err := p.Store.Load(ctx, key)
	if err != nil {
		return rec, err
	}
	items, err := django.Pickled().Decode(rec.Data)
	if err != nil {
		return session.Record{}, err
	}
	text := strings.TrimSuffix(strings.TrimPrefix(string(items), itemStart), itemEnd)
	rec.Data, err = base64.StdEncoding.DecodeString(text)
	return rec, err
}

func (p pickling) Create(ctx context.Context, rec session.Record) error {
	return p.Store.Create(ctx, pickled(rec))
}

func (p pickling) Save(ctx context.Context, old, new session.Record) error {
	return p.Store.Save(ctx, pickled(old), pickled(new))
}

func openCachedRedis(t testing.TB, addr string) session.Store {
	t.Helper()
	cache, err := redisstore.OpenCache(t.Context(), "redis://"+addr, &redisstore.Options{Prefix: newKey() + ":"})
	return openCached(t, closing(t, cache, err))
}

func openCachedMemcached(t testing.TB, addr string) session.Store {
	t.Helper()
	cache, err := memcachestore.OpenCache(t.Context(), []string{addr}, &memcachestore.Options{Prefix: newKey() + ":"})
	return openCached(t, closing(t, cache, err))
}

// openCached puts a cache in front of SQLite. It must not take so long that a
// request with askTime has none left.
func openCached(t testing.TB, cache cachedstore.Cache) session.Store {
	t.Helper()
	return closing(t, noerror.In(cachedstore.New(openSQLite(t), cache, &cachedstore.Options{Timeout: askTime / 6})), nil)
}

func startCachedRedis(t testing.TB) place {
	s := servertest.StartRedis(t)
	return place{server: s, addr: s.Addr, open: openCachedRedis, spares: true}
}

func startCachedMemcached(t testing.TB) place {
	s := servertest.StartMemcached(t)
	return place{server: s, addr: s.Addr, open: openCachedMemcached, spares: true}
}

// closing returns what was opened, and closes it when the test ends.
func closing[T io.Closer](t testing.TB, opened T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return opened
}
