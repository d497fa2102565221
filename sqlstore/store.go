package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/session"
)

var (
	_ session.Store  = (*Store)(nil)
	_ session.Lister = (*Store)(nil)
)

// A Store keeps sessions in the table django_session. Make one with [New]; it
// is safe for concurrent use.
//
// Errors of the database are returned as they are, wrapped: a database that is
// locked for longer than the driver waits is an error, and never "not found".
type Store struct {
	opts Options
	*statements
}

// New prepares the statements of a store. Its error is [ErrNotMigrated] if
// the table does not exist. The pools stay the caller's: close the store, then
// the pools.
func New(ctx context.Context, db *sql.DB, o *Options) (*Store, error) {
	s := &Store{opts: o.withDefaults(db)}
	if err := s.opts.Dialect.Check(); err != nil {
		return nil, fmt.Errorf("sqlstore: %w", err)
	}
	columns, err := s.opts.Dialect.Columns(ctx, db, "django_session")
	switch {
	case err != nil:
		return nil, wrap(ctx, "open", err)
	case len(columns) == 0:
		return nil, ErrNotMigrated
	}
	s.statements, err = prepare(ctx, db, s.opts.Readers, s.opts.Dialect)
	if err != nil {
		return nil, wrap(ctx, "prepare", err)
	}
	return s, nil
}

// Close releases the statements. It does not close the pools.
func (s *Store) Close() error { return s.close() }

// Load implements [session.Store].
func (s *Store) Load(ctx context.Context, key string) (session.Record, error) {
	if !wellFormed(key) {
		return session.Record{}, session.ErrNotFound
	}
	rec := session.Record{Key: key}
	var stored string
	expiry := djangodb.Time{Location: s.opts.Location}
	err := s.load.QueryRowContext(ctx, key, s.now()).Scan(&stored, &rec.Data, &expiry)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return session.Record{}, session.ErrNotFound
	case err != nil:
		return session.Record{}, wrap(ctx, "load", err)
	case stored != key: // a collation may take "abc" for "ABC"
		return session.Record{}, session.ErrNotFound
	}
	rec.Expiry = expiry.At
	return rec, nil
}

// Create implements [session.Store].
func (s *Store) Create(ctx context.Context, rec session.Record) error {
	if !wellFormed(rec.Key) {
		return errKey
	}
	_, err := s.create.ExecContext(ctx, rec.Key, string(rec.Data), s.time(rec.Expiry))
	if s.opts.Dialect.IsUnique(err) {
		return session.ErrExists
	}
	return wrap(ctx, "create", err)
}

// Save implements [session.Store] by one UPDATE that also compares, and moves
// the row if the keys differ.
func (s *Store) Save(ctx context.Context, old, new session.Record) error {
	if !wellFormed(old.Key) {
		return session.ErrNotFound
	}
	if !wellFormed(new.Key) {
		return errKey
	}
	data, expiry := string(new.Data), s.time(new.Expiry)
	var result sql.Result
	var err error
	if new.Key == old.Key {
		result, err = s.save.ExecContext(ctx, data, expiry, old.Key, string(old.Data), s.now())
	} else {
		result, err = s.move.ExecContext(ctx, new.Key, data, expiry, old.Key, string(old.Data), s.now())
	}
	if s.opts.Dialect.IsUnique(err) {
		return session.ErrExists
	}
	if err != nil {
		return wrap(ctx, "save", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return wrap(ctx, "save", err)
	}
	if n == 0 {
		return s.whyUnsaved(ctx, old.Key)
	}
	return nil
}

// whyUnsaved tells a record that has changed from one that is gone. The row
// may change between the UPDATE and this SELECT, and either answer is then
// true: a row that is here now was not old when the UPDATE looked, and the
// caller loads it again; a row that is gone now must not be written, whatever
// it was before.
func (s *Store) whyUnsaved(ctx context.Context, key string) error {
	var one int
	err := s.exists.QueryRowContext(ctx, key, s.now()).Scan(&one)
	switch {
	case err == nil:
		return session.ErrConflict
	case errors.Is(err, sql.ErrNoRows):
		return session.ErrNotFound
	}
	return wrap(ctx, "save", err)
}

// Delete implements [session.Store].
func (s *Store) Delete(ctx context.Context, key string) error {
	if !wellFormed(key) {
		return nil
	}
	_, err := s.delete.ExecContext(ctx, key)
	return wrap(ctx, "delete", err)
}

func (s *Store) now() any { return s.time(time.Now()) }

func (s *Store) time(t time.Time) any {
	return s.opts.Dialect.EncodeTime(t, s.opts.Location)
}

// errKey does not show the key.
var errKey = errors.New("sqlstore: malformed key; want 8 to 40 characters of a-z0-9")

// wellFormed reports whether key could have been issued. Others never reach
// the database: Django's column is 40 characters wide, and databases differ in
// what they make of NUL, case and trailing spaces.
func wellFormed(key string) bool {
	if len(key) < 8 || len(key) > 40 {
		return false
	}
	for i := range len(key) {
		c := key[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func wrap(ctx context.Context, doing string, err error) error {
	return djangodb.Wrap(ctx, "sqlstore: "+doing, err)
}
