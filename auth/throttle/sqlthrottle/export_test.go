package sqlthrottle

import (
	"context"
	"time"

	"github.com/jamsession/jamsession/auth/throttle"
)

// ClearExpired deletes all that a store deletes on the way.
func ClearExpired(ctx context.Context, s throttle.Store, now time.Time) (int, error) {
	n, err := s.(*store).clear(ctx, now.UnixMicro(), 0)
	return n, wrap(ctx, "clear", err)
}
