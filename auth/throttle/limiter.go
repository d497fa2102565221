package throttle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

// A limiter limits attempts to log in.
type limiter struct {
	store Store
	keys  []keyring // the first signs
	opts  Options
	now   func() time.Time // programs that share a store should agree within a second

	exhausted exhausted
	unread    warning // an address that a proxy wrote
}

// New returns a limiter, which refuses attempts to log in when there have been
// too many. All processes of a site that have the same store and key count
// together. The keys sign the cookies of known devices and hide names and
// addresses in the store: use the site's SECRET_KEY, and SECRET_KEY_FALLBACKS, so
// that devices that became known under an older key stay known. The options may
// be nil. The error says what is missing or contradictory.
//
// Check counts an attempt. Call it before the password is checked, and do not
// check the password if it returns an error: [ErrLimited], or one that wraps
// [session.ErrUnavailable] if the store is unavailable, so that it is unknown
// whether there were too many. [session.Abort] answers them with 429 and 503.
// Whether the account exists makes no difference, if the caller did the same work
// to make the attempt.
//
// A device that is known for the user has separate attempts, which no stranger
// can use up. All known devices of a source together have as many as strangers
// from there have. All other visitors take one from their source and, if there
// was one, another from the account. An attempt that the source refuses costs
// the account, or the device, nothing.
//
// All spellings of a name share an account: it is compared without regard to
// case, accents, surrounding spaces, invisible characters, and compatible forms
// of Unicode. If a backend accepts even more spellings for one user, give Check
// the name that they have in common. A device is known for one user with one
// username and one password only.
//
// Succeeded records that the attempt was a login, with all its factors. The
// account, or the known device, gets this attempt back, so that a login costs
// nothing, but restores no attempt that a guess has used up. The source does not
// get it back. If the store is unavailable, Succeeded logs the error, and the
// login is still valid.
//
// MakeKnown makes the visitor's device known for a year for the user of the
// attempt, with this username and password, by a cookie. It does nothing for an
// attempt without a user. Call it after Succeeded, before the response begins,
// with its header, and with the user as stored then; also after a login for
// which Check was not called in this request, by single sign-on or by a second
// factor in a separate request; and when the visitor has chosen a new password,
// since no device is known any more.
//
// Mails are counted by address, with the limit PerAccount, separately from
// requests for this address: see [auth.SourceLimiter].
//
// A new password that the visitor, or somebody else, has set by [auth.Manager] gives the
// user the attempts back that were used up before, whoever did that: see [auth.Lifter].
func New(store Store, keys secret.Keys, o *Options) (Limiter, error) {
	l, err := newLimiter(store, keys, o)
	if err != nil {
		return nil, err
	}
	return l, nil
}

func newLimiter(store Store, keys secret.Keys, o *Options) (*limiter, error) {
	l := &limiter{store: store, opts: o.withDefaults(), now: time.Now}
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

// Check implements [auth.Limiter].
func (l *limiter) Check(r *http.Request, a auth.Attempt) error {
	ctx, cancel := timelimit.Within(r.Context(), l.opts.Timeout)
	defer cancel()
	by, of := l.bucket(r, a)
	if by == bucketDevice {
		return l.checkDevice(ctx, r, a, of)
	}
	if err := l.takeSource(ctx, r); err != nil {
		return err
	}
	return l.take(ctx, r, bucketAccount, of, l.opts.PerAccount, markOf(bucketAccount, of, a))
}

// checkDevice counts an attempt of a known device. The device's bucket comes
// first, so that a device that has used it up takes nothing from others at its
// source.
func (l *limiter) checkDevice(ctx context.Context, r *http.Request, a auth.Attempt, of string) error {
	m := markOf(bucketDevice, of, a)
	if err := l.take(ctx, r, bucketDevice, of, l.opts.PerAccount, m); err != nil {
		return err
	}
	set := mark{markPassword, proofOf(a), spareSource}
	err := l.take(ctx, r, bucketDeviceSource, l.SourceOf(r), l.opts.PerSource, set)
	if errors.Is(err, ErrLimited) {
		l.give(ctx, bucketDevice, of, m)
	}
	return err
}

// Succeeded implements [auth.Limiter]: the attempt comes back.
func (l *limiter) Succeeded(r *http.Request, a auth.Attempt) {
	l.GiveBack(r, a)
}

// MakeKnown implements [auth.Limiter], by a cookie.
func (l *limiter) MakeKnown(header http.Header, r *http.Request, a auth.Attempt) {
	if a.User.IsAuthenticated() {
		l.refillDevice(r, a)
		l.sendDevice(header, r, a)
	}
}

// bucket returns the bucket of the account or the device in which the attempt
// is counted.
func (l *limiter) bucket(r *http.Request, a auth.Attempt) (by bucketKind, of string) {
	if a.User.IsAuthenticated() {
		if d, ok := l.device(r); ok && d.knows(a) {
			return bucketDevice, d.bucketOf(a)
		}
	}
	return bucketAccount, account(a.Username)
}

// give gives one attempt back to a bucket, also to a visitor who has left: to
// the one of the mark, if that is where it was taken from.
func (l *limiter) give(ctx context.Context, by bucketKind, of string, m mark) {
	ctx, cancel := timelimit.Within(context.WithoutCancel(ctx), l.opts.Timeout)
	defer cancel()
	key, limit := l.bucketKey(by, of), l.opts.PerAccount
	spare, err := l.usedSpare(ctx, by, of, m)
	if spare != "" {
		key, limit = spare, l.spareLimit()
	}
	if err == nil {
		err = l.store.Give(ctx, key, limit)
	}
	if err != nil {
		l.opts.Logger.ErrorContext(ctx, "an attempt was not given back", slog.Any("error", err))
	}
}

// take takes one attempt from a bucket, or if that is empty from the one of the
// mark.
func (l *limiter) take(
	ctx context.Context, r *http.Request, by bucketKind, of string, limit Limit, m mark,
) error {
	key, now := l.bucketKey(by, of), l.now()
	wait, err := l.store.Take(ctx, key, limit, now)
	if err != nil {
		return l.unavailable(r, err)
	}
	if wait > 0 && !l.takeSpare(ctx, m) {
		if by == bucketSource {
			l.exhausted.note(key, now, wait)
		}
		return l.limited(r, by, wait)
	}
	return nil
}

func (l *limiter) limited(r *http.Request, by bucketKind, wait time.Duration) error {
	args := []any{
		slog.String("purpose", l.opts.Purpose), slog.String("bucket", string(by)),
		slog.Duration("retry_after", wait), slog.String("source", l.SourceOf(r)),
	}
	if hint := l.hint(r); hint != "" {
		args = append(args, slog.String("hint", hint))
	}
	l.opts.Logger.WarnContext(r.Context(), "too many attempts", args...)
	if l.opts.OnLimited != nil {
		l.opts.OnLimited(r, string(by), wait)
	}
	return tooMany(by, wait)
}

// hint says why visitors may share a source without being together.
func (l *limiter) hint(r *http.Request) string {
	name := l.opts.ForwardedHeader
	switch {
	case len(l.opts.TrustedProxies) == 0 && r.Header.Get(name) != "":
		return "there is a " + name + " header; if it is a proxy's, set TrustedProxies"
	case l.trusts(l.visitor(r)):
		return "this is the address of a trusted proxy; have it send the visitor's in " + name
	default:
		return ""
	}
}

// unavailable returns the error for an attempt that could not be counted, or
// nil if FailOpen lets it pass. A visitor who has hung up is refused in any
// case: hanging up would otherwise be a way around the limit. A timeout is not
// the visitor's doing.
func (l *limiter) unavailable(r *http.Request, err error) error {
	gone := errors.Is(r.Context().Err(), context.Canceled)
	if !gone {
		l.opts.Logger.ErrorContext(r.Context(), "attempts to log in cannot be counted",
			slog.Any("error", err), slog.Bool("let_pass", l.opts.FailOpen))
	}
	if l.opts.FailOpen && !gone {
		return nil
	}
	return unavailable(err)
}

func unavailable(err error) error {
	return fmt.Errorf("throttle: cannot count the attempt: %w: %w", session.ErrUnavailable, err)
}
