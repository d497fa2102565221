package sqlthrottle_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/auth/throttle/sqlthrottle"
	"github.com/jamsession/jamsession/auth/throttle/throttletest"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

var limit = throttle.Limit{Burst: 3, Every: time.Minute}

// A backend is a kind of database; where returns a new one, by what opens it.
type backend struct {
	dialect django.Dialect
	driver  string
	where   func(testing.TB) string
}

var backends = []backend{
	{django.SQLite, "sqlite", func(t testing.TB) string {
		path := filepath.Join(t.TempDir(), "site.db")
		return "file:" + (&url.URL{Path: path}).EscapedPath() +
			"?_txlock=immediate&_pragma=busy_timeout(20000)&_pragma=journal_mode(WAL)"
	}},
	{django.PostgreSQL, "pgx", func(t testing.TB) string { return servertest.Postgres(t).PostgresURL() }},
	{django.MySQL, "mysql", func(t testing.TB) string { return servertest.MariaDB(t).MySQLName() }},
	{django.MySQL, "mysql", func(t testing.TB) string { // counts changed rows
		return strings.Replace(servertest.MariaDB(t).MySQLName(), "clientFoundRows=true", "", 1)
	}},
}

func forEach(t *testing.T, test func(t *testing.T, b backend, where string)) {
	t.Helper()
	for i, b := range backends {
		t.Run(fmt.Sprint(b.dialect, i), func(t *testing.T) { test(t, b, b.where(t)) })
	}
}

func (b backend) site(db *sql.DB) django.Database { return django.Database{DB: db, Dialect: b.dialect} }

func (b backend) pool(t testing.TB, where string) *sql.DB {
	t.Helper()
	db, err := sql.Open(b.driver, where)
	if err != nil {
		t.Fatal(err)
	}
	if b.dialect == django.SQLite {
		db.SetMaxOpenConns(1)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (b backend) open(t testing.TB, where string) (throttle.Store, *sql.DB) {
	t.Helper()
	db := b.pool(t, where)
	if _, err := sqlthrottle.Migrate(t.Context(), b.site(db)); err != nil {
		t.Fatal(err)
	}
	store, err := sqlthrottle.New(t.Context(), b.site(db), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return store, db
}

func TestContract(t *testing.T) {
	forEach(t, func(t *testing.T, b backend, where string) {
		store, _ := b.open(t, where)
		throttletest.Run(t, func(*testing.T) throttle.Store { return store })
	})
}

// TestProgramsCountTogether: two pools on one database have one bucket, also
// when they want it at the same time.
func TestProgramsCountTogether(t *testing.T) {
	forEach(t, func(t *testing.T, b backend, where string) {
		one, _ := b.open(t, where)
		two, _ := b.open(t, where)
		stores := []throttle.Store{one, two}
		now := time.Now()
		for round := range 20 {
			key := fmt.Sprint("round ", round)
			start := make(chan struct{})
			var mu sync.Mutex
			var group sync.WaitGroup
			taken := 0
			for i := range 8 {
				group.Go(func() {
					<-start
					wait, err := stores[i%2].Take(t.Context(), key, limit, now)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					defer mu.Unlock()
					if wait == 0 {
						taken++
					}
				})
			}
			close(start)
			group.Wait()
			if taken != limit.Burst {
				t.Fatalf("round %d: %d attempts passed, want %d", round, taken, limit.Burst)
			}
		}
	})
}

func TestMigrate(t *testing.T) {
	forEach(t, func(t *testing.T, b backend, where string) {
		db := b.pool(t, where)
		ctx := t.Context()
		if _, err := sqlthrottle.New(ctx, b.site(db), nil); !errors.Is(err, django.ErrNotMigrated) {
			t.Errorf("New before: %v, want ErrNotMigrated", err)
		}
		if plan, err := sqlthrottle.Plan(ctx, b.site(db)); len(plan) != 1 || err != nil {
			t.Errorf("Plan: %v, %v", plan, err)
		}
		var group sync.WaitGroup
		var mu sync.Mutex
		var made []string
		for range 4 {
			pool := b.pool(t, where)
			group.Go(func() {
				names, err := sqlthrottle.Migrate(ctx, b.site(pool))
				if err != nil {
					t.Errorf("Migrate: %v", err)
				}
				mu.Lock()
				defer mu.Unlock()
				made = append(made, names...)
			})
		}
		group.Wait()
		if len(made) != 1 || made[0] != "jamsession_throttle" {
			t.Errorf("four at the same time made %q", made)
		}
		if plan, err := sqlthrottle.Plan(ctx, b.site(db)); len(plan) != 0 || err != nil {
			t.Errorf("Plan afterwards: %v, %v", plan, err)
		}
		if _, err := db.Exec("SELECT * FROM django_migrations"); err == nil {
			t.Error("Django's records were made")
		}
	})
}

func TestMigrateRefusesAnotherTable(t *testing.T) {
	forEach(t, func(t *testing.T, b backend, where string) {
		db := b.pool(t, where)
		if _, err := db.Exec("CREATE TABLE jamsession_throttle (bucket varchar(64))"); err != nil {
			t.Fatal(err)
		}
		for name, f := range map[string]func() error{
			"Plan":    func() error { _, err := sqlthrottle.Plan(t.Context(), b.site(db)); return err },
			"Migrate": func() error { _, err := sqlthrottle.Migrate(t.Context(), b.site(db)); return err },
			"New":     func() error { _, err := sqlthrottle.New(t.Context(), b.site(db), nil); return err },
		} {
			if err := f(); err == nil || !strings.Contains(err.Error(), "full_at") {
				t.Errorf("%s: %v, want the column that is missing", name, err)
			}
		}
	})
}

// TestExpiredRowsAreCleared: in batches, by the way and when asked for, and
// nothing that may still count.
func TestExpiredRowsAreCleared(t *testing.T) {
	forEach(t, func(t *testing.T, b backend, where string) {
		store, db := b.open(t, where)
		now := time.Now()
		count := func() (n int) {
			t.Helper()
			if err := db.QueryRow("SELECT count(*) FROM jamsession_throttle").Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		fill := func(prefix string, n int, full time.Time) {
			t.Helper()
			rows := make([]string, n)
			for i := range rows {
				rows[i] = fmt.Sprintf("('%s%d', %d)", prefix, i, full.UnixMicro()+int64(i/3))
			}
			_, err := db.Exec("INSERT INTO jamsession_throttle (bucket, full_at) VALUES " + strings.Join(rows, ","))
			if err != nil {
				t.Fatal(err)
			}
		}
		take := func(key string) {
			t.Helper()
			if _, err := store.Take(t.Context(), key, limit, now); err != nil {
				t.Fatal(err)
			}
		}
		fill("old", 2500, now.Add(-2*time.Hour))
		fill("skew", 10, now.Add(-59*time.Minute))
		fill("live", 10, now.Add(time.Minute))
		take("by the way")
		if n := count(); n != 21 {
			t.Errorf("%d rows after a Take, want 21", n)
		}
		fill("again", 2500, now.Add(-2*time.Hour))
		take("another in the same minute")
		if n := count(); n != 2522 {
			t.Errorf("%d rows after another, want 2522", n)
		}
		if n, err := sqlthrottle.ClearExpired(t.Context(), store, now); n != 2500 || err != nil {
			t.Errorf("ClearExpired: %d, %v", n, err)
		}
		if n := count(); n != 22 {
			t.Errorf("%d rows after ClearExpired, want 22", n)
		}
		now = now.Add(3 * time.Hour)
		take("by the way")  // there is a row of that name: no sweep
		take("a later one") // a sweep
		if n := count(); n != 2 {
			t.Errorf("%d rows three hours later, want 2", n)
		}
	})
}

// TestClearingHindersNobody: attempts on rows that are being cleared succeed,
// and none is counted twice or lost.
func TestClearingHindersNobody(t *testing.T) {
	const keys, callers = 200, 4
	forEach(t, func(t *testing.T, b backend, where string) {
		store, db := b.open(t, where)
		clearer, _ := b.open(t, where)
		now := time.Now()
		var rows []string
		for i := range keys {
			rows = append(rows, fmt.Sprintf("('k%d', %d)", i, now.Add(-2*time.Hour).UnixMicro()))
		}
		_, err := db.Exec("INSERT INTO jamsession_throttle (bucket, full_at) VALUES " + strings.Join(rows, ","))
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		taken := make([]atomic.Int32, keys)
		for caller := range callers {
			group.Go(func() {
				for i := range keys {
					key := (i*7 + caller*keys/callers) % keys
					wait, err := store.Take(t.Context(), fmt.Sprint("k", key), limit, now)
					if err != nil {
						t.Error(err)
					}
					if wait == 0 {
						taken[key].Add(1)
					}
				}
			})
		}
		stop := make(chan struct{})
		var cleared sync.WaitGroup
		cleared.Go(func() {
			for {
				if _, err := sqlthrottle.ClearExpired(t.Context(), clearer, now); err != nil {
					t.Error(err)
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
		group.Wait()
		close(stop)
		cleared.Wait()
		for i := range taken {
			if n := int(taken[i].Load()); n != limit.Burst {
				t.Errorf("k%d: %d attempts of %d callers passed, want %d", i, n, callers, limit.Burst)
			}
		}
	})
}

// TestDatabaseDown: what cannot be asked is an error.
func TestDatabaseDown(t *testing.T) {
	forEach(t, func(t *testing.T, b backend, where string) {
		store, db := b.open(t, where)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Take(t.Context(), "a", limit, time.Now()); err == nil {
			t.Error("Take: no error")
		}
		if err := store.Give(t.Context(), "a", limit); err == nil {
			t.Error("Give: no error")
		}
		if _, err := sqlthrottle.ClearExpired(t.Context(), store, time.Now()); err == nil {
			t.Error("ClearExpired: no error")
		}
	})
}

// TestAWrongDatabaseIsAnErrorThatNamesTheField in each function that is given one.
func TestAWrongDatabaseIsAnErrorThatNamesTheField(t *testing.T) {
	db := backends[0].pool(t, backends[0].where(t))
	for field, site := range map[string]django.Database{
		"Database.DB ":      {},
		"Database.Dialect ": {DB: db, Dialect: 99},
	} {
		_, migrateErr := sqlthrottle.Migrate(t.Context(), site)
		_, newErr := sqlthrottle.New(t.Context(), site, nil)
		for _, err := range []error{migrateErr, newErr} {
			if err == nil || !strings.HasPrefix(err.Error(), "sqlthrottle: "+field) {
				t.Errorf("error %v, want one that names %s", err, field)
			}
		}
	}
}
