package djangodb

import (
	"context"

	"github.com/jamsession/jamsession/internal/timelimit"
)

// Wrap says what failed, without a value of a row, as [timelimit.Wrap] does.
func Wrap(ctx context.Context, doing string, err error) error {
	return timelimit.Wrap(ctx, doing, hideValue(err))
}
