package throttle

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/jamsession/jamsession/internal/httpcache"
)

// The errors of [Limiter.Check]. Test with errors.Is.
var (
	// ErrLimited: there were too many attempts. The error is a
	// *[LimitedError], which says when to try again.
	ErrLimited = errors.New("throttle: too many attempts")

	// ErrUnavailable: the store could not be asked, so nobody knows whether
	// there were too many. The error also wraps [session.ErrUnavailable].
	// Answer 503.
	ErrUnavailable = errors.New("throttle: the store cannot be asked")
)

// A Bucket names what was exhausted.
type Bucket string

// The buckets.
const (
	BucketSource  Bucket = "source"  // the visitor's network address
	BucketAccount Bucket = "account" // the name, for all devices that are not known for it
	BucketDevice  Bucket = "device"  // the user, for one device that logged in before

	// BucketDeviceSource: the visitor's network address, for all known devices there.
	BucketDeviceSource Bucket = "device source"

	// BucketMailbox: the address of mails, for all known devices of its users, or for
	// all others.
	BucketMailbox Bucket = "mailbox"
)

// A LimitedError is the error for too many attempts. It is the same whether
// the account exists or not.
type LimitedError struct {
	RetryAfter time.Duration // until the next attempt may pass; positive
	Bucket     Bucket        // for logs; visitors need not know
}

// Error says how long to wait.
func (e *LimitedError) Error() string {
	return fmt.Sprintf("%v; the next one passes in %v", ErrLimited, e.RetryAfter)
}

// Unwrap returns [ErrLimited].
func (e *LimitedError) Unwrap() error { return ErrLimited }

// seconds is RetryAfter as the header counts it: never too short.
func (e *LimitedError) seconds() int64 {
	return max(1, int64((e.RetryAfter+time.Second-1)/time.Second))
}

// Wait returns how long to wait in words, for a page: "5 minutes".
func (e *LimitedError) Wait() string { return inWords(e.seconds()) }

// SetHeader sets Retry-After, in seconds, and keeps the answer out of caches.
func (e *LimitedError) SetHeader(h http.Header) {
	forget(h)
	h.Set("Retry-After", strconv.FormatInt(e.seconds(), 10))
}

// ServeHTTP answers 429 with a line of text and the headers of
// [LimitedError.SetHeader]. [session.Abort] with this error does so, too. A
// page of your own calls SetHeader, and shows Wait.
func (e *LimitedError) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	e.SetHeader(w.Header())
	http.Error(w, "Too many attempts. Please try again in "+e.Wait()+".", http.StatusTooManyRequests)
}

// Respond answers a request that [Limiter.Check] refused, where there is no
// session manager for [session.Abort]: by [LimitedError.ServeHTTP], or with
// 503 for any other error.
func Respond(w http.ResponseWriter, r *http.Request, err error) {
	if limited, ok := errors.AsType[*LimitedError](err); ok {
		limited.ServeHTTP(w, r)
		return
	}
	forget(w.Header())
	http.Error(w, "Login is not possible at the moment. Please try again later.",
		http.StatusServiceUnavailable)
}

// forget keeps the answer to one visitor out of all caches.
func forget(h http.Header) {
	h.Set("Cache-Control", "no-store")
	httpcache.Restrict(h, httpcache.NoStore)
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
