package password

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/jamsession/jamsession/session"
)

// ErrBusy says that nothing was hashed, because too many calls wait for a hash, or this
// one has waited for too long, or its context was done first. Whether the password is
// right is unknown. The error is a *[session.RetryError], whose status is 503: when its
// time is over, no call that waits now is still waiting.
var ErrBusy = errors.New("password: too many calls wait for a hash")

// refusal returns the error of a call that is not let in.
func (q *queue) refusal(ctx context.Context) error {
	err := ErrBusy
	if ctx.Err() != nil {
		err = fmt.Errorf("%w: the wait has ended: %w", ErrBusy, ctx.Err())
	}
	return &session.RetryError{
		Status:     http.StatusServiceUnavailable,
		RetryAfter: q.wait,
		Text:       "Too many people are logging in at the moment.",
		Err:        err,
	}
}
