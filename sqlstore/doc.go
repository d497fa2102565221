// Package sqlstore keeps sessions in a SQL database, in Django's table
// django_session. A Django site and a Go program may use the table at the
// same time.
//
//	db, err := sql.Open("sqlite", "file:site.db?"+
//		"_txlock=immediate"+
//		"&_pragma=busy_timeout(5000)"+
//		"&_pragma=journal_mode(WAL)"+
//		"&_pragma=synchronous(FULL)"+
//		"&_pragma=foreign_keys(1)")
//	...
//	db.SetMaxOpenConns(1)
//	site := django.Database{DB: db} // one for all packages that use it
//	if _, err := sqlstore.Migrate(ctx, site); err != nil { ... }
//	store, err := sqlstore.New(ctx, site, nil)
//	...
//	codec, err := django.Signed(keys)
//	...
//	sessions, err := session.New(store, &session.Options{Codec: codec})
//	...
//
// The package links no driver: import one, such as modernc.org/sqlite.
//
// # PostgreSQL
//
// Set [django.Database].Dialect to PostgreSQL, and use any driver that numbers its
// parameters, such as github.com/jackc/pgx/v5/stdlib. Behind PgBouncer in its
// transaction mode, statements cannot stay prepared: open pgx with
// default_query_exec_mode=exec. Instants are kept in full, so that TimeZone
// does not matter.
//
// # MySQL and MariaDB
//
// Set [django.Database].Dialect to MySQL, and use github.com/go-sql-driver/mysql with
// clientFoundRows=true: without it an update to what is there counts as none,
// and [New] refuses to go on. Keys and data are compared byte for byte, also
// where the table has a collation that ignores case, as Django's has. A
// statement that the server undid in a deadlock is repeated. MySQL commits at
// each table that it makes: [Migrate] goes on where an earlier one was cut off.
// Give timeout=5s and readTimeout=1m, too: calls end with their contexts, but
// database/sql also connects by a goroutine whose context never ends, and a
// server that accepts and says nothing would hold it, and with it the pool.
//
// # SQLite
//
// SQLite lets one connection write at a time. Let the program wait for its
// turn in the pool and not in the database: give [New] a DB of one
// connection for writing, and in [django.Database].Readers a second pool for reading,
// which WAL lets run beside the writer:
//
//	readers, err := sql.Open("sqlite", "file:site.db?"+
//		"_pragma=busy_timeout(5000)"+
//		"&_pragma=query_only(1)")
//	readers.SetMaxOpenConns(8)
//	readers.SetMaxIdleConns(8)
//
// busy_timeout is how many milliseconds to wait for another program, Django
// for example, before the answer is an error. With synchronous(FULL) what was
// saved survives a power cut; synchronous(NORMAL) is faster, and after a power
// cut the last sessions may be as they were before, a logout undone.
//
// In the path of a "file:" name, "?", "#" and "%" must be escaped.
//
// These are parameters of modernc.org/sqlite. With another driver, too, give
// parameters and not PRAGMA statements: those would reach one connection of
// the pool only.
//
// # Time
//
// Django with USE_TZ keeps UTC. Without it, it keeps the wall clock time of
// TIME_ZONE: give that zone as [django.Database].TimeZone. Where such a zone sets its
// clocks back, sessions that end in the hour that comes twice end up to an
// hour early or late, as in Django.
//
// # Deleting old sessions
//
// Expired rows are never served, but stay until session.Manager.ClearExpired is
// called, as Django's stay until clearsessions. It deletes in batches, so that
// nobody waits for it. [CountExpired] and [ClearExpiredBatch] are for programs that
// show their progress.
//
// # Errors
//
// Errors of the database are returned as they are, wrapped: a database that is
// locked for longer than the driver waits is an error, and never "not found".
// So is one that is silent: a call whose context does not say when it ends has
// five seconds, and a statement over many rows, as of clearing, has a minute.
package sqlstore
