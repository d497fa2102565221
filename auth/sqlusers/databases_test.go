package sqlusers_test

import (
	"database/sql"
	"net/url"
	"os"
	"testing"

	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangotest"
)

// sqliteFile is SQLite as a backend of forEachDatabase.
var sqliteFile = backend{dialect: django.SQLite, driver: "sqlite"}

// A database is users in a new database of a test's own.
type database struct {
	*sqlusers.Users

	dialect django.Dialect
	file    string // whose tables it has, of testdata/models
	db      *sql.DB
	django  *djangotest.Project // nil if the test does not ask for it
}

// forEachDatabase runs a test on a new database of each kind, with tables that
// we have made.
func forEachDatabase(t *testing.T, test func(t *testing.T, d database)) {
	t.Helper()
	for _, b := range append([]backend{sqliteFile}, backends...) {
		t.Run(b.dialect.String(), func(t *testing.T) {
			d, _ := b.connect(t)
			test(t, d.migrate(t))
		})
	}
}

// forEachDatabaseWithDjango runs a test on a new database of each kind that a
// Django site with these settings uses, too. It is made by us, or by a Django whose tables of
// pairs have ids of 64 bits; with JAMSESSION_WHOLE=1 each is made by both.
func forEachDatabaseWithDjango(t *testing.T, test func(t *testing.T, d database), settings ...string) {
	t.Helper()
	whole := os.Getenv("JAMSESSION_WHOLE") == "1"
	for _, b := range append([]backend{sqliteFile}, backends...) {
		if whole || b.dialect != django.PostgreSQL {
			t.Run(b.dialect.String()+" ours", func(t *testing.T) {
				d, setting := b.connect(t)
				d.django = djangotest.Site(t, tempFile(t), key, append(settings, setting)...)
				test(t, d.migrate(t))
			})
		}
		if whole || b.dialect != django.MySQL {
			t.Run(b.dialect.String()+" Django's", func(t *testing.T) {
				d, setting := b.connect(t)
				d.django = djangotest.Site(t, tempFile(t), key, append(settings, setting,
					`DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"`)...)
				d.django.Manage("migrate")
				test(t, d.migrate(t))
			})
		}
	}
}

// connect opens a new database, and returns Django's setting for it.
func (b backend) connect(t *testing.T) (d database, setting string) {
	t.Helper()
	var name string
	if b.start == nil {
		path := tempFile(t)
		name = "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=busy_timeout(5000)" +
			"&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)"
		setting = `DATABASES["default"]["NAME"] = "` + path + `"`
	} else {
		at := b.start(t)
		name, setting = b.name(at), at.Django(b.engine)
	}
	db, err := sql.Open(b.driver, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return database{db: db, dialect: b.dialect}, setting
}

// migrate makes the tables that do not exist.
func (d database) migrate(t *testing.T) database {
	t.Helper()
	if _, err := sqlusers.Migrate(t.Context(), d.site(), nil); err != nil {
		t.Fatal(err)
	}
	var err error
	if d.Users, err = sqlusers.New(t.Context(), d.site(), nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Users.Close() })
	return d
}

// site is the database as the package wants it.
func (d database) site() django.Database { return django.Database{DB: d.db, Dialect: d.dialect} }

// exec runs statements that we do not have.
func (d database) exec(t *testing.T, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := d.db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// count returns how many rows a table has.
func (d database) count(t *testing.T, table string) int {
	t.Helper()
	var n int
	if err := d.db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
