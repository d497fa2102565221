// Package sqlthrottle keeps the attempts that package throttle counts in a SQL
// database, in a table of its own, jamsession_throttle, for all processes of a
// site.
//
//	db := django.Database{DB: handle}
//	if _, err := sqlthrottle.Migrate(ctx, db); err != nil { ... }
//	attempts, err := sqlthrottle.New(ctx, db, nil)
//	...
//	limiter, err := throttle.New(attempts, keys, nil)
//
// The package links no driver. How to open a database is described in package
// sqlstore; both may use the same pool, and SQLite wants the one that writes.
//
// An attempt is one UPDATE of one row by its primary key, with a SELECT behind
// it if that is refused or the row is new. There is a row for each bucket that
// is not full. Rows that have not mattered for an hour are deleted on the way,
// in batches, about once a minute.
package sqlthrottle
