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
	"github.com/jamsession/jamsession/internal/sessionmodel"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

// A store keeps sessions in a table.
type store struct {
	db     djangodb.DB
	model  *sessionmodel.Model
	opts   Options
	packet *djangodb.Packet
	*statements
}

// New returns a store on the table django_session, or on the one that the options name.
// Its error is [django.ErrNotMigrated] if the table does not exist. A table that would cut
// a session off without an error is an error, too, see the package comment, and so is a
// column without which no row can be stored, and which is not filled. The caller keeps the
// pools: close the store, which releases its statements, then the pools. The options may
// be nil.
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
	if s.model, err = sessionmodel.Open(ctx, s.db, s.opts.Table); err != nil {
		return nil, wrap(ctx, "open", err)
	}
	if err := s.model.FillBy(s.opts.columns(), s.opts.Codec); err != nil {
		return nil, wrap(ctx, "open", err)
	}
	if s.db.Dialect.CountsFoundRows() {
		if err := s.checkFoundRows(ctx); err != nil {
			return nil, wrap(ctx, "open", err)
		}
	}
	if err := s.model.CheckCutting(ctx); err != nil {
		return nil, wrap(ctx, "open", err)
	}
	if s.packet, err = s.db.NewPacket(ctx); err != nil {
		return nil, wrap(ctx, "open", err)
	}
	s.statements, err = prepare(ctx, s.db, s.model)
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
func (s *store) checkFoundRows(ctx context.Context) error {
	counts := false
	err := s.db.Transact(ctx, func(tx *sql.Conn) error {
		key := strings.ToLower(rand.Text())
		_, err := tx.ExecContext(ctx, s.db.Dialect.Rebind(s.model.Insert()),
			s.model.FillSample([]any{key, "", s.time(time.Now().Add(-time.Hour))})...)
		if err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, s.db.Dialect.Rebind(
			"UPDATE "+s.model.Table+" SET session_data = ? WHERE session_key = ?"), "", key)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		counts = err == nil && n == 1
		return errUndo
	})
	switch {
	case s.db.Dialect.RefusesValue(err):
		return nil // no row can be made without knowing of other tables
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

// Exist implements [session.Store].
func (s *store) Exist(ctx context.Context, keys []string) ([]bool, error) {
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	var asked []any
	for _, key := range keys {
		if sessionkey.WellFormed(key) {
			asked = append(asked, key)
		}
	}
	found := make(map[string]bool)
	err := s.among.Query(ctx, asked, func(row *sql.Rows) error {
		var key string
		err := row.Scan(&key)
		found[key] = true
		return err
	}, s.now())
	exist := make([]bool, len(keys))
	for i, key := range keys {
		exist[i] = found[key]
	}
	return exist, wrap(ctx, "look for sessions", err)
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
	err := s.insert(ctx, rec, sessionmodel.FillAll)
	if s.isRefused(err) {
		err = s.insert(ctx, rec, sessionmodel.FillNothing)
	}
	if s.db.Dialect.IsUnique(err) {
		return session.ErrExists
	}
	return s.failed(ctx, "create", err, len(rec.Data))
}

// insert is the INSERT of Create.
func (s *store) insert(ctx context.Context, rec session.Record, how sessionmodel.Fill) error {
	args := append(make([]any, 0, 3+len(s.opts.Columns)), rec.Key, string(rec.Data), s.time(rec.Expiry))
	args, err := s.model.Fill(args, rec.Data, how)
	if err != nil {
		return err
	}
	_, err = s.create.Exec(ctx, args...)
	return err
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
	n, err := s.update(ctx, old, new, sessionmodel.FillAll)
	if s.isRefused(err) {
		n, err = s.update(ctx, old, new, sessionmodel.FillNothing)
	}
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

// update is the UPDATE of Save. It returns how many rows it changed.
func (s *store) update(ctx context.Context, old, new session.Record, how sessionmodel.Fill) (int64, error) {
	stmt, args := s.save, make([]any, 0, 7+len(s.opts.Columns))
	if new.Key != old.Key {
		stmt, args = s.move, append(args, new.Key)
	}
	args, err := s.model.Fill(append(args, string(new.Data), s.time(new.Expiry)), new.Data, how)
	if err != nil {
		return 0, err
	}
	args = s.db.Dialect.KeyArgs(args, old.Key)
	return stmt.Exec(ctx, append(args, string(old.Data), s.now())...)
}

// isRefused reports whether the database has refused what a further column was to get, or
// may have, if something is to be unique: a session is not lost for the sake of a column.
func (s *store) isRefused(err error) bool {
	return s.model.Fills() && (s.db.Dialect.RefusesValue(err) || s.db.Dialect.IsUnique(err))
}

// Codec implements [session.Store].
func (s *store) Codec() session.Codec { return s.opts.Codec }

// Model returns the table, for package pgstore.
func (s *store) Model() *sessionmodel.Model { return s.model }

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
