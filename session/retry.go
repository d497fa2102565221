package session

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/jamsession/jamsession/internal/httpcache"
)

// A RetryError refuses a request for now, because the visitor has tried too often, or
// because too many requests wait. It is an [http.Handler], which [Abort] calls if its
// error is a RetryError or wraps one. Your own page calls SetHeader, and shows Wait.
type RetryError struct {
	// Status is the status of ServeHTTP. Zero is 429: the visitor has tried too often. 503
	// says that the site is overloaded; the error is [ErrUnavailable], too.
	Status int

	// RetryAfter is how long to wait before the next attempt.
	RetryAfter time.Duration

	// Text is one sentence for the visitor. ServeHTTP adds when to try again.
	Text string

	// Err is the cause, for logs and for errors.Is.
	Err error
}

// Error returns the cause, and how long to wait.
func (e *RetryError) Error() string { return fmt.Sprintf("%v; try again in %v", e.Err, e.RetryAfter) }

// Unwrap returns Err, and [ErrUnavailable] if the answer is 503.
func (e *RetryError) Unwrap() []error {
	if e.status() == http.StatusServiceUnavailable {
		return []error{e.Err, ErrUnavailable}
	}
	return []error{e.Err}
}

// Wait returns RetryAfter in words, for a page: "5 minutes".
func (e *RetryError) Wait() string { return inWords(e.seconds()) }

// SetHeader sets Retry-After, in whole seconds and never too short, and keeps
// the answer out of all caches.
func (e *RetryError) SetHeader(h http.Header) {
	h.Set("Cache-Control", "no-store")
	httpcache.Restrict(h, httpcache.NoStore)
	h.Set("Retry-After", strconv.FormatInt(e.seconds(), 10))
}

// ServeHTTP answers with the Status, a line of text, and the headers of
// [RetryError.SetHeader].
func (e *RetryError) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	e.SetHeader(w.Header())
	http.Error(w, e.Text+" Please try again in "+e.Wait()+".", e.status())
}

func (e *RetryError) status() int { return cmp.Or(e.Status, http.StatusTooManyRequests) }

// seconds is RetryAfter as the header counts it: never too short.
func (e *RetryError) seconds() int64 {
	return max(1, int64((e.RetryAfter+time.Second-1)/time.Second))
}

// inWords rounds up to minutes when seconds no longer matter.
func inWords(seconds int64) string {
	switch {
	case seconds == 1:
		return "1 second"
	case seconds <= 120:
		return strconv.FormatInt(seconds, 10) + " seconds"
	default:
		return strconv.FormatInt((seconds+59)/60, 10) + " minutes"
	}
}
