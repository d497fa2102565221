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
// The package does not link a driver: import one, such as modernc.org/sqlite.
//
// # PostgreSQL
//
// Set [django.Database].Dialect to PostgreSQL, and use any driver that numbers its
// parameters, such as github.com/jackc/pgx/v5/stdlib. The driver prepares statements, or
// does not, as its own options say. Behind PgBouncer in its transaction mode, they cannot
// stay prepared: open pgx with default_query_exec_mode=exec. PostgreSQL stores instants, so
// that TimeZone does not matter.
//
// # MySQL and MariaDB
//
// Set [django.Database].Dialect to MySQL, and use github.com/go-sql-driver/mysql with
// clientFoundRows=true: without it an update that changes nothing looks like one that
// found nothing, and [New] returns an error. Keys and data are compared byte for byte,
// even if the table has a collation that ignores case, as Django's has. A statement that
// the server undid in a deadlock is repeated. MySQL commits after each table that it
// creates: [Migrate] continues where an earlier one stopped. Also give timeout=5s and
// readTimeout=1m: calls end with their contexts, but database/sql also connects in a
// goroutine whose context never ends, and a server that accepts and never answers would
// hold it up, and with it the pool.
//
// maxAllowedPacket=0 makes the driver ask for the size of a statement that the server
// takes. [New] refuses a column that is shorter than Django's if the server is not strict
// (sql_mode), since it would keep the beginning of a session without an error.
//
// # SQLite
//
// SQLite lets one connection write at a time. Let the program wait for its turn in
// the pool and not in the database: give [New] a DB of one connection for writing,
// and in [django.Database].Readers a second pool for reading, which can read during a
// write with WAL:
//
//	readers, err := sql.Open("sqlite", "file:site.db?"+
//		"_pragma=busy_timeout(5000)"+
//		"&_pragma=query_only(1)")
//	readers.SetMaxOpenConns(8)
//	readers.SetMaxIdleConns(8)
//
// busy_timeout is how many milliseconds to wait for another program, such as Django,
// before the call fails. With synchronous(FULL) saved sessions survive a power cut;
// synchronous(NORMAL) is faster, but a power cut may undo the last changes, even a
// logout.
//
// In the path of a "file:" name, "?", "#" and "%" must be escaped.
//
// These are parameters of modernc.org/sqlite. With other drivers, too, use parameters and
// not PRAGMA statements, which would reach only one connection of the pool.
//
// # Session models
//
// A model that a Django site has derived from AbstractBaseSession has another table, and
// further columns: name them in [Options]. Each save fills the columns from the items. The
// table may be partitioned, and on PostgreSQL and MySQL it may be a view that can be
// written to.
//
// # Time
//
// Django with USE_TZ keeps UTC. Without it, it keeps the wall clock time of TIME_ZONE:
// give that zone as [django.Database].TimeZone. When such a zone sets its clocks back,
// sessions that end in the repeated hour end up to an hour early or late, as in Django.
//
// # Deleting old sessions
//
// Expired rows are never served, but stay until session.Manager.ClearExpired is called,
// as in Django until clearsessions. It deletes in batches, so that nobody waits for
// long. "jamsession clearsessions" shows its progress.
//
// # Errors
//
// Errors of the database are returned as they are, wrapped: a database that is locked for
// longer than the driver waits is an error, and never "not found". So is one that does
// not respond: a call whose context has no deadline has five seconds, and a statement
// over many rows, as in clearing, a minute.
package sqlstore
