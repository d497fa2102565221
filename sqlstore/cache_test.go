package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sessiontest"
	"github.com/jamsession/jamsession/sqlstore"
)

// cacheTables are what createcachetable of Django makes.
var cacheTables = map[django.Dialect]string{
	django.SQLite: `CREATE TABLE "sites cache" ("cache_key" varchar(255) NOT NULL PRIMARY KEY,
		"value" text NOT NULL, "expires" datetime NOT NULL)`,
	django.PostgreSQL: `CREATE TABLE IF NOT EXISTS "sites cache" ("cache_key" varchar(255) NOT NULL PRIMARY KEY,
		"value" text NOT NULL, "expires" timestamp with time zone NOT NULL)`,
	django.MySQL: "CREATE TABLE IF NOT EXISTS `sites cache` (`cache_key` varchar(255) NOT NULL PRIMARY KEY," +
		" `value` longtext NOT NULL, `expires` datetime(6) NOT NULL)",
}

// forEachCache runs a test on a table of each database, in which nothing is.
func forEachCache(t *testing.T, test func(t *testing.T, site django.Database)) {
	t.Helper()
	run := func(site django.Database) {
		t.Run(site.Dialect.String(), func(t *testing.T) {
			if _, err := site.DB.Exec(cacheTables[site.Dialect]); err != nil {
				t.Fatal(err)
			}
			test(t, site)
		})
	}
	path := tempFile(t)
	run(django.Database{DB: pool(t, path, quickDSN, 1), Readers: pool(t, path, readerDSN, 4)})
	for _, b := range backends {
		db, err := sql.Open(b.driver, b.name(b.shared(t)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		db.SetMaxOpenConns(8)
		db.SetMaxIdleConns(8)
		run(django.Database{DB: db, Dialect: b.dialect})
	}
}

func openCache(t testing.TB, site django.Database) cachedstore.Cache {
	t.Helper()
	cache, err := sqlstore.NewCache(t.Context(), site, "sites cache", &sqlstore.CacheOptions{
		Prefix: strings.ToLower(fmt.Sprint(time.Now().UnixNano())) + ":",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cache.Close() })
	return cache
}

// TestCacheContract, alone and in front of another store.
func TestCacheContract(t *testing.T) {
	forEachCache(t, func(t *testing.T, site django.Database) {
		sessiontest.Run(t, func(t *testing.T) session.Store {
			return noerror.In(cachedstore.NewAlone(openCache(t, site), django.Pickled()))
		})
		if site.Dialect != django.SQLite {
			return
		}
		sessiontest.Run(t, func(t *testing.T) session.Store {
			s := noerror.In(cachedstore.New(memstore.New(), openCache(t, site), nil))
			t.Cleanup(func() { _ = s.Close() })
			return s
		})
	})
}

// TestCacheEntries: what each method does to an entry that is there, or has expired.
func TestCacheEntries(t *testing.T) {
	forEachCache(t, func(t *testing.T, site django.Database) {
		cache, ctx := openCache(t, site), t.Context()
		want := func(doing string, err, want error) {
			t.Helper()
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", doing, err, want)
			}
		}
		_, err := cache.Get(ctx, "k")
		want("Get", err, session.ErrNotFound)
		want("Swap", cache.Swap(ctx, "k", nil, []byte("b"), time.Hour), session.ErrNotFound)
		want("Add", cache.Add(ctx, "k", []byte("a\x00\xff"), time.Hour), nil)
		want("Add", cache.Add(ctx, "k", []byte("b"), time.Hour), session.ErrExists)
		want("Swap", cache.Swap(ctx, "k", []byte("x"), []byte("b"), time.Hour), session.ErrConflict)
		want("Swap", cache.Swap(ctx, "k", []byte("a\x00\xff"), []byte("b"), time.Hour), nil)
		want("Swap by the same", cache.Swap(ctx, "k", []byte("b"), []byte("b"), time.Hour), nil)
		_, err = cache.Get(ctx, "K")
		want("Get in another case", err, session.ErrNotFound)
		if got, err := cache.Get(ctx, "k"); err != nil || string(got) != "b" {
			t.Errorf("Get: %q, %v", got, err)
		}
		want("Set", cache.Set(ctx, "k", []byte("c"), -5*time.Second), nil)
		_, err = cache.Get(ctx, "k")
		want("Get of what has expired", err, session.ErrNotFound)
		want("Swap of what has expired", cache.Swap(ctx, "k", []byte("c"), []byte("d"), time.Hour), session.ErrNotFound)
		want("Add over what has expired", cache.Add(ctx, "k", []byte("d"), time.Hour), nil)
		want("Set", cache.Set(ctx, "old", []byte("e"), -5*time.Second), nil)
		store := noerror.In(cachedstore.NewAlone(cache, nil))
		if n, err := store.ClearExpired(ctx, time.Now()); n != 1 || err != nil {
			t.Errorf("%d were cleared, %v, want 1", n, err)
		}
		if got, err := cache.Get(ctx, "k"); err != nil || string(got) != "d" {
			t.Errorf("Get after clearing: %q, %v", got, err)
		}
		want("Delete", cache.Delete(ctx, "k"), nil)
		want("Delete", cache.Delete(ctx, "k"), nil)
	})
}

// TestCacheSwapsOnce: of many that swap one value, one does.
func TestCacheSwapsOnce(t *testing.T) {
	forEachCache(t, func(t *testing.T, site django.Database) {
		cache, ctx := openCache(t, site), t.Context()
		if err := cache.Set(ctx, "k", []byte("old"), time.Hour); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		won := make(chan string, 20)
		for i := range 20 {
			wg.Go(func() {
				err := cache.Swap(ctx, "k", []byte("old"), fmt.Append(nil, i), time.Hour)
				if err == nil {
					won <- fmt.Sprint(i)
				} else if !errors.Is(err, session.ErrConflict) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		close(won)
		winner := <-won
		if got, err := cache.Get(ctx, "k"); len(won) > 0 || err != nil || string(got) != winner {
			t.Errorf("%d more have won; %q, %v, want %q", len(won), got, err, winner)
		}
	})
}

// TestCacheTablesThatAreWrong say so when they are opened.
func TestCacheTablesThatAreWrong(t *testing.T) {
	site := django.Database{DB: pool(t, tempFile(t), quickDSN, 1)}
	if _, err := site.DB.Exec("CREATE TABLE other (cache_key varchar(255))"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		table string
		o     sqlstore.CacheOptions
		want  string
	}{
		{"sites cache", sqlstore.CacheOptions{}, "createcachetable"},
		{"other", sqlstore.CacheOptions{}, "no column value"},
		{"a.b.c", sqlstore.CacheOptions{}, "the table's name"},
		{"other", sqlstore.CacheOptions{Prefix: strings.Repeat("x", 211)}, "250 characters"},
	} {
		_, err := sqlstore.NewCache(t.Context(), site, c.table, &c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.table, err, c.want)
		}
		if missing := c.want == "createcachetable"; errors.Is(err, django.ErrNotMigrated) != missing {
			t.Errorf("%s: %v is ErrNotMigrated: want %t", c.table, err, missing)
		}
	}
}

// TestCacheNeedsFoundRows of a driver for MySQL.
func TestCacheNeedsFoundRows(t *testing.T) {
	b := backends[1]
	db, err := sql.Open(b.driver, strings.Replace(b.name(servertest.MariaDB(t)), "clientFoundRows=true", "", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec(cacheTables[django.MySQL]); err != nil {
		t.Fatal(err)
	}
	_, err = sqlstore.NewCache(t.Context(), django.Database{DB: db, Dialect: django.MySQL}, "sites cache", nil)
	if err == nil || !strings.Contains(err.Error(), "clientFoundRows") {
		t.Errorf("%v, want an error that names clientFoundRows", err)
	}
}

// TestAKeyFunctionOfSeveralSessions would give visitors each other's sessions.
func TestAKeyFunctionOfSeveralSessions(t *testing.T) {
	o := &sqlstore.CacheOptions{KeyFunc: func(key string) string { return "s:" + key[:30] }}
	site := django.Database{DB: pool(t, tempFile(t), quickDSN, 1)}
	_, err := sqlstore.NewCache(t.Context(), site, "sites cache", o)
	if err == nil || !strings.Contains(err.Error(), "CacheOptions.KeyFunc makes the same key") {
		t.Errorf("%v, want a refusal of the function", err)
	}
}

// TestCacheClearingEnds, in batches, with rows whose keys are not texts, too.
func TestCacheClearingEnds(t *testing.T) {
	site := django.Database{DB: pool(t, tempFile(t), quickDSN, 1)}
	for _, statement := range []string{
		cacheTables[django.SQLite],
		`INSERT INTO "sites cache" WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n LIMIT 2000)
			SELECT CAST('not a text ' || i AS BLOB), '', '2020-01-01 00:00:00' FROM n`,
	} {
		if _, err := site.DB.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	store := noerror.In(cachedstore.NewAlone(openCache(t, site), nil))
	if n, err := store.ClearExpired(ctx, time.Now()); n != 2000 || err != nil {
		t.Errorf("%d were cleared, %v, want 2000", n, err)
	}
}

// TestRowsWithoutPlaces of SQLite are cleared by their keys.
func TestRowsWithoutPlaces(t *testing.T) {
	site := django.Database{DB: pool(t, tempFile(t), quickDSN, 1)}
	for _, statement := range []string{
		`CREATE TABLE django_session (session_key varchar(40) NOT NULL PRIMARY KEY, session_data text NOT NULL,
			expire_date datetime NOT NULL) WITHOUT ROWID`,
		`INSERT INTO django_session VALUES ('a', '', '2020-01-01 00:00:00'), ('b', '', '9999-01-01 00:00:00')`,
	} {
		if _, err := site.DB.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	store := noerror.In(sqlstore.New(t.Context(), site, nil))
	defer func() { _ = store.Close() }()
	if n, err := store.ClearExpired(t.Context(), time.Now()); n != 1 || err != nil {
		t.Errorf("%d were cleared, %v, want 1", n, err)
	}
}
