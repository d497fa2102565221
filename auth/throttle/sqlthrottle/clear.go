package sqlthrottle

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jamsession/jamsession/auth/internal/gcra"
	"github.com/jamsession/jamsession/internal/timelimit"
)

const (
	batch           = 1000 // rows that one statement deletes
	batchesPerSweep = 10
	sweepEvery      = int64(time.Minute / time.Microsecond)
)

// clear deletes the rows of full buckets, in at most so many batches, or all if
// batches is 0, and returns how many it deleted. It keeps them for an hour, by
// which clocks may differ: for another program a bucket may not be full yet.
func (s *store) clear(ctx context.Context, now int64, batches int) (int, error) {
	total, end := 0, now-gcra.MaxSkew
	for i := 0; batches == 0 || i < batches; i++ {
		n, more, err := s.clearBatch(ctx, end)
		total += n
		if err != nil || !more {
			return total, err
		}
	}
	return total, nil
}

// clearBatch deletes one batch, and reports whether there may be more.
func (s *store) clearBatch(ctx context.Context, end int64) (n int, more bool, err error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	last := end
	err = s.nth.One(ctx, []any{end, batch - 1}, &last)
	more = err == nil
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, false, err
	}
	deleted, err := s.delete.Exec(ctx, last)
	return int(deleted), more, err
}

// A sweep remembers when Take last deleted rows.
type sweep struct{ last atomic.Int64 }

// due returns true once a minute, even after the clock was set back.
func (s *sweep) due(now int64) bool {
	last := s.last.Load()
	recent := last <= now && now < last+sweepEvery
	return !recent && s.last.CompareAndSwap(last, now)
}
