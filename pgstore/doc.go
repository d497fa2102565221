// Package pgstore keeps sessions in Django's table in PostgreSQL, as package sqlstore
// does, but uses pgx directly instead of database/sql: the same rows, at a lower cost.
//
//	pool, err := pgxpool.New(ctx, url)
//	...
//	store, err := pgstore.New(ctx, pool, nil)
//	...
//	codec, err := django.Signed(keys)
//	...
//	sessions, err := session.New(store, &session.Options{Codec: codec})
//	...
//
// Package site uses it if DATABASE_URL names a PostgreSQL database.
//
// # Loads that share a SELECT
//
// While few visitors load at a time, each load is sent at once. When several are running,
// further loads wait for one of them to return, and then share one SELECT: under load the
// server answers dozens of visitors for little more than the cost of one. A visitor who
// leaves does not affect the others. A load that failed together with others is repeated
// alone. A SELECT that takes two and a half seconds is given up, since its connection may
// be dead, and the loads that still wait are tried on other connections. Ten thousand may
// wait; the next gets an error, which is 503.
//
// Saves are never combined: each is one UPDATE that compares. A session is
// created by one INSERT and deleted by one DELETE.
//
// # One driver for a database
//
// Other operations, such as clearing, and users, limits and migrations, use database/sql
// with pgx's own adapter, on the same pool:
//
//	handle := stdlib.OpenDBFromPool(pool)
//	handle.SetMaxOpenConns(int(pool.Config().MaxConns)) // bounds how many calls wait
//	db := django.Database{DB: handle, Dialect: django.PostgreSQL, Renew: pool.Reset}
//	_, err = sqlstore.Migrate(ctx, db)
//	users, err := sqlusers.New(ctx, db, nil)
//
// # PgBouncer
//
// Behind PgBouncer in its transaction mode, a statement that was prepared on one
// connection meets another one. Set default_query_exec_mode=exec in the URL, of the pool
// and of every other handle: pgx then prepares nothing.
package pgstore
