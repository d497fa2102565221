package integration

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/pgstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
	sites "github.com/jamsession/jamsession/site"
	"github.com/jamsession/jamsession/sqlstore"
)

// poolerSetting is what the documentation says to set behind PgBouncer in its
// transaction mode.
const poolerSetting = "&default_query_exec_mode=exec"

// TestEveryPartOfASiteWorksBehindPgBouncer in its transaction mode, by one
// setting: the migrations, the sessions, the users and the limits.
func TestEveryPartOfASiteWorksBehindPgBouncer(t *testing.T) {
	at := servertest.PgBouncer(t, servertest.Postgres(t))
	url := at.PostgresURL() + poolerSetting
	site := openWholeSite(t, url, "db", 5*time.Second, io.Discard)
	defer site.Close()
	_, key := populate(t, site, "db")
	requests := requestsOf(t, site, key)
	var visitors sync.WaitGroup
	for path, ask := range requests {
		for range crowd {
			visitors.Go(func() {
				for range 10 {
					if status := ask(); status != http.StatusOK {
						t.Errorf("%s: status %d", path, status)
					}
				}
			})
		}
	}
	visitors.Wait()
	if n, err := site.Sessions.ClearExpired(t.Context()); n != 0 || err != nil {
		t.Errorf("ClearExpired: %d, %v", n, err)
	}
	for _, err := range session.List(t.Context(), site.Store) {
		if err != nil {
			t.Errorf("List: %v", err)
		}
	}
}

// TestTableWorksBehindPgBouncer as the documentation of sqlstore opens it, beside
// programs that migrate at the same time.
func TestTableWorksBehindPgBouncer(t *testing.T) {
	at := servertest.PgBouncer(t, servertest.Postgres(t))
	var programs sync.WaitGroup
	for range 4 {
		db := noerror.In(sql.Open("pgx", at.PostgresURL()+poolerSetting))
		defer db.Close()
		programs.Go(func() {
			site := django.Database{DB: db, Dialect: django.PostgreSQL}
			if _, err := sqlstore.Migrate(t.Context(), site); err != nil {
				t.Error(err)
				return
			}
			store, err := sqlstore.New(t.Context(), site, nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer store.Close()
			var visitors sync.WaitGroup
			for range crowd {
				visitors.Go(func() {
					for range 10 {
						if err := visit(t.Context(), store); err != nil {
							t.Error(err)
						}
					}
				})
			}
			visitors.Wait()
		})
	}
	programs.Wait()
}

// TestPoolerThatReconnectsIsNoOutage: a statement that the driver has prepared by name is
// gone with the pooler's connection, and the visitor does not notice. Nothing is set here:
// a site that is alone at its pooler can work for a while, until this happens.
func TestPoolerThatReconnectsIsNoOutage(t *testing.T) {
	server := servertest.Postgres(t)
	direct := noerror.In(sql.Open("pgx", server.PostgresURL()))
	defer direct.Close()
	if _, err := sqlstore.Migrate(t.Context(), django.Database{DB: direct, Dialect: django.PostgreSQL}); err != nil {
		t.Fatal(err)
	}
	for name, open := range map[string]func(url string) session.Store{
		"sqlstore": func(url string) session.Store {
			db := noerror.In(sql.Open("pgx", url))
			t.Cleanup(func() { _ = db.Close() })
			db.SetMaxOpenConns(1)
			return noerror.In(sqlstore.New(t.Context(), django.Database{DB: db, Dialect: django.PostgreSQL}, nil))
		},
		"pgstore": func(url string) session.Store {
			pool := noerror.In(pgxpool.New(t.Context(), url+"&pool_max_conns=1"))
			t.Cleanup(pool.Close)
			return noerror.In(pgstore.New(t.Context(), pool, nil))
		},
	} {
		at := servertest.PgBouncer(t, server)
		admin := at
		admin.Name = "pgbouncer"
		console := noerror.In(pgconn.Connect(t.Context(), admin.PostgresURL()))
		store := open(at.PostgresURL())
		for round := range 5 {
			for range 3 {
				if err := visit(t.Context(), store); err != nil {
					t.Errorf("%s, round %d: %v", name, round, err)
				}
			}
			if _, err := console.Exec(t.Context(), "RECONNECT").ReadAll(); err != nil {
				t.Fatal(err)
			}
		}
		_, _ = store.Close(), console.Close(t.Context())
	}
}

// TestMigrationsBehindPgBouncerLeaveNoLock with a connection that is somebody
// else's afterwards.
func TestMigrationsBehindPgBouncerLeaveNoLock(t *testing.T) {
	server := servertest.Postgres(t)
	at := servertest.PgBouncer(t, server)
	var programs sync.WaitGroup
	for range 6 {
		programs.Go(func() {
			s, err := settings.Load(settings.Sources{Flags: map[string]string{
				"SECRET_KEY": silentSecret, "DATABASE_URL": at.PostgresURL() + poolerSetting,
			}})
			if err == nil {
				err = sites.Migrate(t.Context(), s, nil)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	programs.Wait()
	direct := noerror.In(sql.Open("pgx", server.PostgresURL()))
	defer direct.Close()
	var locks int
	err := direct.QueryRow("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'" +
		" AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").Scan(&locks)
	if err != nil || locks != 0 {
		t.Errorf("%d locks are left, %v", locks, err)
	}
}

// visit does all that a store can do with a record.
func visit(ctx context.Context, store session.Store) error {
	rec := session.Record{Key: newKey(), Data: []byte("one"), Expiry: time.Now().Add(time.Hour)}
	next, moved := rec, rec
	next.Data, moved.Key = []byte("two"), newKey()
	_, loadErr := store.Load(ctx, newKey())
	if !errors.Is(loadErr, session.ErrNotFound) {
		return loadErr
	}
	return errors.Join(store.Create(ctx, rec), store.Save(ctx, rec, next), store.Save(ctx, next, moved),
		store.Delete(ctx, moved.Key))
}
