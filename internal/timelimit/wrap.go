package timelimit

import (
	"context"
	"errors"
	"fmt"
)

// Wrap says what failed; it returns nil for nil. Some drivers and clients report
// that ctx is done in words of their own: the result wraps ctx.Err, too.
func Wrap(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	if done := ctx.Err(); done != nil && !errors.Is(err, done) {
		return fmt.Errorf("%s: %w: %w", doing, done, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
