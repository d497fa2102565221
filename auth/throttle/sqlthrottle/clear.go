package sqlthrottle

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jamsession/jamsession/internal/gcra"
)

const (
	batch           = 1000 // rows that one statement deletes
	batchesPerSweep = 10
	sweepEvery      = int64(time.Minute / time.Microsecond)
)

// ClearExpired deletes the rows of buckets that have been full for an hour at
// the instant now, in batches, and returns how many. The store does so by
// itself when there are attempts.
func (s *Store) ClearExpired(ctx context.Context, now time.Time) (int, error) {
	n, err := s.clear(ctx, now.UnixMicro(), 0)
	return n, wrap(ctx, "clear", err)
}

// clear deletes so many batches, or all if batches is 0. Rows are kept for the
// hour by which clocks may differ: for another program a bucket may not be
// full yet.
func (s *Store) clear(ctx context.Context, now int64, batches int) (int, error) {
	end, total := now-gcra.MaxSkew, 0
	for i := 0; batches == 0 || i < batches; i++ {
		last := end
		err := s.nth.QueryRowContext(ctx, end, batch-1).Scan(&last)
		more := err == nil
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return total, err
		}
		n, err := s.dialect.Exec(ctx, s.delete, last)
		total += int(n)
		if err != nil || !more {
			return total, err
		}
	}
	return total, nil
}

// A sweep knows when rows were last deleted by the way.
type sweep struct{ last atomic.Int64 }

// due reports true to one caller a minute, also after the clock was put back.
func (s *sweep) due(now int64) bool {
	last := s.last.Load()
	recent := last <= now && now < last+sweepEvery
	return !recent && s.last.CompareAndSwap(last, now)
}
