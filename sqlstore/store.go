package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/sessionkey"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

// A store keeps sessions in the table django_session.
type store struct {
	db     djangodb.DB
	opts   Options
	packet *djangodb.Packet
	*statements
}

// New returns a store on the table django_session. Its error is [django.ErrNotMigrated]
// if the table does not exist. A table that would cut a session off without an error is an
// error, too; see the package comment. The caller keeps the pools: close the store, which
// releases its statements, then the pools. The options may be nil.
func New(ctx context.Context, db django.Database, o *Options) (session.Store, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	s := &store{opts: o.withDefaults()}
	err := s.opts.check()
	if err != nil {
		return nil, err
	}
	if s.db, err = djangodb.New(db); err != nil {
		return nil, fmt.Errorf("sqlstore: %w", err)
	}
	columns, err := s.db.Dialect.Columns(ctx, s.db, "django_session")
	switch {
	case err != nil:
		return nil, wrap(ctx, "open", err)
	case len(columns) == 0:
		return nil, errNotMigrated
	}
	if s.db.Dialect.CountsFoundRows() {
		if err := checkFoundRows(ctx, s.db); err != nil {
			return nil, wrap(ctx, "open", err)
		}
	}
	if err := s.db.CheckCutting(ctx); err != nil {
		return nil, wrap(ctx, "open", err)
	}
	if s.packet, err = s.db.NewPacket(ctx); err != nil {
		return nil, wrap(ctx, "open", err)
	}
	s.statements, err = prepare(ctx, s.db)
	if err != nil {
		return nil, wrap(ctx, "prepare", err)
	}
	return s, nil
}

var errFoundRows = errors.New("UPDATE does not count rows that it found but did not change;" +
	" open the driver with clientFoundRows=true")

// checkFoundRows finds out how the driver counts, with a row in a transaction
// that it rolls back. If it counts changes only, a save that changes nothing
// would look like a save of a deleted session.
func checkFoundRows(ctx context.Context, db djangodb.DB) error {
	counts := false
	err := db.Transact(ctx, func(tx *sql.Conn) error {
		key := strings.ToLower(rand.Text())
		_, err := tx.ExecContext(ctx, db.Dialect.Rebind("INSERT INTO django_session"+
			" (session_key, session_data, expire_date) VALUES (?, ?, ?)"), key, "",
			db.EncodeTime(time.Now().Add(-time.Hour)))
		if err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, db.Dialect.Rebind(
			"UPDATE django_session SET session_data = ? WHERE session_key = ?"), "", key)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		counts = err == nil && n == 1
		return errUndo
	})
	switch {
	case !errors.Is(err, errUndo):
		return err
	case !counts:
		return errFoundRows
	}
	return nil
}

// errUndo rolls back a transaction.
var errUndo = errors.New("undo")

// Close implements [session.Store]. It releases the statements.
func (s *store) Close() error { return s.close() }

// Load implements [session.Store].
func (s *store) Load(ctx context.Context, key string) (session.Record, error) {
	if !sessionkey.WellFormed(key) {
		return session.Record{}, session.ErrNotFound
	}
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	rec := session.Record{Key: key}
	expiry := s.db.Time()
	err := s.load.One(ctx, s.live(key), &rec.Data, &expiry)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return session.Record{}, session.ErrNotFound
	case err != nil:
		return session.Record{}, s.failed(ctx, "load", err, 0)
	}
	rec.Expiry = expiry.At
	return rec, nil
}

// Create implements [session.Store].
func (s *store) Create(ctx context.Context, rec session.Record) error {
	if !sessionkey.WellFormed(rec.Key) {
		return fmt.Errorf("sqlstore: %w", sessionkey.ErrMalformed)
	}
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	if !s.packet.Takes(ctx, len(rec.Data)) {
		return errTooLarge
	}
	_, err := s.create.Exec(ctx, rec.Key, string(rec.Data), s.time(rec.Expiry))
	if s.db.Dialect.IsUnique(err) {
		return session.ErrExists
	}
	return s.failed(ctx, "create", err, len(rec.Data))
}

// Save implements [session.Store] by one UPDATE that also compares, and moves
// the row if the keys differ.
func (s *store) Save(ctx context.Context, old, new session.Record) error {
	if !sessionkey.WellFormed(old.Key) {
		return session.ErrNotFound
	}
	if !sessionkey.WellFormed(new.Key) {
		return fmt.Errorf("sqlstore: %w", sessionkey.ErrMalformed)
	}
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	if !s.packet.Takes(ctx, len(new.Data)) {
		return errTooLarge
	}
	stmt, args := s.save, make([]any, 0, 7)
	if new.Key != old.Key {
		stmt, args = s.move, append(args, new.Key)
	}
	args = append(args, string(new.Data), s.time(new.Expiry))
	args = s.db.Dialect.KeyArgs(args, old.Key)
	args = append(args, string(old.Data), s.now())
	n, err := stmt.Exec(ctx, args...)
	if s.db.Dialect.IsUnique(err) {
		return session.ErrExists
	}
	if err != nil {
		return s.failed(ctx, "save", err, len(old.Data)+len(new.Data))
	}
	if n == 0 {
		return s.whyUnsaved(ctx, old.Key)
	}
	return checkOne("save", n)
}

// whyUnsaved distinguishes a changed record from a deleted one. The row may
// change between the UPDATE and this SELECT, and either answer is then right: a
// row that exists now was not old at the UPDATE, and the caller loads it again;
// a row that does not exist now must not be written, whatever it was before.
func (s *store) whyUnsaved(ctx context.Context, key string) error {
	var one int
	err := s.exists.One(ctx, s.live(key), &one)
	switch {
	case err == nil:
		return session.ErrConflict
	case errors.Is(err, sql.ErrNoRows):
		return session.ErrNotFound
	}
	return wrap(ctx, "save", err)
}

// Delete implements [session.Store]. A row that has expired is left to
// ClearExpired.
func (s *store) Delete(ctx context.Context, key string) error {
	if !sessionkey.WellFormed(key) {
		return session.ErrNotFound
	}
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	n, err := s.delete.Exec(ctx, s.live(key)...)
	switch {
	case err != nil:
		return wrap(ctx, "delete", err)
	case n == 0:
		return session.ErrNotFound
	}
	return checkOne("delete", n)
}

// checkOne returns an error unless a statement has changed one row. Any other
// number comes from an unknown table or driver and is not a success.
func checkOne(doing string, n int64) error {
	if n != 1 {
		return fmt.Errorf("sqlstore: %s: the database reports %d changed rows, want 1", doing, n)
	}
	return nil
}

// live returns the parameters that select a row by its key if it has not
// expired.
func (s *store) live(key string) []any {
	return append(s.db.Dialect.KeyArgs(make([]any, 0, 3), key), s.now())
}

func (s *store) now() any { return s.time(time.Now()) }

func (s *store) time(t time.Time) any {
	return s.db.EncodeTime(t)
}

var errTooLarge = fmt.Errorf("sqlstore: %w: the server takes no value of this size (max_allowed_packet)",
	session.ErrTooLarge)

// failed says what failed, and that it always will if so many bytes of data are
// too many.
func (s *store) failed(ctx context.Context, doing string, err error, bytes int) error {
	wrapped := wrap(ctx, doing, err)
	if s.db.Dialect.IsTooLarge(err) || s.packet.Explains(ctx, err, bytes) {
		return fmt.Errorf("%w: %w", session.ErrTooLarge, wrapped)
	}
	return wrapped
}

func wrap(ctx context.Context, doing string, err error) error {
	return djangodb.Wrap(ctx, "sqlstore: "+doing, err)
}
