package session

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Record is a session as it is stored. Stores do not look inside.
//
// Data is immutable once it has been handed over, in either direction:
// a holder of a Record may keep Data without copying it, and nobody
// writes into it.
//
// It is a plain value: two records are the same if their fields are.
type Record struct {
	Key    string    // 32 characters of a-z0-9, or the 40 of a hashed key; see Store.Seal
	Data   []byte    // what the [Codec] made of the session's items: see Codec.MakesText
	Expiry time.Time // the record is gone from this instant on; see Store.Load
}

// Format implements [fmt.Formatter]: every verb prints the fingerprint of the
// key and the length of the data, and neither of them.
func (r Record) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "record %s of %d bytes", Fingerprint(r.Key), len(r.Data))
}

// MarshalText is the text that Format prints, for package slog and programs that
// encode a Record to show it. It cannot be read back: a [Store] keeps the fields.
func (r Record) MarshalText() ([]byte, error) { return fmt.Append(nil, r), nil }

// A Store keeps records. To add a new one, implement these six methods, and call
// sessiontest.Run from one test. Programs do not call a Store; they use a [Session]
// through a [Manager].
//
// A Store must be safe for concurrent use. Every method must give up when ctx is done,
// and must then return an error that wraps ctx.Err. An error that wraps [ErrTooLarge] means
// that the store cannot keep a record of this size, or return it. Errors other than that
// and the three named here mean that the store is unavailable; they must not contain the
// record's key or data. Times are compared to the microsecond or finer.
//
// A Store may have more methods than these, as an http.ResponseWriter may:
//
//	// KeepsBytes reports whether Data can be any bytes. A store without it need
//	// only keep ASCII without NUL, as a column of text does, and New refuses a
//	// Codec that makes anything else beside it. A store in front of another
//	// answers for the one behind it.
//	KeepsBytes() bool
//
//	// Codec returns the codec that a store was given, or nil, if it has to know
//	// what Data says. New refuses another kind of codec beside it.
//	Codec() Codec
//
//	// List yields every record that has not expired, in order of key, for
//	// consoles. It must stop when the loop breaks, and yield an error at most
//	// once, last.
//	List(ctx context.Context) iter.Seq2[Record, error]
//
//	// Exist reports for each key whether Load would find a record, for those who ask
//	// about thousands: in one question, or few.
//	Exist(ctx context.Context, keys []string) ([]bool, error)
//
// A store whose keys are the records, since the visitor's cookie holds everything,
// signed, makes its keys itself, and each change of a record makes another one:
//
//	// Issued reports whether key could be one that Seal has made. Load and
//	// Delete are asked for no others. It decides by the form alone.
//	Issued(key string) bool
//
//	// Seal returns next under the key that holds it, and perhaps with more
//	// data; it is then given to Create or Save. The record that it follows is
//	// old, with a key of "" for none. If fresh, the new key must have nothing
//	// in common with the old one: a logout of one does not end the other.
//	Seal(old, next Record, fresh bool) (Record, error)
//
// A store in the memory of this process, or one that keeps a part of its records there,
// can also keep what a [Manager] has decoded from a record: it costs memory, and spares
// later loads the decoding. Other stores have no use for it. What is kept is the
// Manager's own: a store does not look inside, and a Manager does not use what another
// one has left, or what was not decoded from the very Data that is beside it. Its method
// Size() int says about how many bytes it takes, for a store that bounds them.
//
//	// Remember keeps decoded beside the record under rec.Key, in place of what
//	// is kept there, if the stored Data is rec's slice. If not, it does
//	// nothing. Save and Delete forget what is kept.
//	Remember(rec Record, decoded any)
//
//	// Recall returns what is kept beside the record under rec.Key if the
//	// stored Data is rec's slice, and nil if not. It is called after Load.
//	Recall(rec Record) (decoded any)
type Store interface {
	// Load returns the record that is stored under key. It must return ErrNotFound if there
	// is none, or if its Expiry is not after now. A store that lets records vanish by
	// themselves, and holds one that another program wrote, may return a zero Expiry: the
	// record is alive, but its expiry unknown.
	Load(ctx context.Context, key string) (Record, error)

	// Create stores a record under a new key. It must return ErrExists, and
	// change nothing, if a record that has not expired has the key. A record
	// whose Expiry has passed already may be kept or dropped.
	Create(ctx context.Context, rec Record) error

	// Save replaces old by new, in one atomic step, if what is stored under
	// old.Key is still old. It must return ErrConflict, and change nothing,
	// if the stored Data is not old.Data. It must return ErrNotFound, and
	// never create a record, if there is none or if it has expired. A new
	// whose Expiry has passed ends the record.
	//
	// If new.Key differs from old.Key the record moves: afterwards new.Key
	// holds it and old.Key is gone. It must return ErrExists, and change
	// nothing, if new.Key is taken. A store that cannot move a record in one
	// step must leave old.Key in place if it fails. A record may move back to a key
	// that it had before.
	Save(ctx context.Context, old, new Record) error

	// Delete removes the record, whatever its Data. It must return ErrNotFound if there is
	// none, or if its Expiry is not after now: this tells a logout whether it has ended the
	// session. Of a Delete and a Save that moves the record, or of several Deletes, one
	// succeeds.
	//
	// ErrNotFound must never be about this call's own deletion. A store that repeats it,
	// since the answer was lost, and then finds nothing, cannot know who has deleted the
	// record: it must return another error.
	Delete(ctx context.Context, key string) error

	// ClearExpired removes records whose Expiry is not after now and returns
	// how many. A store whose records vanish by themselves returns 0. It
	// should work in batches, so that no reader waits for it.
	ClearExpired(ctx context.Context, now time.Time) (int, error)

	// Close releases what the store opened, and nothing that it was given:
	// connections, files, goroutines. A store that opened nothing returns nil.
	// Nothing else may be called afterwards.
	Close() error
}

// The errors of a [Store]. A store returns them as they are or wrapped; callers test with
// errors.Is.
var (
	// ErrNotFound: no record has this key, or it has expired.
	ErrNotFound = errors.New("session: no such session")

	// ErrExists: another record already has this key.
	ErrExists = errors.New("session: key is taken")

	// ErrConflict: the stored record is no longer the one that was loaded.
	ErrConflict = errors.New("session: record has changed")
)
