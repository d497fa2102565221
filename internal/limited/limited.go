// Package limited reads the errors of limiters, for packages that report them.
package limited

import (
	"errors"
	"time"

	"github.com/jamsession/jamsession/session"
)

// Of returns what was exhausted, if the limiter says it, and how long it takes until the next
// attempt may pass. It is not ok if the error does not refuse an attempt, but says that the
// limiter could not be asked, or is nil.
func Of(err error) (bucket string, wait time.Duration, ok bool) {
	if err == nil || errors.Is(err, session.ErrUnavailable) {
		return "", 0, false
	}
	if by, ok := errors.AsType[interface {
		error
		Bucket() string
	}](err); ok {
		bucket = by.Bucket()
	}
	if retry, ok := errors.AsType[*session.RetryError](err); ok {
		wait = retry.RetryAfter
	}
	return bucket, wait, true
}
