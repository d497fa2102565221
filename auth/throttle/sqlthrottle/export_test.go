package sqlthrottle

import (
	"context"
	"time"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
)

// ClearExpired deletes all that a store deletes on the way.
func ClearExpired(ctx context.Context, s throttle.Store, now time.Time) (int, error) {
	n, err := s.(*store).clear(ctx, now.UnixMicro(), 0)
	return n, wrap(ctx, "clear", err)
}

// Plan is what Migrate would make.
func Plan(ctx context.Context, db django.Database) ([]string, error) {
	d, err := djangodb.New(db)
	if err != nil {
		return nil, err
	}
	return d.PlanThrottle(ctx)
}
