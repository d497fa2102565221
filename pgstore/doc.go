// Package pgstore keeps sessions in Django's table in PostgreSQL, as package
// sqlstore does, by pgx itself and not through database/sql: the same rows, and
// less to pay for each.
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
// Package site opens it where DATABASE_URL names a PostgreSQL.
//
// # Loads that share a question
//
// While few visitors load at a time, each load is sent at once. When several are
// on their way, those that come meanwhile wait for one of them to return, and then
// share one SELECT: under load the server answers dozens of visitors for little
// more than the price of one. A visitor who leaves disturbs nobody else. A load
// that failed together with others is tried again alone. A SELECT that takes two
// and a half seconds is given up, since its connection may have fallen silent, and
// the visitors who still wait are tried on other connections. Ten thousand may
// wait; the next gets an error, which is 503.
//
// Saves are never put together: each is one UPDATE that compares. A session is
// created by one INSERT and deleted by one DELETE.
//
// # One driver for a database
//
// What this package does not do by pgx, such as clearing, and users, limits and
// migrations, goes through database/sql with pgx's own adapter, on the same pool:
//
//	db := django.Database{DB: stdlib.OpenDBFromPool(pool), Dialect: django.PostgreSQL}
//	_, err = sqlstore.Migrate(ctx, db)
//	users, err := sqlusers.New(ctx, db, nil)
//
// On such a handle each statement is prepared anew, three round trips in place of
// one. A busy site gives users and limits a handle of their own from the same
// driver, by sql.Open("pgx", url), as package site does.
//
// Whether statements stay prepared is up to the pool: behind PgBouncer in its
// transaction mode, set default_query_exec_mode=exec.
package pgstore
