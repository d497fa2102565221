package throttle

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"github.com/jamsession/jamsession/auth"
)

// A mark in the store says that a user has a new password, or that an
// administrator has lifted the limit of a name. From then on, attempts that find
// their own bucket empty are counted in a spare one, until a bucket that was
// empty then would be full by itself.
//
// The empty bucket is not simply filled: all spellings of a name share it, and
// whoever has an account whose name is like the victim's could fill the victim's
// by new passwords of their own. And nobody knows the buckets of all devices.
//
// The zero mark stands for none.
type mark struct {
	by    markKind
	of    string
	spare string // which of its spare buckets
}

// A markKind is a kind of mark. It is also the kind of its bucket in the store.
type markKind = bucketKind

// The marks.
const (
	markPassword markKind = "new password"
	markLift     markKind = "lift"

	bucketSpare bucketKind = "spare"
)

// The spare buckets of a new password.
const (
	spareAccount   = "account"
	spareMail      = "mail"
	spareKnownMail = "known mail"

	// spareSource lets the device in on which the password was set, although the
	// known devices of its source have no attempts left. It is always full: the
	// devices that are known with the new password are its owner's.
	spareSource = "source"
)

// markOf returns the mark that counts for an attempt whose bucket is empty. A
// new password makes all devices unknown, so that only a lift helps those that
// are known. There is one to look for whether the user exists or not, so that it
// takes the same time.
func markOf(by bucketKind, of string, a auth.Attempt) mark {
	if by == bucketDevice {
		return mark{markLift, account(a.Username), of}
	}
	return mark{markPassword, proofOf(a), spareAccount}
}

// proofOf returns the text for which a new password of the attempt's user is
// marked: the user with this password, so that no other user of a similar name
// has part in it; or where no user is looked up, the exact name.
func proofOf(a auth.Attempt) string {
	if a.User.IsAuthenticated() {
		return "user\x00" + a.User.ID + "\x00" + a.User.Password
	}
	return nameProof(a.Username)
}

func nameProof(name string) string { return "name\x00" + exact(name) }

// takeSpare takes one attempt from the spare bucket of a mark, and reports
// whether there was one. There is none if the store fails meanwhile: that the
// bucket of the attempt is empty is known, and stays so if FailOpen is set.
func (l *limiter) takeSpare(ctx context.Context, m mark) bool {
	key, err := l.spareKey(ctx, m)
	var wait time.Duration
	if err == nil && key != "" {
		wait, err = l.store.Take(ctx, key, l.spareLimit(), l.now())
	}
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) { // or else the visitor has gone
		l.opts.Logger.ErrorContext(ctx, "nobody knows whether a limit was lifted", slog.Any("error", err))
	}
	return err == nil && key != "" && wait == 0
}

// usedSpare returns the name of a mark's spare bucket if the attempt of this
// moment was taken from it, since its own bucket is empty, and otherwise nothing.
// If its own bucket had one attempt left, that one is given back to the spare one.
func (l *limiter) usedSpare(ctx context.Context, by bucketKind, of string, m mark) (string, error) {
	key, err := l.spareKey(ctx, m)
	if key == "" || err != nil {
		return "", err
	}
	used, err := l.used(ctx, l.store.(Ledger), by, of)
	if err != nil || used < l.opts.PerAccount.Burst {
		return "", err
	}
	return key, nil
}

// spareKey returns the name of a mark's spare bucket in the store; nothing if
// the store has no such mark. Each time that a mark is set it has new ones.
func (l *limiter) spareKey(ctx context.Context, m mark) (string, error) {
	ledger, ok := l.store.(Ledger)
	if !ok || m == (mark{}) {
		return "", nil
	}
	full, err := ledger.FullAt(ctx, l.bucketKey(m.by, m.of))
	left := full.Sub(l.now())
	if err != nil || left <= 0 || left > l.depth()+maxSkew {
		return "", err
	}
	return l.spareKeyAt(m, full), nil
}

// spareKeyAt returns the name for a mark that stays until this instant.
func (l *limiter) spareKeyAt(m mark, until time.Time) string {
	instant := strconv.FormatInt(until.UnixMicro(), 36)
	return l.bucketKey(bucketSpare, string(m.by)+"\x00"+m.of+"\x00"+instant+"\x00"+m.spare)
}

// spareLimit is that of spare buckets: they hold as many attempts as an account
// does, which do not come back while the mark stays.
func (l *limiter) spareLimit() Limit {
	burst := l.opts.PerAccount.Burst
	most := (maxDepth / time.Duration(burst)).Truncate(time.Microsecond)
	return Limit{Burst: burst, Every: min(l.depth(), most)}
}

// setMark sets a mark anew. It stays until a bucket that is empty now is full.
// Of the attempts in its spare buckets, those that are not given are taken out.
func (l *limiter) setMark(
	ctx context.Context, ledger Ledger, by markKind, of string, given map[string]int,
) error {
	key, now := l.bucketKey(by, of), l.now()
	limit := l.spareLimit()
	for spare, n := range given {
		key := l.spareKeyAt(mark{by, of, spare}, now.Add(l.depth()))
		if rest := time.Duration(limit.Burst - n); rest > 0 {
			if _, err := ledger.Take(ctx, key, Limit{Burst: 1, Every: rest * limit.Every}, now); err != nil {
				return err
			}
		}
	}
	if err := ledger.Fill(ctx, key); err != nil {
		return err
	}
	_, err := ledger.Take(ctx, key, Limit{Burst: 1, Every: l.depth()}, now)
	return err
}

// depth is how long an empty bucket of an account takes until it is full.
func (l *limiter) depth() time.Duration {
	return time.Duration(l.opts.PerAccount.Burst) * l.opts.PerAccount.Every
}
