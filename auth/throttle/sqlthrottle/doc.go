// Package sqlthrottle keeps the attempts that package throttle counts in a SQL database,
// in the table jamsession_throttle, for all processes of a site.
//
//	db := django.Database{DB: handle}
//	if _, err := sqlthrottle.Migrate(ctx, db); err != nil { ... }
//	attempts, err := sqlthrottle.New(ctx, db, nil)
//	...
//	limiter, err := throttle.New(attempts, keys, nil)
//
// The package does not link a driver. Package sqlstore describes how to open a database;
// both may use the same pool, which for SQLite must be the one that writes.
//
// An attempt is one UPDATE of one row by its primary key, and then a SELECT if that is
// refused or the row is new. There is a row for each bucket that is not full. Rows that
// have been full for an hour are deleted, in batches, about once a minute.
package sqlthrottle
