package capacity

import (
	"bufio"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/pgstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// signed is the codec that a site has in a database.
func signed() session.Codec {
	return noerror.In(django.Signed(secrettest.Keys("a secret key of the benchmark that guards nothing")))
}

// conns is the default of package settings.
const conns = 25

func fillPostgreSQL(r *run, f filling) filled {
	server, at := servertest.StartPostgres(r)
	config, err := pgxpool.ParseConfig(at.PostgresURL())
	r.check("open", err)
	config.MaxConns = conns / 2 // what a site gives to sessions
	pool, err := pgxpool.NewWithConfig(r.ctx, config)
	r.check("open", err)
	r.Cleanup(pool.Close)
	db := stdlib.OpenDBFromPool(pool)
	_, err = sqlstore.Migrate(r.ctx, django.Database{DB: db, Dialect: django.PostgreSQL})
	r.check("migrate", err)
	before := r.relationSize(pool)
	i := 0
	_, err = pool.CopyFrom(r.ctx, pgx.Identifier{"django_session"},
		[]string{"session_key", "session_data", "expire_date"},
		pgx.CopyFromFunc(func() ([]any, error) {
			if i == f.n {
				return nil, nil
			}
			rec := f.record(i)
			i++
			return []any{rec.Key, string(rec.Data), rec.Expiry}, nil
		}))
	r.check("copy", err)
	_, err = pool.Exec(r.ctx, "VACUUM (ANALYZE) django_session")
	r.check("vacuum", err)
	store, err := pgstore.New(r.ctx, pool, nil)
	r.check("open", err)
	r.Cleanup(func() { _ = store.(interface{ Close() error }).Close() })
	return filled{store: store, bytes: r.relationSize(pool) - before, busy: server.Processor}
}

func (r *run) relationSize(pool *pgxpool.Pool) (bytes float64) {
	r.check("measure", pool.QueryRow(r.ctx,
		"SELECT pg_total_relation_size('django_session')::float8").Scan(&bytes))
	return bytes
}

func fillMariaDB(r *run, f filling) filled {
	server, at := servertest.StartMariaDB(r)
	// Half of the data, and at most 1 GiB: the rest is read from the disk's cache.
	server.Run(r, fmt.Sprintf("SET GLOBAL innodb_buffer_pool_size = %d", max(64<<20, min(1<<30, f.n*300))))
	db := r.pool("mysql", at.MySQLName(), conns)
	table := django.Database{DB: db, Dialect: django.MySQL}
	_, err := sqlstore.Migrate(r.ctx, table)
	r.check("migrate", err)
	before := r.fileOfTable(db, at.Name)
	rows, out := io.Pipe()
	go func() {
		w := bufio.NewWriterSize(out, 1<<16)
		for i := range f.n {
			rec := f.record(i)
			end := djangodb.MySQL.EncodeTime(rec.Expiry, nil)
			_, _ = fmt.Fprintf(w, "%s\t%s\t%v\n", rec.Key, rec.Data, end)
		}
		_ = w.Flush()
		_ = out.Close()
	}()
	mysql.RegisterReaderHandler("sessions", func() io.Reader { return rows })
	defer mysql.DeregisterReaderHandler("sessions")
	_, err = db.ExecContext(r.ctx, "LOAD DATA LOCAL INFILE 'Reader::sessions' INTO TABLE django_session"+
		" (session_key, session_data, expire_date)")
	r.check("load", err)
	store, err := sqlstore.New(r.ctx, table, nil)
	r.check("open", err)
	return filled{store: store, bytes: r.fileOfTable(db, at.Name) - before, busy: server.Processor}
}

func (r *run) fileOfTable(db *sql.DB, database string) (bytes float64) {
	r.check("measure", db.QueryRowContext(r.ctx, "SELECT FILE_SIZE FROM"+
		" information_schema.INNODB_SYS_TABLESPACES WHERE NAME = ?", database+"/django_session").Scan(&bytes))
	return bytes
}

// How package settings opens SQLite, and how it is filled.
const (
	sqliteWriter = "?_txlock=immediate&_pragma=busy_timeout(5000)" +
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"
	sqliteReader = "?_pragma=busy_timeout(5000)&_pragma=query_only(1)"
	sqliteFiller = "?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-1000000)"
)

func fillSQLite(r *run, f filling) filled {
	file := filepath.Join(r.TempDir(), "db.sqlite3")
	r.insertAll(file, f)
	info, err := os.Stat(file)
	r.check("measure", err)
	store, err := sqlstore.New(r.ctx, django.Database{
		DB:      r.pool("sqlite", "file:"+file+sqliteWriter, 1),
		Readers: r.pool("sqlite", "file:"+file+sqliteReader, max(4, runtime.GOMAXPROCS(0))),
	}, nil)
	r.check("open", err)
	return filled{store: store, bytes: float64(info.Size())}
}

// insertAll makes the file with the table, in one transaction.
func (r *run) insertAll(file string, f filling) {
	db, err := sql.Open("sqlite", "file:"+file+sqliteFiller)
	r.check("open", err)
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	_, err = sqlstore.Migrate(r.ctx, django.Database{DB: db})
	r.check("migrate", err)
	tx, err := db.BeginTx(r.ctx, nil)
	r.check("begin", err)
	defer func() { _ = tx.Rollback() }()
	const atOnce = 100
	for i := 0; i < f.n; {
		var args []any
		for range min(atOnce, f.n-i) {
			rec := f.record(i)
			i++
			args = append(args, rec.Key, string(rec.Data), djangodb.SQLite.EncodeTime(rec.Expiry, nil))
		}
		_, err := tx.ExecContext(r.ctx, "INSERT INTO django_session (session_key, session_data, expire_date)"+
			" VALUES "+strings.Repeat(",(?,?,?)", len(args)/3)[1:], args...)
		r.check("insert", err)
	}
	r.check("commit", tx.Commit())
}

func (r *run) pool(driver, name string, size int) *sql.DB {
	db, err := sql.Open(driver, name)
	r.check("open", err)
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	r.Cleanup(func() { _ = db.Close() })
	return db
}
