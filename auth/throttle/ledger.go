package throttle

import (
	"context"
	"time"
)

// A Ledger is a [Store] whose buckets can be looked at and filled. The stores of this
// module are Ledgers. Limiters on any other store work as well, but [Limiter.Limits] and
// [Limiter.Lift] return errors.ErrUnsupported, and a new password makes the device known
// from which it was set, and no more.
type Ledger interface {
	Store

	// FullAt returns the instant at which the bucket will be full. For one that is not
	// known, and so is full, it returns the zero Time, or an instant that has passed.
	FullAt(ctx context.Context, key string) (time.Time, error)

	// Fill makes the bucket full. For one that is not known it does nothing: that is not
	// an error.
	Fill(ctx context.Context, key string) error
}
