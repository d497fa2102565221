package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sessiontest"
	"github.com/jamsession/jamsession/sqlstore"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// A backend is a database that runs as a server.
type backend struct {
	dialect django.Dialect
	driver  string
	engine  string // Django's
	shared  func(testing.TB) servertest.Database
	own     func(testing.TB) (*servertest.Server, servertest.Database)
	name    func(servertest.Database) string // for the driver
}

var backends = []backend{
	{
		django.PostgreSQL, "pgx", "postgresql",
		servertest.Postgres, servertest.StartPostgres, servertest.Database.PostgresURL,
	},
	{
		django.MySQL, "mysql", "mysql",
		servertest.MariaDB, servertest.StartMariaDB, servertest.Database.MySQLName,
	},
}

func forEachServer(t *testing.T, test func(t *testing.T, b backend)) {
	t.Helper()
	for _, b := range backends {
		t.Run(b.dialect.String(), func(t *testing.T) { test(t, b) })
	}
}

// open returns a store on a database, and its pool.
func (b backend) open(t testing.TB, at servertest.Database, o sqlstore.Options) (session.Store, *sql.DB) {
	t.Helper()
	db, err := sql.Open(b.driver, b.name(at))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxIdleConns(8) // or each call of a race makes a connection
	site := django.Database{DB: db, Dialect: b.dialect}
	if _, err := sqlstore.Migrate(t.Context(), site); err != nil {
		t.Fatal(err)
	}
	store, err := sqlstore.New(t.Context(), site, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store, db
}

func TestServerContract(t *testing.T) {
	forEachServer(t, func(t *testing.T, b backend) {
		store, db := b.open(t, b.shared(t), sqlstore.Options{})
		sessiontest.Run(t, func(t *testing.T) session.Store {
			empty(t, db)
			return store
		})
	})
}

func TestServerContractTwoPrograms(t *testing.T) {
	forEachServer(t, func(t *testing.T, b backend) {
		at := b.shared(t)
		one, _ := b.open(t, at, sqlstore.Options{})
		two, db := b.open(t, at, sqlstore.Options{})
		stores := &alternating{stores: [2]session.Store{one, two}}
		sessiontest.Run(t, func(t *testing.T) session.Store {
			empty(t, db)
			return stores
		})
	})
}

func empty(t *testing.T, db *sql.DB) {
	t.Helper()
	if _, err := db.Exec("DELETE FROM django_session"); err != nil {
		t.Fatal(err)
	}
}

// TestServerComparesBytes: MySQL's usual collation takes "abc" for "ABC", and
// "abc " too, in keys and in data.
func TestServerComparesBytes(t *testing.T) {
	forEachServer(t, func(t *testing.T, b backend) {
		store, db := b.open(t, b.shared(t), sqlstore.Options{})
		upper, lower := strings.Repeat("ABCD", 8), strings.Repeat("abcd", 8)
		expiry := time.Now().Add(time.Hour).UTC()
		insert := "INSERT INTO django_session (session_key, session_data, expire_date) VALUES ('%s', 'x', '%s')"
		_, err := db.Exec(fmt.Sprintf(insert, upper, expiry.Format("2006-01-02 15:04:05")))
		if err != nil {
			t.Fatal(err)
		}
		rec := session.Record{Key: lower, Data: []byte("x"), Expiry: expiry}
		ctx := t.Context()
		if _, err := store.Load(ctx, lower); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("Load of another case: %v", err)
		}
		if err := store.Save(ctx, rec, rec); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("Save over another case: %v", err)
		}
		moved := rec
		moved.Key = strings.Repeat("m", 32)
		if err := store.Save(ctx, rec, moved); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("move of another case: %v", err)
		}
		if err := store.Delete(ctx, lower); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("Delete of another case: %v", err)
		}
		var n int
		if err := db.QueryRow("SELECT count(*) FROM django_session").Scan(&n); err != nil || n != 1 {
			t.Errorf("%d rows are left, %v; want 1", n, err)
		}
		rec = session.Record{Key: strings.Repeat("k", 32), Data: []byte("eyJh"), Expiry: expiry}
		create(t, store, rec)
		for _, other := range []string{"EYJH", "eyJh ", "eyJ\u00e1"} {
			stale := rec
			stale.Data = []byte(other)
			if err := store.Save(ctx, stale, stale); !errors.Is(err, session.ErrConflict) {
				t.Errorf("Save over %q as %q: %v, want ErrConflict", rec.Data, other, err)
			}
		}
	})
}

// TestServerSaveOfTheSame: an update that changes nothing finds its row.
func TestServerSaveOfTheSame(t *testing.T) {
	forEachServer(t, func(t *testing.T, b backend) {
		store, _ := b.open(t, b.shared(t), sqlstore.Options{})
		rec := record(1, time.Now().Add(time.Hour))
		create(t, store, rec)
		for range 2 {
			if err := store.Save(t.Context(), rec, rec); err != nil {
				t.Errorf("Save: %v", err)
			}
		}
	})
}

// TestMySQLMustCountFoundRows: a driver that is opened otherwise is refused.
func TestMySQLMustCountFoundRows(t *testing.T) {
	b := backends[1]
	at := b.shared(t)
	_, _ = b.open(t, at, sqlstore.Options{})
	db, err := sql.Open(b.driver, strings.TrimSuffix(b.name(at), "?clientFoundRows=true"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = sqlstore.New(t.Context(), django.Database{DB: db, Dialect: b.dialect}, nil)
	if err == nil || !strings.Contains(err.Error(), "clientFoundRows=true") {
		t.Errorf("New: error %v", err)
	}
}

// TestServerMalformedKeys never reach the server, which cannot take a NUL.
func TestServerMalformedKeys(t *testing.T) {
	forEachServer(t, func(t *testing.T, b backend) {
		store, _ := b.open(t, b.shared(t), sqlstore.Options{})
		for _, key := range []string{"", "short", "has\x00nul-" + strings.Repeat("k", 20), strings.Repeat("k", 41), "' OR ''='"} {
			if _, err := store.Load(t.Context(), key); !errors.Is(err, session.ErrNotFound) {
				t.Errorf("Load of %q: %v", key, err)
			}
			if err := store.Delete(t.Context(), key); !errors.Is(err, session.ErrNotFound) {
				t.Errorf("Delete of %q: %v", key, err)
			}
		}
	})
}

// TestServerKeepsInstants whatever the time zone of the session is.
func TestServerKeepsInstants(t *testing.T) {
	forEachServer(t, func(t *testing.T, b backend) {
		store, db := b.open(t, b.shared(t), sqlstore.Options{})
		db.SetMaxOpenConns(1)
		zone := "SET TIME ZONE 'Asia/Tokyo'"
		if b.dialect == django.MySQL {
			zone = "SET time_zone = '+09:00'"
		}
		if _, err := db.Exec(zone); err != nil {
			t.Fatal(err)
		}
		rec := record(1, time.Date(2230, 1, 2, 3, 4, 5, 678_901_000, time.UTC))
		create(t, store, rec)
		got, err := store.Load(t.Context(), rec.Key)
		if err != nil || !got.Expiry.Equal(rec.Expiry) || got.Expiry.Location() != time.UTC {
			t.Errorf("Load: %v, %v, want %v in UTC", got.Expiry, err, rec.Expiry)
		}
	})
}

// TestServerWithDjango: each reads, changes, deletes and clears the rows of
// the other.
func TestServerWithDjango(t *testing.T) {
	forEachServer(t, func(t *testing.T, b backend) {
		at := b.shared(t)
		project := djangotest.Site(t, tempFile(t), key, at.Django(b.engine))
		store, _ := b.open(t, at, sqlstore.Options{})
		project.Run(`
from django.contrib.sessions.backends.db import SessionStore
s = SessionStore()
s["a"] = 1
s._session_key = "fromdjango" + "0" * 22
s.save(must_create=True)
`)
		old, err := store.Load(t.Context(), "fromdjango"+strings.Repeat("0", 22))
		if err != nil {
			t.Fatalf("Load: %v", err)
		}
		moved := session.Record{Key: strings.Repeat("m", 32), Data: old.Data}
		moved.Expiry = old.Expiry.Add(time.Hour).Truncate(time.Second).Add(120 * time.Millisecond)
		if err := store.Save(t.Context(), old, moved); err != nil {
			t.Fatalf("Save: %v", err)
		}
		create(t, store, record(1, time.Now().Add(-time.Minute)))
		out := project.Run(`
from django.core.management import call_command
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
call_command("clearsessions")
s = SessionStore("m" * 32)
print(dict(s), Session.objects.get().expire_date.isoformat())
s["b"] = 2
s.save()
`)
		if want := "{'a': 1} " + moved.Expiry.Format("2006-01-02T15:04:05.000000-07:00") + "\n"; out != want {
			t.Errorf("Django reads %q, want %q", out, want)
		}
		if err := store.Save(t.Context(), moved, moved); !errors.Is(err, session.ErrConflict) {
			t.Errorf("Save over what Django has changed: %v, want ErrConflict", err)
		}
	})
}

// TestServerClearing: several programs clear at the same time. Each row is
// counted once, live rows stay, and loads go on.
func TestServerClearing(t *testing.T) {
	const rows, programs = 5000, 4
	forEachServer(t, func(t *testing.T, b backend) {
		at := b.shared(t)
		store, db := b.open(t, at, sqlstore.Options{})
		insertMany(t, db, rows)
		live := record(1, time.Now().Add(time.Hour))
		create(t, store, live)
		var total atomic.Int64
		var clearing, loading sync.WaitGroup
		done := make(chan struct{})
		loading.Go(func() {
			for {
				if _, err := store.Load(t.Context(), live.Key); err != nil {
					t.Errorf("Load: %v", err)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
		for range programs {
			clearing.Go(func() {
				one, _ := b.open(t, at, sqlstore.Options{ClearBatch: 100, ClearPause: -1})
				n, err := one.ClearExpired(t.Context(), time.Now())
				if err != nil {
					t.Errorf("ClearExpired: %v", err)
				}
				total.Add(int64(n))
			})
		}
		clearing.Wait()
		close(done)
		loading.Wait()
		if total.Load() != rows {
			t.Errorf("the programs cleared %d rows, want %d", total.Load(), rows)
		}
		var left int
		if err := db.QueryRow("SELECT count(*) FROM django_session").Scan(&left); err != nil || left != 1 {
			t.Errorf("%d rows are left, %v; want the live one", left, err)
		}
	})
}

// TestServerClearsOldestFirst, and no more than it was told.
func TestServerClearsOldestFirst(t *testing.T) {
	forEachServer(t, func(t *testing.T, b backend) {
		store, db := b.open(t, b.shared(t), sqlstore.Options{})
		now := time.Now().Truncate(time.Microsecond)
		for i := range 10 {
			create(t, store, record(i, now.Add(time.Duration(i-9)*time.Second)))
		}
		create(t, store, record(10, now.Add(time.Microsecond)))
		for cleared := 3; cleared <= 9; cleared += 3 {
			if n, err := sqlstore.ClearExpiredBatch(t.Context(), django.Database{DB: db, Dialect: b.dialect}, now, 3); n != 3 || err != nil {
				t.Fatalf("ClearExpiredBatch = %d, %v; want 3", n, err)
			}
			var left int
			var oldest string
			if err := db.QueryRow("SELECT count(*), min(session_key) FROM django_session").Scan(&left, &oldest); err != nil {
				t.Fatal(err)
			}
			if want := record(cleared, now).Key; left != 11-cleared || oldest != want {
				t.Errorf("%d rows are left, the oldest is %s; want %d, %s", left, oldest, 11-cleared, want)
			}
		}
		if n, err := sqlstore.ClearExpiredBatch(t.Context(), django.Database{DB: db, Dialect: b.dialect}, now, 3); n != 1 || err != nil {
			t.Errorf("the last ClearExpiredBatch = %d, %v; want 1", n, err)
		}
	})
}

// TestServerClearingBlocksNoLoad: not even while a batch is under way.
func TestServerClearingBlocksNoLoad(t *testing.T) {
	forEachServer(t, func(t *testing.T, b backend) {
		store, db := b.open(t, b.shared(t), sqlstore.Options{})
		insertMany(t, db, 10)
		live := record(1, time.Now().Add(time.Hour))
		create(t, store, live)
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		if _, err := tx.Exec("DELETE FROM django_session WHERE expire_date <= CURRENT_TIMESTAMP"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := store.Load(ctx, live.Key); err != nil {
			t.Errorf("Load: %v", err)
		}
	})
}

// insertMany stores rows that have expired.
func insertMany(t *testing.T, db *sql.DB, n int) {
	t.Helper()
	past := time.Now().Add(-time.Hour).UTC().Format("2006-01-02 15:04:05")
	for from := 0; from < n; from += 1000 {
		values := make([]string, 0, 1000)
		for i := from; i < min(n, from+1000); i++ {
			values = append(values, fmt.Sprintf("('%032d', 'x', '%s')", i, past))
		}
		if _, err := db.Exec("INSERT INTO django_session (session_key, session_data, expire_date) VALUES " +
			strings.Join(values, ",")); err != nil {
			t.Fatal(err)
		}
	}
}

// TestServerRestart: while it is, there are errors, which are not "no such
// session"; afterwards the same store goes on, and what was acknowledged is
// there.
func TestServerRestart(t *testing.T) {
	forEachServer(t, func(t *testing.T, b backend) {
		server, at := b.own(t)
		store, _ := b.open(t, at, sqlstore.Options{})
		rec := record(1, time.Now().Add(time.Hour))
		create(t, store, rec)
		server.Kill()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := store.Load(ctx, rec.Key)
		if err == nil || errors.Is(err, session.ErrNotFound) {
			t.Errorf("Load: error %v", err)
		}
		for doing, err := range map[string]error{
			"Create": store.Create(ctx, record(2, time.Now().Add(time.Hour))),
			"Save":   store.Save(ctx, rec, rec),
			"Delete": store.Delete(ctx, rec.Key),
		} {
			if err == nil || errors.Is(err, session.ErrNotFound) || strings.Contains(err.Error(), rec.Key) {
				t.Errorf("%s: error %v", doing, err)
			}
		}
		server.Start(t)
		got, err := store.Load(t.Context(), rec.Key)
		if err != nil || string(got.Data) != string(rec.Data) {
			t.Errorf("Load after the restart: %s, %v", got.Data, err)
		}
	})
}
