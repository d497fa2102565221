package pgstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/poolqueue"
	"github.com/jamsession/jamsession/internal/recordkeys"
	"github.com/jamsession/jamsession/internal/sessionkey"
	"github.com/jamsession/jamsession/internal/sessionlist"
	"github.com/jamsession/jamsession/internal/sessionmodel"
	"github.com/jamsession/jamsession/internal/sharedload"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// patience bounds a SELECT. The loads of visitors who still wait are then repeated
// by the table, on other connections and each with as much time again.
const patience = timelimit.Default / 2

// A store keeps sessions in a table.
type store struct {
	pool  *pgxpool.Pool
	renew *renewal
	loads *sharedload.Loads[session.Record]
	table session.Store   // does the rest, on the same pool
	db    *sql.DB         // of the table
	queue poolqueue.Queue // of what is not a load
	model *sessionmodel.Model
	statements
}

// New returns a store on the table of the options in the database of the pool. Its
// error is [django.ErrNotMigrated] if the table does not exist. The caller keeps
// the pool: close the store, then the pool. The options may be nil.
func New(ctx context.Context, pool *pgxpool.Pool, o *sqlstore.Options) (session.Store, error) {
	if pool == nil {
		return nil, errors.New("pgstore: the pool is nil")
	}
	renew := &renewal{pool: pool}
	db := stdlib.OpenDBFromPool(pool)
	db.SetMaxOpenConns(int(pool.Config().MaxConns)) // which bounds how many calls may wait
	table, err := sqlstore.New(ctx, django.Database{
		DB: db, Dialect: django.PostgreSQL, Renew: renew.reset,
	}, o)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	model := table.(interface{ Model() *sessionmodel.Model }).Model()
	s := &store{pool: pool, renew: renew, table: table, db: db, model: model, statements: statementsOn(model)}
	s.loads = &sharedload.Loads[session.Record]{
		One: s.askOne, Many: s.askMany, Missing: session.ErrNotFound, Patience: patience,
	}
	return s, nil
}

// Close implements [session.Store]. It closes the table.
func (s *store) Close() error { return errors.Join(s.table.Close(), s.db.Close()) }

// ClearExpired implements [session.Store].
func (s *store) ClearExpired(ctx context.Context, now time.Time) (int, error) {
	return s.table.ClearExpired(ctx, now)
}

// List implements [session.Store].
func (s *store) List(ctx context.Context) iter.Seq2[session.Record, error] {
	return session.List(ctx, s.table)
}

// ListAfter implements sessionlist.Lister.
func (s *store) ListAfter(ctx context.Context, key string) iter.Seq2[session.Record, error] {
	return sessionlist.After(ctx, s.table, key)
}

// Exist implements [session.Store].
func (s *store) Exist(ctx context.Context, keys []string) ([]bool, error) {
	return recordkeys.Exist(ctx, s.table, keys)
}

// Codec implements [session.Store].
func (s *store) Codec() session.Codec { return s.table.(interface{ Codec() session.Codec }).Codec() }

// Load implements [session.Store].
func (s *store) Load(ctx context.Context, key string) (session.Record, error) {
	if !sessionkey.WellFormed(key) {
		return session.Record{}, session.ErrNotFound
	}
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return session.Record{}, djangodb.Wrap(ctx, "pgstore: load", err)
	}
	rec, _, err := s.loads.Load(ctx, key)
	switch {
	case err == nil, errors.Is(err, session.ErrNotFound):
		return rec, err
	case errors.Is(err, sharedload.ErrFull):
		return rec, fmt.Errorf("pgstore: %w", err)
	case ctx.Err() != nil:
		return session.Record{}, djangodb.Wrap(ctx, "pgstore: load", err)
	default: // once more, since the connection may have been closed by the server
		return s.table.Load(ctx, key)
	}
}

func (s *store) askOne(ctx context.Context, key string) (session.Record, error) {
	ctx, cancel := timelimit.Within(ctx, s.loads.Patience)
	defer cancel()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return session.Record{}, err
	}
	defer giveBack(conn)
	var rec session.Record
	err = conn.Conn().QueryRow(ctx, s.one, key, time.Now()).Scan(&rec.Key, &rec.Data, &rec.Expiry)
	if errors.Is(err, pgx.ErrNoRows) {
		return session.Record{}, session.ErrNotFound
	}
	s.renew.after(err)
	rec.Expiry = rec.Expiry.UTC()
	return rec, err
}

// giveBack returns a connection to the pool. If it was closed because it did
// not respond in time, it is removed from the pool: pgx takes up to 15 seconds
// to close the connection to its server, and its place must not wait for that.
func giveBack(conn *pgxpool.Conn) {
	if conn.Conn().IsClosed() {
		conn.Hijack()
		return
	}
	conn.Release()
}

// askMany returns the live records under these keys.
func (s *store) askMany(ctx context.Context, keys []string) (map[string]session.Record, error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer giveBack(conn)
	found, err := s.read(ctx, conn, keys)
	s.renew.after(err)
	return found, err
}

func (s *store) read(
	ctx context.Context, conn *pgxpool.Conn, keys []string,
) (map[string]session.Record, error) {
	rows, err := conn.Conn().Query(ctx, s.many, keys, time.Now())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := make(map[string]session.Record, len(keys))
	for rows.Next() {
		var rec session.Record
		if err := rows.Scan(&rec.Key, &rec.Data, &rec.Expiry); err != nil {
			return nil, err
		}
		rec.Expiry = rec.Expiry.UTC()
		found[rec.Key] = rec
	}
	return found, rows.Err()
}

// Save implements [session.Store] by one UPDATE that also compares, and moves
// the row if the keys differ. If the server did not carry it out, the table's
// Save finds out why, and repeats a statement that was undone in a deadlock.
func (s *store) Save(ctx context.Context, old, new session.Record) error {
	if !sessionkey.WellFormed(old.Key) || !sessionkey.WellFormed(new.Key) {
		return s.table.Save(ctx, old, new)
	}
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	tag, err := s.update(ctx, old, new)
	if err != nil && (ctx.Err() != nil || !isRefused(err)) {
		return djangodb.Wrap(ctx, "pgstore: save", err)
	}
	if err != nil || tag.RowsAffected() == 0 {
		return s.table.Save(ctx, old, new)
	}
	if n := tag.RowsAffected(); n != 1 {
		return fmt.Errorf("pgstore: save: the database reports %d changed rows, want 1", n)
	}
	return nil
}

func (s *store) update(ctx context.Context, old, new session.Record) (pgconn.CommandTag, error) {
	query, args := s.inPlace, make([]any, 0, 6+s.model.Filled())
	if new.Key != old.Key {
		query, args = s.move, append(args, new.Key)
	}
	args = append(args, string(new.Data), djangodb.PostgreSQL.EncodeTime(new.Expiry, nil))
	args, err := s.model.Fill(args, new.Data, sessionmodel.FillAll)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	return s.exec(ctx, query, append(args, old.Key, string(old.Data), time.Now())...)
}

// Create implements [session.Store].
func (s *store) Create(ctx context.Context, rec session.Record) error {
	if !sessionkey.WellFormed(rec.Key) {
		return s.table.Create(ctx, rec)
	}
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	err := s.add(ctx, rec)
	switch {
	case err == nil:
		return nil
	case ctx.Err() == nil && isRefused(err):
		return s.table.Create(ctx, rec) // finds out why
	default:
		return djangodb.Wrap(ctx, "pgstore: create", err)
	}
}

func (s *store) add(ctx context.Context, rec session.Record) error {
	args := append(make([]any, 0, 3+s.model.Filled()),
		rec.Key, string(rec.Data), djangodb.PostgreSQL.EncodeTime(rec.Expiry, nil))
	args, err := s.model.Fill(args, rec.Data, sessionmodel.FillAll)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, s.insert, args...)
	return err
}

// Delete implements [session.Store]. A row that has expired is left to
// ClearExpired.
func (s *store) Delete(ctx context.Context, key string) error {
	if !sessionkey.WellFormed(key) {
		return session.ErrNotFound
	}
	ctx, cancel := timelimit.Ensure(ctx, timelimit.Default)
	defer cancel()
	tag, err := s.exec(ctx, s.remove, key, time.Now())
	switch {
	case err == nil && tag.RowsAffected() == 1:
		return nil
	case err == nil && tag.RowsAffected() == 0:
		return session.ErrNotFound
	case err != nil && ctx.Err() == nil && isRefused(err):
		return s.table.Delete(ctx, key)
	case err == nil:
		err = errRows
	}
	return djangodb.Wrap(ctx, "pgstore: delete", err)
}

var errRows = errors.New("the database reports several changed rows, want 1")

func (s *store) exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	if err := s.queue.Enter(s.conns); err != nil {
		return pgconn.CommandTag{}, err
	}
	defer s.queue.Leave()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	defer giveBack(conn)
	tag, err := conn.Conn().Exec(ctx, query, args...)
	s.renew.after(err)
	return tag, err
}

// conns returns how many connections the pool may have.
func (s *store) conns() int { return int(s.pool.Config().MaxConns) }

// isRefused reports whether the server certainly has not carried out a
// statement: it said so, or never received it. Of class 08 is what a pooler says
// of its own connection to the server, which may break before the answer comes.
func isRefused(err error) bool {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return !strings.HasPrefix(refused.Code, "08")
	}
	return pgconn.SafeToRetry(err)
}
