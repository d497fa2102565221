package matrix

import (
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"time"

	"github.com/alexedwards/scs/mysqlstore"
	"github.com/alexedwards/scs/pgxstore"
	"github.com/alexedwards/scs/sqlite3store"
	_ "github.com/go-sql-driver/mysql" // the driver
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib" // the driver, too
	_ "modernc.org/sqlite"           // the driver

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/pgstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

var databasePages = []Case{ReadCase, ReadWriteCase, CreateCase, ReadLarge, RotateCase, LogoutCase, ClearCase}

// conns is how many connections each contender may have.
const conns = 25

var sqliteEngine = engine{
	name:  "SQLite",
	cases: databasePages,
	open: func(bed *contest.Bed) []entrant {
		const wait = "_pragma=busy_timeout(10000)"
		const write = wait + "&_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
		open := func() (*sql.DB, *sql.DB) {
			path := filepath.Join(bed.TempDir(), "db.sqlite3")
			writer := openPool(bed, "sqlite", sqliteName(path, write), 1)
			mustNot(writer.Ping())
			return writer, openPool(bed, "sqlite", sqliteName(path, wait+"&_pragma=query_only(1)"), 4)
		}
		writer, readers := open()
		store := tableStore(bed, django.Database{DB: writer, Readers: readers})
		peer := openPool(bed, "sqlite", sqliteName(filepath.Join(bed.TempDir(), "scs.sqlite3"), write), 4)
		exec(peer, `CREATE TABLE sessions (token TEXT PRIMARY KEY, data BLOB NOT NULL, expiry REAL NOT NULL)`)
		exec(peer, `CREATE INDEX sessions_expiry_idx ON sessions(expiry)`)
		bareWriter, bareReaders := open()
		return databaseEntrants(writer, store, bare{
			db: bareWriter, readers: bareReaders, statements: plainStatements, time: asText,
		}.prepared(bed, django.SQLite), scsSite(sqlite3store.NewWithCleanupInterval(peer, 0)))
	},
}

// sqliteName is what opens a database with the driver sqlite.
func sqliteName(path, parameters string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + parameters
}

var postgres = engine{
	name:   "PostgreSQL",
	server: true,
	cases:  databasePages,
	open: func(bed *contest.Bed) []entrant {
		at := servertest.Postgres(bed)
		own := openPool(bed, "pgx", at.PostgresURL(), conns)
		store := pgxStore(bed, at)
		peer := openPgx(bed, servertest.Postgres(bed))
		for _, statement := range []string{
			`CREATE TABLE sessions (token TEXT PRIMARY KEY,` +
				` data BYTEA NOT NULL, expiry TIMESTAMPTZ NOT NULL)`,
			`CREATE INDEX sessions_expiry_idx ON sessions (expiry)`,
		} {
			_, err := peer.Exec(context(), statement)
			mustNot(err)
		}
		floor := barePgx(bed)
		return databaseEntrants(own, store, floor, scsSite(pgxstore.NewWithCleanupInterval(peer, 0)))
	},
}

// postgresSQL is PostgreSQL through database/sql, as any driver serves it.
var postgresSQL = engine{
	name:   "PostgreSQL by database/sql",
	server: true,
	cases:  []Case{ReadCase, ReadWriteCase},
	open: func(bed *contest.Bed) []entrant {
		own, db := openPostgres(bed), openPostgres(bed)
		floor := bare{db: db, readers: db, statements: postgresStatements, time: asItIs}
		return databaseEntrants(own, postgresTable(bed, own),
			floor.prepared(bed, django.PostgreSQL), nil)
	},
}

var postgresStatements = statements{
	read: "SELECT session_data, expire_date FROM django_session" +
		" WHERE session_key = $1 AND expire_date > $2",
	write:  "UPDATE django_session SET session_data = $1, expire_date = $2 WHERE session_key = $3",
	insert: "INSERT INTO django_session (session_key, session_data, expire_date) VALUES ($1, $2, $3)",
	remove: "DELETE FROM django_session WHERE session_key = $1",
	clear:  "DELETE FROM django_session WHERE expire_date < $1",
}

func asItIs(t time.Time) any { return t }

func openPgx(bed *contest.Bed, at servertest.Database) *pgxpool.Pool {
	config, err := pgxpool.ParseConfig(at.PostgresURL())
	mustNot(err)
	config.MaxConns = conns
	pool, err := pgxpool.NewWithConfig(context(), config)
	mustNot(err)
	bed.Cleanup(pool.Close)
	return pool
}

// barePgx is the floor by pgx itself, whose pool prepares what it is asked.
func barePgx(bed *contest.Bed) bareEntrant {
	at := servertest.Postgres(bed)
	db := openPool(bed, "pgx", at.PostgresURL(), conns)
	floor := bare{db: db, readers: db, statements: postgresStatements, time: asItIs}.prepared(
		bed, django.PostgreSQL)
	pool := openPgx(bed, at)
	row := func(key string, length int) {
		var data []byte
		var expiry time.Time
		mustNot(pool.QueryRow(context(), postgresStatements.read, key, time.Now()).Scan(&data, &expiry))
		must(len(data) == length, "the row is not what was written")
	}
	selects := func(data string) func(int) func() {
		return func(goroutine int) func() {
			key := floor.insertRow(goroutine, data)
			return func() { row(key, len(data)) }
		}
	}
	floor.floor = map[Case]func(int) func(){
		ReadCase:  selects(string(payload)),
		ReadLarge: selects(large),
		ReadWriteCase: func(goroutine int) func() {
			data := string(payload)
			key := floor.insertRow(goroutine, data)
			return func() {
				row(key, len(data))
				_, err := pool.Exec(context(), postgresStatements.write, data, time.Now().Add(time.Hour), key)
				mustNot(err)
			}
		},
	}
	floor.records.remove = func(key string) {
		_, err := pool.Exec(context(), postgresStatements.remove, key)
		mustNot(err)
	}
	return floor
}

func openPostgres(bed *contest.Bed) *sql.DB {
	return openPool(bed, "pgx", servertest.Postgres(bed).PostgresURL(), conns)
}

// pgxStore makes the table and opens it by pgx itself.
func pgxStore(bed *contest.Bed, at servertest.Database) session.Store {
	pool := openPgx(bed, at)
	db := stdlib.OpenDBFromPool(pool)
	_, err := sqlstore.Migrate(context(), django.Database{DB: db, Dialect: django.PostgreSQL})
	mustNot(errors.Join(err, db.Close()))
	store, err := pgstore.New(context(), pool, &sqlstore.Options{ClearPause: -1})
	mustNot(err)
	bed.Cleanup(func() { _ = store.Close() })
	return store
}

func postgresTable(bed *contest.Bed, db *sql.DB) session.Store {
	return tableStore(bed, django.Database{DB: db, Dialect: django.PostgreSQL})
}

var mariaDB = engine{
	name:   "MariaDB",
	server: true,
	cases:  databasePages,
	open: func(bed *contest.Bed) []entrant {
		open := func() *sql.DB {
			return openPool(bed, "mysql", servertest.MariaDB(bed).MySQLName(), conns)
		}
		own, peer, db := open(), open(), open()
		store := tableStore(bed, django.Database{DB: own, Dialect: django.MySQL})
		exec(peer, `CREATE TABLE sessions (token CHAR(43) PRIMARY KEY,`+
			` data MEDIUMBLOB NOT NULL, expiry TIMESTAMP(6) NOT NULL)`)
		exec(peer, `CREATE INDEX sessions_expiry_idx ON sessions (expiry)`)
		return databaseEntrants(own, store, bare{
			db: db, readers: db, statements: plainStatements, time: asText,
		}.prepared(bed, django.MySQL), scsSite(mysqlstore.NewWithCleanupInterval(peer, 0)))
	},
}

func openPool(bed *contest.Bed, driver, name string, size int) *sql.DB {
	db, err := sql.Open(driver, name)
	mustNot(err)
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	bed.Cleanup(func() { _ = db.Close() })
	return db
}

func exec(db *sql.DB, statement string, args ...any) {
	_, err := db.ExecContext(context(), statement, args...)
	mustNot(err)
}

// tableStore makes the table and opens it. Clearing does not pause, since the
// time that it takes is what is measured.
func tableStore(bed *contest.Bed, db django.Database) session.Store {
	_, err := sqlstore.Migrate(context(), db)
	mustNot(err)
	store, err := sqlstore.New(context(), db, &sqlstore.Options{ClearPause: -1})
	mustNot(err)
	bed.Cleanup(func() { _ = store.Close() })
	return store
}

func databaseEntrants(db *sql.DB, store session.Store, floor bareEntrant, peer Site) []entrant {
	fill := func() { insertExpired(db, floor.insert, floor.time(longAgo())) }
	entrants := []entrant{
		floor.entrant,
		clearing(entrant{name: ours, site: jamsession(store, nil)}, store, fill),
		{name: oursDjango, site: jamsession(store, djangoCodec())},
	}
	if peer != nil {
		entrants = append(entrants, entrant{name: "scs", site: peer})
	}
	return entrants
}

// insertExpired puts expired rows into the table, in one transaction.
func insertExpired(db *sql.DB, insert string, expiry any) {
	tx, err := db.BeginTx(context(), nil)
	mustNot(err)
	stmt, err := tx.Prepare(insert)
	mustNot(err)
	for i := range expiredSessions {
		_, err := stmt.Exec(expiredKey(i), string(payload), expiry)
		mustNot(err)
	}
	mustNot(stmt.Close())
	mustNot(tx.Commit())
}

// bare are the statements without which no library can do, prepared on the
// same driver. Clearing is one DELETE without bound, as others do it.
type bare struct {
	db, readers *sql.DB
	statements
	time func(time.Time) any
}

type statements struct{ read, write, insert, remove, clear string }

var plainStatements = statements{
	read: "SELECT session_data, expire_date FROM django_session" +
		" WHERE session_key = ? AND expire_date > ?",
	write:  "UPDATE django_session SET session_data = ?, expire_date = ? WHERE session_key = ?",
	insert: "INSERT INTO django_session (session_key, session_data, expire_date) VALUES (?, ?, ?)",
	remove: "DELETE FROM django_session WHERE session_key = ?",
	clear:  "DELETE FROM django_session WHERE expire_date < ?",
}

// asText is how SQLite and MariaDB keep an instant.
func asText(t time.Time) any { return t.UTC().Format("2006-01-02 15:04:05.000000") }

// A bareEntrant is the floor that bare statements make.
type bareEntrant struct {
	bare
	entrant

	// insertRow makes the row of a goroutine anew, and returns its key.
	insertRow func(goroutine int, data string) string
}

func (b bare) prepared(bed *contest.Bed, d django.Dialect) bareEntrant {
	store := tableStore(bed, django.Database{DB: b.db, Dialect: d})
	prepare := func(db *sql.DB, text string) *sql.Stmt {
		stmt, err := db.PrepareContext(context(), text)
		mustNot(err)
		bed.Cleanup(func() { _ = stmt.Close() })
		return stmt
	}
	read, write, remove := prepare(b.readers, b.read), prepare(b.db, b.write), prepare(b.db, b.remove)
	row := func(goroutine int, data string) string {
		key := bareKey(goroutine)
		exec(b.db, "DELETE FROM django_session WHERE session_key = '"+key+"'")
		mustNot(store.Create(context(), record(key, data)))
		return key
	}
	selects := func(data string) func(int) func() {
		return func(goroutine int) func() {
			key := row(goroutine, data)
			return func() { b.selectRow(read, key, len(data)) }
		}
	}
	return bareEntrant{b, entrant{
		name: floorName,
		floor: map[Case]func(int) func(){
			ReadCase:  selects(string(payload)),
			ReadLarge: selects(large),
			ReadWriteCase: func(goroutine int) func() {
				data := string(payload)
				key := row(goroutine, data)
				return func() {
					b.selectRow(read, key, len(data))
					_, err := write.ExecContext(context(), data, b.time(time.Now().Add(time.Hour)), key)
					mustNot(err)
				}
			},
		},
		records: &bareRecords{
			create: func(key string) { mustNot(store.Create(context(), record(key, string(payload)))) },
			remove: func(key string) {
				_, err := remove.ExecContext(context(), key)
				mustNot(err)
			},
		},
		expired: func() { insertExpired(b.db, b.insert, b.time(longAgo())) },
		clear:   func() { exec(b.db, b.clear, b.time(time.Now().Add(-time.Minute))) },
	}, row}
}

func (b bare) selectRow(read *sql.Stmt, key string, length int) {
	var data []byte
	var expiry sql.RawBytes
	rows, err := read.QueryContext(context(), key, b.time(time.Now()))
	mustNot(err)
	must(rows.Next(), "the row is not there")
	mustNot(rows.Scan(&data, &expiry))
	must(len(data) == length, "the row is not what was written")
	mustNot(rows.Close())
}
