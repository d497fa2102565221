// Package sqlite lets package site open a DATABASE_URL that begins with
// sqlite:///. Import it only for that:
//
//	import _ "github.com/jamsession/jamsession/site/sqlite"
//
// SQLite lets one connection write at a time, so writers wait for each other in
// a pool of one, rather than in the file; with WAL, readers do not wait.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/siteparts"
)

func init() {
	siteparts.RegisterDatabase("sqlite",
		func(ctx context.Context, at siteparts.Place, _ bool, _ time.Duration) (*siteparts.Database, error) {
			return open(ctx, at)
		})
}

// open opens a file.
//
// With synchronous(FULL) a logout survives a power cut.
func open(ctx context.Context, at siteparts.Place) (*siteparts.Database, error) {
	path := at.Path
	switch exists, err := find(path); {
	case err != nil:
		return nil, err
	case exists:
	case at.Missing == siteparts.Make:
		if err := makeFile(path); err != nil {
			return nil, err
		}
	case at.Missing == siteparts.Imagine:
		return imagine()
	default:
		return nil, fmt.Errorf("%s: %w", path, siteparts.ErrMissing)
	}
	writer, err := openPool(path, 1, "_txlock=immediate&_pragma=busy_timeout(5000)"+
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)")
	if err != nil {
		return nil, explain(path, err)
	}
	readers, err := openPool(path, max(4, runtime.GOMAXPROCS(0)),
		"_pragma=busy_timeout(5000)&_pragma=query_only(1)")
	if err != nil {
		return nil, errors.Join(explain(path, err), writer.Close())
	}
	db := &siteparts.Database{Writer: writer, Readers: readers, Dialect: django.SQLite}
	if err := probe(ctx, db); err != nil {
		_ = db.Close()
		return nil, explain(path, err)
	}
	return db, nil
}

// find reports whether the file is there. The error says that it cannot be made
// either.
func find(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		_, err = os.Stat(filepath.Dir(path))
		return false, err
	}
	return err == nil, err
}

// imagine opens a database in memory, which is empty.
func imagine() (*siteparts.Database, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // each connection would have a database of its own
	return &siteparts.Database{Writer: db, Readers: db, Dialect: django.SQLite}, nil
}

// makeFile makes a file that only its owner can read, since it will hold
// password hashes and session keys.
func makeFile(path string) error {
	const flags = os.O_CREATE | os.O_EXCL | os.O_WRONLY
	f, err := os.OpenFile(path, flags, 0o600) // the path is the site's
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// openPool returns a pool, each connection of which gets the parameters. The
// path cannot add to them, since "?" is escaped in it.
func openPool(path string, size int, parameters string) (*sql.DB, error) {
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + parameters
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}

// probe finds out now what would otherwise fail for the first visitor: that
// the file is a database, and that it can be written. It rolls back what it
// writes.
func probe(ctx context.Context, db *siteparts.Database) error {
	if err := djangodb.SQLite.Ping(ctx, db.Writer); err != nil {
		return err
	}
	tx, err := db.Writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "PRAGMA user_version = 0")
	if err := errors.Join(err, tx.Rollback()); err != nil {
		return err
	}
	return db.Readers.PingContext(ctx)
}

// explain says in one line what to do about a file that cannot be used.
func explain(path string, err error) error {
	var coded *sqlite.Error
	if !errors.As(err, &coded) {
		return fmt.Errorf("%s: %w", path, err)
	}
	var fault string
	switch coded.Code() & 0xff {
	case lib.SQLITE_CANTOPEN:
		fault = "cannot be opened; it and its folder must be readable and writable"
	case lib.SQLITE_READONLY, lib.SQLITE_PERM:
		fault = "cannot be written; the file and its folder must be writable"
	case lib.SQLITE_NOTADB:
		fault = "is not a SQLite database"
	case lib.SQLITE_CORRUPT:
		fault = "is damaged; restore a backup"
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		fault = "is locked by another program"
	default:
		fault = "cannot be used"
	}
	return fmt.Errorf("%s %s (%w)", path, fault, err)
}
