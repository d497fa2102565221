package devices_test

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// changedRows is a MariaDB whose driver does not count a row that was changed into what it was.
const changedRows = "MariaDB that counts changed rows"

// databases are real ones, and where each is.
var databases = map[string]func(testing.TB) django.Database{
	"SQLite": sqlite,
	"PostgreSQL": func(t testing.TB) django.Database {
		return opened(t, "pgx", servertest.Postgres(t).PostgresURL(), django.PostgreSQL)
	},
	"MariaDB": func(t testing.TB) django.Database {
		return opened(t, "mysql", servertest.MariaDB(t).MySQLName(), django.MySQL)
	},
	changedRows: func(t testing.TB) django.Database {
		name := strings.Replace(servertest.MariaDB(t).MySQLName(), "clientFoundRows=true", "", 1)
		return opened(t, "mysql", name, django.MySQL)
	},
}

func opened(t testing.TB, driver, name string, d django.Dialect) django.Database {
	t.Helper()
	db := noerror.In(sql.Open(driver, name))
	db.SetMaxOpenConns(10)
	t.Cleanup(func() { _ = db.Close() })
	return django.Database{DB: db, Dialect: d}
}

// TestEveryDatabase does it all, on each.
func TestEveryDatabase(t *testing.T) {
	for name, open := range databases {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			if _, err := devices.New(t.Context(), db, keys, nil); !errors.Is(err, django.ErrNotMigrated) {
				t.Errorf("New without a table: %v", err)
			}
			s := newSiteOn(t, db, inMemory, devices.Options{Max: 3})
			if made, err := devices.Migrate(t.Context(), db); len(made) != 0 || err != nil {
				t.Errorf("Migrate again: %v, %v", made, err)
			}
			here, own := s.login(t, "alice")
			there, id := s.login(t, "alice")
			bob, _ := s.login(t, "bob")
			for range 2 {
				if text := here.get("/rename/" + id + "/K%C3%BCche"); text != "renamed" {
					t.Errorf("rename: %s", text)
				}
			}
			if list := there.get("/list"); !strings.Contains(list, id+" Küche") || !strings.Contains(list, own) {
				t.Errorf("the list is %s", list)
			}
			s.age(t, own, 10*time.Minute, time.Hour)
			here.is(t, "alice")
			s.devices.Flush()
			if left := time.Until(s.devices.Expires(t.Context(), s.ids["alice"], own)); left < 24*time.Hour {
				t.Errorf("the row lives for %v", left)
			}
			if text := here.get("/others"); text != "1" {
				t.Errorf("ended %s", text)
			}
			there.is(t, "")
			here.is(t, "alice")
			endMeetsLogin(t, s)
			if n, err := s.devices.EndAll(t.Context(), s.ids["alice"]); n != 1 || err != nil {
				t.Errorf("EndAll: %d, %v", n, err)
			}
			here.is(t, "")
			if n, err := s.auth.EndAllSessions(t.Context(), nil); n != 0 || err != nil {
				t.Errorf("EndAllSessions: %d, %v", n, err)
			}
			bob.is(t, "")
			if n := s.rows(t, "bob"); n != 0 {
				t.Errorf("%d rows are left", n)
			}
			if n, err := s.devices.ClearExpired(t.Context()); n != 0 || err != nil {
				t.Errorf("ClearExpired: %d, %v", n, err)
			}
		})
	}
}

// endMeetsLogin: a login in the session of the same user goes on with its row, which is there
// at each moment until it is ended.
func endMeetsLogin(t *testing.T, s *site) {
	t.Helper()
	for range 30 {
		b, id := s.login(t, "bob")
		meet(2, func(i int) {
			if i == 0 {
				b.ask("/login/bob")
			} else if err := s.devices.EndDevice(t.Context(), s.ids["bob"], id); err != nil {
				t.Errorf("the device cannot be ended: %v", err)
			}
		})
		if !s.devices.Expires(t.Context(), s.ids["bob"], id).Equal(time.UnixMicro(0)) {
			t.Error("the device that was ended has a row")
		}
	}
}

// TestAdoptionsOfACookieAtOnceAreOne: the requests of a page share one row, though none of them
// can see in the session what the others do.
func TestAdoptionsOfACookieAtOnceAreOne(t *testing.T) {
	for name, open := range databases {
		if testing.Short() && name != "SQLite" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			s := newSiteOn(t, open(t), inCookies, devices.Options{})
			for i := range 3 {
				b := s.browser(t)
				b.get(fmt.Sprint("/django/alice?mark=", i))
				meet(6, func(int) { b.copy().is(t, "alice") })
				if n := s.rows(t, "alice"); n != i+1 {
					t.Errorf("%d rows of %d logins", n, i+1)
				}
			}
		})
	}
}
