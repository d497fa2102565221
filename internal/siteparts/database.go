// Package siteparts is the registry of the drivers and clients that settings
// can name. The packages in folder site register themselves here, as drivers do
// with database/sql, so that a site links only the ones it uses.
package siteparts

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// A Place is what DATABASE_URL names.
type Place struct {
	Scheme string // "sqlite", "postgres" or "mysql"
	Path   string // of the file, for sqlite
	Server Server // for the others

	Missing Missing // what to do without the file
}

// Missing is what a driver does if the file of a database is not there.
type Missing int

// What there is.
const (
	Refuse  Missing = iota // the error is ErrMissing
	Make                   // it makes the file
	Imagine                // it opens an empty database, and makes no file
)

// ErrMissing says that there is no such file, and so no table in it.
var ErrMissing error = missingFile{}

// A missingFile is a [django.ErrNotMigrated], in words of its own.
type missingFile struct{}

func (missingFile) Error() string { return "there is no such file; migrate first" }
func (missingFile) Unwrap() error { return django.ErrNotMigrated }

// Open opens a place by the driver that the program has imported for it.
func Open(ctx context.Context, at Place, sessions bool, limit time.Duration) (*Database, error) {
	open, err := databaseOf(at.Scheme)
	if err != nil {
		return nil, err
	}
	return open(ctx, at, sessions, limit)
}

// A Server is where a database is, and the user that asks it.
type Server struct {
	Host, Port string // empty with a socket
	Socket     string // PostgreSQL: the folder of the socket
	User       string
	Password   secret.Text
	Name       string // of the database
	MaxConns   int
	Options    url.Values // the driver's own
}

// String returns where the server is, without a password.
func (s Server) String() string {
	if s.Socket != "" {
		return s.Socket
	}
	return s.Host + ":" + s.Port
}

// A Database is one that a driver has opened.
type Database struct {
	Writer, Readers *sql.DB
	Dialect         django.Dialect

	// OpenTable opens the table of sessions in the fastest way. Nil means by
	// database/sql.
	OpenTable func(context.Context, *sqlstore.Options) (session.Store, error)

	Wires *Wires // nil without a server
	Pool  func() // closes what else is open; nil if there is nothing
}

// Renew ends the connections to a server, those in use as soon as they are
// free. It is nil for a file.
func (db *Database) Renew() func() {
	if db.Wires == nil {
		return nil
	}
	return db.Wires.Renew
}

// Close closes all pools.
func (db *Database) Close() error {
	err := errors.Join(db.Readers.Close(), db.Writer.Close()) // closing twice is not an error
	if db.Pool != nil {
		db.Pool() // this waits for connections that are in use
	}
	return err
}

// CloseWithin lets fn close what works on the database, and then closes the
// database. What is waiting for the server after a while is cut off.
func (db *Database) CloseWithin(limit time.Duration, fn func() error) error {
	if db.Wires != nil {
		timer := time.AfterFunc(limit, db.Wires.Cut)
		defer timer.Stop()
	}
	return errors.Join(fn(), db.Close())
}

// An OpenDatabase opens a place. If sessions are in it, they may get
// connections of their own. The limit is how long a server has to accept a
// connection.
type OpenDatabase func(ctx context.Context, at Place, sessions bool, limit time.Duration) (*Database, error)
