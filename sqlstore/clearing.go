package sqlstore

import (
	"context"
	"time"

	"github.com/jamsession/jamsession/internal/timelimit"
)

// Batches of a clearing, if nobody has said how large they are.
const (
	firstBatch = 1000
	leastBatch = 250
	mostBatch  = 5000

	// A batch that took less than quickBatch is followed by a larger one, and one that took
	// more than slowBatch by a smaller one. Other writers to SQLite wait so long.
	quickBatch = 10 * time.Millisecond
	slowBatch  = 20 * time.Millisecond
)

// batches delete rows some at a time, so that others use the database in between.
type batches struct {
	size  int // of each; 0 is as many as take a short time
	pause time.Duration

	// delete deletes at most so many rows, and returns how many.
	delete func(ctx context.Context, limit int) (int, error)
}

// run deletes until there are no more, and returns how many were deleted.
func (b batches) run(ctx context.Context) (total int, err error) {
	limit := b.size
	if limit == 0 {
		limit = firstBatch
	}
	for {
		start := time.Now()
		n, err := b.delete(ctx, limit)
		total += n
		if err != nil || n < limit {
			return total, err
		}
		if b.size == 0 {
			limit = nextBatch(limit, time.Since(start))
		}
		if err := timelimit.Sleep(ctx, b.pause); err != nil {
			return total, wrap(ctx, "clear expired", err)
		}
	}
}

// nextBatch returns how many rows to delete after a batch of so many that took so long.
func nextBatch(limit int, took time.Duration) int {
	switch {
	case took < quickBatch:
		return min(2*limit, mostBatch)
	case took > slowBatch:
		return max(limit/2, leastBatch)
	}
	return limit
}
