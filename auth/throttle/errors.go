package throttle

import (
	"errors"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/session"
)

// ErrLimited says that there were too many attempts. The error is a
// *[session.RetryError], which says when to try again, and its status is 429.
// It is the same whether the account exists or not.
var ErrLimited = errors.New("throttle: too many attempts")

// A bucketKind is a kind of bucket that can be exhausted.
type bucketKind string

// The buckets.
const (
	bucketSource  bucketKind = "source"  // the visitor's network address
	bucketAccount bucketKind = "account" // the name, for all devices that are not known
	bucketDevice  bucketKind = "device"  // the user, on one known device

	// bucketDeviceSource: the visitor's network address, for all known devices there.
	bucketDeviceSource bucketKind = "device source"

	// bucketMailbox: the address of mails, for all known devices of its users, or for
	// all others.
	bucketMailbox bucketKind = "mailbox"
)

// An exhaustion is ErrLimited, with the kind of bucket that is exhausted.
type exhaustion struct{ by bucketKind }

// Error names the exhausted bucket.
func (e exhaustion) Error() string { return ErrLimited.Error() + ", by the " + string(e.by) }

// Bucket is for package limited.
func (e exhaustion) Bucket() string { return string(e.by) }

// Unwrap returns ErrLimited.
func (exhaustion) Unwrap() error { return ErrLimited }

// tooMany is the error for too many attempts. The next one may pass after the
// wait.
func tooMany(by bucketKind, wait time.Duration) error {
	return &session.RetryError{
		Status: http.StatusTooManyRequests, RetryAfter: wait,
		Text: "Too many attempts.", Err: exhaustion{by},
	}
}
