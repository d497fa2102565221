package scale

import (
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// How package settings opens SQLite, and how it is filled.
const (
	sqliteWriter = "?_txlock=immediate&_pragma=busy_timeout(5000)" +
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"
	sqliteReader = "?_pragma=busy_timeout(5000)&_pragma=query_only(1)"
	sqliteFiller = "?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-400000)"
)

// sqlite measures reads and clearing, and returns the library's version.
func (r *run) sqlite() string {
	dir := r.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	small := r.fillSQLite(path("small.db"), smallTable(r.size.Hot))
	large := r.fillSQLite(path("large.db"), tableOf(r.size.SQLite, r.size.Hot))
	r.timed("copy the file", func() error { return copyFile(path("again.db"), path("large.db")) })

	few, _ := r.openSQLite(path("small.db"), small)
	one, _ := r.openSQLite(path("large.db"), large)
	two, db := r.openSQLite(path("again.db"), large)
	r.pointReads("SQLite", few, one, r.size.SQLite)
	r.clearings("SQLite", r.size.SQLite,
		r.atOnce(managed(one, one.store, nil)), r.atOnce(unbounded(two, db, djangodb.SQLite, nil)))

	var version string
	r.check("version", db.QueryRowContext(r.ctx, "SELECT sqlite_version()").Scan(&version))
	return version
}

// openSQLite returns the table of a file, as package settings opens it, and a
// pool of another program.
func (r *run) openSQLite(path string, hot []session.Record) (table, *sql.DB) {
	writer := r.sqlitePool(path+sqliteWriter, 1)
	readers := r.sqlitePool(path+sqliteReader, max(4, runtime.GOMAXPROCS(0)))
	store, err := sqlstore.New(r.ctx, django.Database{DB: writer, Readers: readers}, nil)
	r.check("open", err)
	return newTable(store, hot), r.sqlitePool(path+sqliteWriter, 1)
}

func (r *run) sqlitePool(name string, size int) *sql.DB {
	db, err := sql.Open("sqlite", "file:"+name)
	r.check("open", err)
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	r.Cleanup(func() { _ = db.Close() })
	return db
}

// rowsAtOnce is how many rows one INSERT has.
const rowsAtOnce = 500

// fillSQLite makes a file with Django's table in it, fills it, and returns
// its hot rows.
func (r *run) fillSQLite(path string, rows *rows) []session.Record {
	db, err := sql.Open("sqlite", "file:"+path+sqliteFiller)
	r.check("open", err)
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	_, err = sqlstore.Migrate(r.ctx, django.Database{DB: db})
	r.check("migrate", err)
	r.timed("load "+thousands(rows.n)+" rows", func() error { return r.insertAll(db, rows) })
	return rows.hot
}

// insertAll inserts the rows in one transaction. The index that can be made
// afterwards is.
func (r *run) insertAll(db *sql.DB, rows *rows) error {
	var index, definition string
	err := db.QueryRowContext(r.ctx, "SELECT name, sql FROM sqlite_master"+
		" WHERE type = 'index' AND tbl_name = 'django_session' AND sql IS NOT NULL").Scan(&index, &definition)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(r.ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(r.ctx, "DROP INDEX "+index); err != nil {
		return err
	}
	for args := nextRows(rows); len(args) > 0; args = nextRows(rows) {
		values := strings.Repeat(",(?,?,?)", len(args)/3)
		_, err := tx.ExecContext(r.ctx, "INSERT INTO django_session"+
			" (session_key, session_data, expire_date) VALUES "+values[1:], args...)
		if err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(r.ctx, definition); err != nil {
		return err
	}
	return tx.Commit()
}

// nextRows returns what to bind for the next rows.
func nextRows(rows *rows) (args []any) {
	for len(args) < 3*rowsAtOnce {
		rec, ok := rows.next()
		if !ok {
			break
		}
		args = append(args, rec.Key, string(rec.Data), djangodb.SQLite.EncodeTime(rec.Expiry, nil))
	}
	return args
}

func copyFile(to, from string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	target, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(target, source); err != nil {
		_ = target.Close()
		return err
	}
	return target.Close()
}
