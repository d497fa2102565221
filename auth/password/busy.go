package password

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// ErrBusy says that nothing was hashed, because too many others wait for a
// hash, or have waited for too long, or because the context was done first.
// Nothing is known about the password. The error is a *[BusyError].
var ErrBusy = errors.New("password: too many wait for a hash")

// A BusyError is the error of [Hashers] that hash no more now. It is an
// [http.Handler] that answers 503, so that session.Abort with it, or with an
// error that wraps it, does so, too.
type BusyError struct {
	// RetryAfter is how long to stay away: after that, nobody who waits now is
	// still waiting.
	RetryAfter time.Duration

	cause error // of the context; nil if it was not done
}

// Error says what happened.
func (e *BusyError) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("password: the wait for a hash has ended: %v", e.cause)
	}
	return fmt.Sprintf("%v; try again in %v", ErrBusy, e.RetryAfter)
}

// Unwrap returns [ErrBusy], and the error of the context if that was done.
func (e *BusyError) Unwrap() []error {
	if e.cause == nil {
		return []error{ErrBusy}
	}
	return []error{ErrBusy, e.cause}
}

// SetHeader sets Retry-After, in whole seconds and never too short, and keeps
// the answer out of caches.
func (e *BusyError) SetHeader(h http.Header) {
	seconds := max(1, int64((e.RetryAfter+time.Second-1)/time.Second))
	h.Set("Cache-Control", "no-store")
	h.Set("Retry-After", strconv.FormatInt(seconds, 10))
}

// ServeHTTP answers 503 with a line of text and the headers of
// [BusyError.SetHeader].
func (e *BusyError) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	e.SetHeader(w.Header())
	http.Error(w, "Too many people are logging in at the moment. Please try again in a moment.",
		http.StatusServiceUnavailable)
}
