package throttle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

var _ auth.SourceLimiter = (*Limiter)(nil)

// A Limiter refuses attempts to log in when there have been too many. Make one
// with [New]; it is safe for concurrent use. All processes of a site that have
// the same store and key count together.
type Limiter struct {
	store Store
	keys  []keyring // the first signs
	opts  Options

	exhausted exhausted
}

// New returns a limiter. The keys sign the cookies of known devices and hide
// names and addresses in the store: use the site's SECRET_KEY, and
// SECRET_KEY_FALLBACKS, so that devices that became known under an older key
// stay known. The options may be nil. The error says what is missing or
// contradictory.
func New(store Store, keys secret.Keys, o *Options) (*Limiter, error) {
	l := &Limiter{store: store, opts: o.withDefaults()}
	switch {
	case store == nil:
		return nil, errors.New("throttle: no store")
	case keys.IsZero():
		return nil, errors.New("throttle: no keys; make them with secret.NewKeys")
	}
	if err := l.opts.check(); err != nil {
		return nil, err
	}
	for key := range keys.All() {
		l.keys = append(l.keys, newKeyring(key, l.opts.DevicesOf))
	}
	return l, nil
}

// Check counts an attempt to log in, and returns nil if it may go on. Call it
// before the password is checked, and leave the password alone if it returns an
// error: a *[LimitedError], which is [ErrLimited], or one that wraps
// [ErrUnavailable]. [Respond] answers both. Whether the account exists makes no
// difference, if the caller did the same work to make the attempt.
//
// A device that is known to the user has attempts of its own, and no stranger
// can use them up. All known devices of a source together have as many as
// strangers from there have. All other visitors take one from their source and,
// if there was one, another from the account. An attempt that the source
// refuses costs the account, or the device, nothing.
//
// All spellings of a name share an account: it is compared without regard to
// case, accents, surrounding spaces, invisible characters, and compatible forms
// of Unicode. If a backend accepts even more spellings for one user, give Check
// the name that they have in common. A device is known to one user only, by one
// name and with one password.
func (l *Limiter) Check(r *http.Request, a auth.Attempt) error {
	ctx, cancel := timelimit.Within(r.Context(), l.opts.Timeout)
	defer cancel()
	by, of := l.bucket(r, a)
	if by == BucketDevice {
		return l.checkDevice(ctx, r, of)
	}
	if err := l.takeSource(ctx, r); err != nil {
		return err
	}
	return l.take(ctx, r, BucketAccount, of, l.opts.PerAccount)
}

// checkDevice counts an attempt of a known device. Its own bucket comes first,
// so that one that has used it up takes nothing from its neighbours.
func (l *Limiter) checkDevice(ctx context.Context, r *http.Request, of string) error {
	if err := l.take(ctx, r, BucketDevice, of, l.opts.PerAccount); err != nil {
		return err
	}
	err := l.take(ctx, r, BucketDeviceSource, l.SourceOf(r), l.opts.PerSource)
	if errors.Is(err, ErrLimited) {
		l.give(ctx, BucketDevice, of)
	}
	return err
}

// Succeeded says that the attempt that Check let pass, for this request, was a
// login, with all its factors. Call it once for it. The account, or the known
// device, gets this one attempt back, so that a login costs nothing, and no
// login of anybody pays for guesses. The source does not get it back.
//
// If the store cannot be asked, that is logged, and the login still counts.
func (l *Limiter) Succeeded(r *http.Request, a auth.Attempt) {
	l.GiveBack(r, a)
}

// MakeKnown makes the visitor's device known for a year to the user of the
// attempt, with this name and password, by a cookie. It does nothing for an
// attempt on nobody. Call it after Succeeded, before the response begins, with
// its header, and with the user as stored then; also after a login for which
// Check was not called in this request, by a single sign-on or by a second
// factor in a request of its own; and when the visitor has chosen a new
// password, since no device is known any more.
func (l *Limiter) MakeKnown(header http.Header, r *http.Request, a auth.Attempt) {
	if a.UserID() != "" {
		l.sendDevice(header, r, a)
	}
}

// bucket returns the bucket of the account or the device that the attempt
// counts for.
func (l *Limiter) bucket(r *http.Request, a auth.Attempt) (by Bucket, of string) {
	if a.UserID() != "" {
		if d, ok := l.device(r); ok && d.knows(a) {
			return BucketDevice, d.bucketOf(a)
		}
	}
	return BucketAccount, account(a.Username)
}

// give gives one attempt back to a bucket.
func (l *Limiter) give(ctx context.Context, by Bucket, of string) {
	ctx, cancel := timelimit.Within(ctx, l.opts.Timeout)
	defer cancel()
	if err := l.store.Give(ctx, l.bucketKey(by, of), l.opts.PerAccount); err != nil {
		l.opts.Logger.ErrorContext(ctx, "an attempt was not given back", "error", err)
	}
}

// take takes one attempt from a bucket.
func (l *Limiter) take(ctx context.Context, r *http.Request, by Bucket, of string, limit Limit) error {
	key, now := l.bucketKey(by, of), l.opts.Now()
	wait, err := l.store.Take(ctx, key, limit, now)
	if err != nil {
		return l.unavailable(r, err)
	}
	if wait > 0 {
		if by == BucketSource {
			l.exhausted.note(key, now, wait)
		}
		return l.limited(r, &LimitedError{RetryAfter: wait, Bucket: by})
	}
	return nil
}

func (l *Limiter) limited(r *http.Request, err *LimitedError) error {
	args := []any{
		slog.String("purpose", l.opts.Purpose), slog.String("bucket", string(err.Bucket)),
		slog.Duration("retry_after", err.RetryAfter), slog.String("source", l.SourceOf(r)),
	}
	if len(l.opts.TrustedProxies) == 0 && r.Header.Get(l.opts.ForwardedHeader) != "" {
		args = append(args, slog.String("hint",
			"there is a "+l.opts.ForwardedHeader+" header; if it is a proxy's, set TrustedProxies"))
	}
	l.opts.Logger.WarnContext(r.Context(), "too many attempts", args...)
	if l.opts.OnLimited != nil {
		l.opts.OnLimited(r, err)
	}
	return err
}

// unavailable decides about an attempt that could not be counted. A visitor
// who has hung up is refused in any case: hanging up would otherwise be a
// way around the limit. A timeout is not the visitor's doing.
func (l *Limiter) unavailable(r *http.Request, err error) error {
	gone := errors.Is(r.Context().Err(), context.Canceled)
	if !gone {
		l.opts.Logger.ErrorContext(r.Context(), "attempts to log in cannot be counted",
			"error", err, "let_pass", l.opts.FailOpen)
	}
	if l.opts.FailOpen && !gone {
		return nil
	}
	return unavailable(err)
}

func unavailable(err error) error {
	return fmt.Errorf("%w: %w: %w", ErrUnavailable, session.ErrUnavailable, err)
}
