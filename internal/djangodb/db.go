package djangodb

import (
	"database/sql"
	"errors"
	"time"

	"github.com/jamsession/jamsession/django"
)

// A DB is a [django.Database] that was looked at. [New] makes one.
type DB struct {
	*sql.DB
	Readers  *sql.DB // the same pool, or one that only reads
	Dialect  Dialect
	TimeZone *time.Location // of the wall clock times that it keeps; nil is UTC

	renewal *renewal // nil: its connections may be given up at any time
	renew   func()   // nil: those that are idle are given up
}

// New returns a database to work on. Its error names the field that is wrong.
func New(of django.Database) (DB, error) {
	db := DB{
		DB: of.DB, Readers: of.Readers, Dialect: Dialect(of.Dialect), TimeZone: of.TimeZone,
		renewal: new(renewal), renew: of.Renew,
	}
	if db.DB == nil {
		return DB{}, errors.New("Database.DB is nil")
	}
	if db.Readers == nil {
		db.Readers = db.DB
	}
	return db, db.Dialect.check()
}

// EncodeTime returns what to bind for t, as [Dialect.EncodeTime].
func (db DB) EncodeTime(t time.Time) any { return db.Dialect.EncodeTime(t, db.TimeZone) }

// Time returns what scans a time of the database.
func (db DB) Time() Time { return Time{TimeZone: db.TimeZone} }
