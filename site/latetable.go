package site

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/django"
)

// A lateTable counts attempts in the table jamsession_throttle, or in the
// process while the table does not exist. Attempts counted in the process
// are forgotten when it does.
type lateTable struct {
	open   func(context.Context) (throttle.Store, error)
	memory throttle.Store
	table  atomic.Pointer[throttle.Store] // nil: it does not exist
	looked atomic.Int64                   // when that was found out, in microseconds
}

// lookEvery is how often a process asks whether the table exists by now.
const lookEvery = int64(time.Minute / time.Microsecond)

// look finds out whether the table exists.
func (l *lateTable) look(ctx context.Context) error {
	if l.table.Load() != nil {
		return nil
	}
	table, err := l.open(ctx)
	if errors.Is(err, django.ErrNotMigrated) {
		return nil
	}
	if err == nil && !l.table.CompareAndSwap(nil, &table) {
		err = table.Close() // another look was faster
	}
	return err
}

// Take implements [throttle.Store]. One call a minute looks for the table.
func (l *lateTable) Take(
	ctx context.Context, key string, limit throttle.Limit, now time.Time,
) (time.Duration, error) {
	at, last := now.UnixMicro(), l.looked.Load()
	recent := last <= at && at < last+lookEvery
	if l.table.Load() == nil && !recent && l.looked.CompareAndSwap(last, at) {
		if err := l.look(ctx); err != nil {
			l.looked.Store(last) // the next call looks again
			return 0, err
		}
	}
	return l.now().Take(ctx, key, limit, now)
}

// Give implements [throttle.Store].
func (l *lateTable) Give(ctx context.Context, key string, limit throttle.Limit) error {
	return l.now().Give(ctx, key, limit)
}

// FullAt implements [throttle.Ledger].
func (l *lateTable) FullAt(ctx context.Context, key string) (time.Time, error) {
	if ledger, ok := l.now().(throttle.Ledger); ok {
		return ledger.FullAt(ctx, key)
	}
	return time.Time{}, errors.ErrUnsupported
}

// Fill implements [throttle.Ledger].
func (l *lateTable) Fill(ctx context.Context, key string) error {
	if ledger, ok := l.now().(throttle.Ledger); ok {
		return ledger.Fill(ctx, key)
	}
	return errors.ErrUnsupported
}

// now returns the store that counts attempts at present.
func (l *lateTable) now() throttle.Store {
	if table := l.table.Load(); table != nil {
		return *table
	}
	return l.memory
}

// Close implements [throttle.Store].
func (l *lateTable) Close() error { return l.now().Close() }
