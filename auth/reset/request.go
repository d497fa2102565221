package reset

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/limited"
	"github.com/jamsession/jamsession/session"
)

// maxTyped is how many characters of an address Django's table holds; mails
// have no longer ones (RFC 5321, 4.5.3.1.3). Usernames are shorter.
const maxTyped = 254

// Request mails links to the users of a typed text: the user with exactly this name, and
// all with this address. It returns at once and reveals nothing: answer every visitor
// alike. Later errors are logged. A text of more than 254 characters is ignored.
//
// The error is a *[session.RetryError] that answers 503 if too many requests wait, from
// this source or in all, or after [Resets.Close]: nothing was promised, and nothing is
// mailed. With Options.Limiter it counts the request, and the error is the limiter's if
// there were too many from this source or for this address or name, whether it exists or
// not. [session.Abort] answers both. Otherwise it returns nil.
func (x *Resets) Request(r *http.Request, typed string) error {
	typed = strings.TrimSpace(typed)
	a := asked{typed: strings.Clone(typed)} // or the whole form would stay in memory with it
	if l, ok := x.opts.Limiter.(auth.SourceLimiter); ok {
		a.source, a.allow = l.SourceOf(r), l.Mails(r)
	}
	if !x.queue.hasRoom(a.source) { // before the limiter: what is refused here costs no attempt
		return x.busy(r)
	}
	if x.opts.Limiter != nil {
		if err := x.opts.Limiter.Check(r, auth.Attempt{Username: typed}); err != nil {
			x.tellLimited(r, a.source, err)
			return err
		}
	}
	if utf8.RuneCountInString(typed) > maxTyped {
		return nil
	}
	if !x.queue.put(a) {
		return x.busy(r)
	}
	return nil
}

func (x *Resets) tellLimited(r *http.Request, source string, err error) {
	if bucket, wait, ok := limited.Of(err); ok {
		x.logins.Report(r, auth.Event{
			Kind: auth.EventLimited, Purpose: "password reset", Bucket: bucket, Wait: wait, Source: source,
		})
	}
}

// asked is a request that waits.
type asked struct {
	typed  string
	source string // empty if it is not known
	allow  allow
}

// allow counts a mail. It is nil if mails are not counted.
type allow func(ctx context.Context, address string, users []auth.User) error

func (x *Resets) busy(r *http.Request) error {
	x.opts.Logger.WarnContext(r.Context(), "reset: too many requests wait; one is refused")
	return &session.RetryError{
		Status:     http.StatusServiceUnavailable,
		RetryAfter: 30 * time.Second,
		Text:       "We cannot send email at the moment.",
		Err:        errors.New("reset: too many requests wait"),
	}
}
