package sqlthrottle

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jamsession/jamsession/auth/internal/gcra"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// A store keeps buckets in a SQL database.
type store struct {
	dialect djangodb.Dialect
	timeout time.Duration
	sweep   sweep
	*statements
}

// New returns a store on the table jamsession_throttle. Its error is
// [django.ErrNotMigrated] if the table does not exist. The caller keeps the pool: close
// the store, which releases its statements, then the pool. The options may be nil.
func New(ctx context.Context, db django.Database, o *Options) (throttle.Store, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	d, err := djangodb.New(db)
	if err != nil {
		return nil, fmt.Errorf("sqlthrottle: %w", err)
	}
	opts := o.withDefaults()
	if err := timelimit.NotNegative("sqlthrottle: Options.Timeout", opts.Timeout); err != nil {
		return nil, err
	}
	s := &store{dialect: d.Dialect, timeout: opts.Timeout}
	has, err := d.HasOwn(ctx, djangodb.Throttle)
	switch {
	case err != nil:
		return nil, wrap(ctx, "open", err)
	case !has:
		return nil, errNotMigrated
	}
	s.statements, err = prepare(ctx, d)
	if err != nil {
		return nil, wrap(ctx, "prepare", err)
	}
	return s, nil
}

// Close implements [throttle.Store]. It releases the statements.
func (s *store) Close() error { return s.close() }

// maxRounds is how often Take tries again because another program has changed
// the row. Each time somebody else took an attempt, so a bucket is usually
// empty sooner.
const maxRounds = 100

// Take implements [throttle.Store].
func (s *store) Take(
	ctx context.Context, key string, limit throttle.Limit, now time.Time,
) (time.Duration, error) {
	ctx, cancel := timelimit.Ensure(ctx, s.timeout)
	defer cancel()
	every, at := limit.Every.Microseconds(), now.UnixMicro()
	depth := every * int64(limit.Burst)
	for range maxRounds {
		wait, done, err := s.try(ctx, key, at, every, depth)
		if err != nil {
			return 0, wrap(ctx, "take", err)
		}
		if done {
			return time.Duration(wait) * time.Microsecond, nil
		}
	}
	return 0, fmt.Errorf("sqlthrottle: take: gave up after %d tries: the row kept changing", maxRounds)
}

// try tries once, and returns false if another program has changed the row
// since it was read.
func (s *store) try(ctx context.Context, key string, now, every, depth int64) (int64, bool, error) {
	n, err := s.take.Exec(ctx, now, now, every, key, now+depth-every)
	if n > 0 || err != nil {
		return 0, true, err
	}
	var full int64
	err = s.read.One(ctx, []any{key}, &full)
	if errors.Is(err, sql.ErrNoRows) {
		return s.first(ctx, key, now, every)
	}
	if err != nil {
		return 0, true, err
	}
	next, wait := gcra.Take(full, now, every, depth)
	if wait > 0 && next != full { // a wrong clock wrote the row
		_, err = s.correct.Exec(ctx, next, key, full)
	}
	return wait, wait > 0, err
}

// first inserts the row of a bucket that was full.
func (s *store) first(ctx context.Context, key string, now, every int64) (int64, bool, error) {
	_, err := s.insert.Exec(ctx, key, now+every)
	if s.dialect.IsUnique(err) {
		return 0, false, nil
	}
	if err == nil && s.sweep.due(now) {
		// The attempt is counted; the next sweep returns the same error.
		_, _ = s.clear(ctx, now, batchesPerSweep)
	}
	return 0, true, err
}

// Give implements [throttle.Store].
func (s *store) Give(ctx context.Context, key string, limit throttle.Limit) error {
	ctx, cancel := timelimit.Ensure(ctx, s.timeout)
	defer cancel()
	_, err := s.give.Exec(ctx, limit.Every.Microseconds(), key)
	return wrap(ctx, "give", err)
}

// FullAt implements [throttle.Ledger].
func (s *store) FullAt(ctx context.Context, key string) (time.Time, error) {
	ctx, cancel := timelimit.Ensure(ctx, s.timeout)
	defer cancel()
	var full int64
	err := s.read.One(ctx, []any{key}, &full)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, wrap(ctx, "read", err)
	}
	return time.UnixMicro(full), nil
}

// Fill implements [throttle.Ledger].
func (s *store) Fill(ctx context.Context, key string) error {
	ctx, cancel := timelimit.Ensure(ctx, s.timeout)
	defer cancel()
	_, err := s.fill.Exec(ctx, key)
	return wrap(ctx, "fill", err)
}

func wrap(ctx context.Context, doing string, err error) error {
	return djangodb.Wrap(ctx, "sqlthrottle: "+doing, err)
}
