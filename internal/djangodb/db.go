package djangodb

import (
	"database/sql"
	"errors"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/poolqueue"
)

// A DB is a [django.Database] that was looked at. [New] makes one.
type DB struct {
	*sql.DB
	Readers  *sql.DB // the same pool, or one that only reads
	Dialect  Dialect
	TimeZone *time.Location // of the wall clock times that it keeps; nil is UTC

	renewal *renewal // nil: its connections may be given up at any time
	renew   func()   // nil: those that are idle are given up

	// How many calls wait for a connection; nil is any number.
	queue, readersQueue *poolqueue.Queue
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
	db.queue, db.readersQueue = new(poolqueue.Queue), new(poolqueue.Queue)
	if db.Readers == nil || db.Readers == db.DB {
		db.Readers, db.readersQueue = db.DB, db.queue
	}
	return db, db.Dialect.check()
}

// queueOf returns what counts the calls that wait for a connection of a pool.
func (db DB) queueOf(pool *sql.DB) *poolqueue.Queue {
	if pool == db.DB {
		return db.queue
	}
	return db.readersQueue
}

// EncodeTime returns what to bind for t, as [Dialect.EncodeTime].
func (db DB) EncodeTime(t time.Time) any { return db.Dialect.EncodeTime(t, db.TimeZone) }

// Time returns what scans a time of the database.
func (db DB) Time() Time { return Time{TimeZone: db.TimeZone} }
