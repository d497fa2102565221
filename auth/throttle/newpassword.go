package throttle

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// NewPassword implements [auth.Lifter]: the user gets back the attempts that were
// used up before. If the store is unavailable, it logs the error, and the limits
// stay as they are.
func (l *limiter) NewPassword(ctx context.Context, a auth.Attempt) {
	ledger, ok := l.store.(Ledger)
	if !ok {
		return
	}
	ctx, cancel := timelimit.Within(ctx, l.opts.Timeout)
	defer cancel()
	var err error
	if belongs(a) {
		err = l.markName(ctx, ledger, a.Username)
	}
	if err == nil && a.User.IsAuthenticated() {
		err = l.markUser(ctx, ledger, a)
	}
	if err != nil {
		l.opts.Logger.ErrorContext(ctx, "a limit was not lifted for a new password", slog.Any("error", err))
	}
}

// belongs reports whether the name of an attempt is its user's. A name may be somebody
// else's address, with which anybody can sign up: this address gets nothing back.
func belongs(a auth.Attempt) bool {
	isAddress := strings.Contains(a.Username, "@")
	return !isAddress || !a.User.IsAuthenticated() || exact(a.Username) == exact(a.User.Email)
}

// markUser sets the mark of the user, even if nothing was used up: a known
// device may have used up its own attempts.
func (l *limiter) markUser(ctx context.Context, ledger Ledger, a auth.Attempt) error {
	most := 0
	for _, name := range []string{a.Username, a.User.Username, a.User.Email} {
		if name == "" {
			continue
		}
		used, err := l.used(ctx, ledger, bucketAccount, account(name))
		if err != nil {
			return err
		}
		most = max(most, used)
	}
	return l.setMark(ctx, ledger, markPassword, proofOf(a), map[string]int{spareAccount: most})
}

// markName sets the mark of an exact name, for attempts for which no user is
// looked up, and for mails if it is an address.
func (l *limiter) markName(ctx context.Context, ledger Ledger, name string) error {
	type source struct {
		spare string
		by    bucketKind
		of    string
	}
	folded := account(name)
	from := []source{{spareAccount, bucketAccount, folded}}
	if strings.Contains(name, "@") {
		from = append(
			from, source{spareMail, bucketMailbox, folded},
			source{spareKnownMail, bucketMailbox, folded + knownMailbox},
		)
	}
	given, total := make(map[string]int), 0
	for _, f := range from {
		used, err := l.used(ctx, ledger, f.by, f.of)
		if err != nil {
			return err
		}
		given[f.spare] = used
		total += used
	}
	if total == 0 {
		return nil
	}
	return l.setMark(ctx, ledger, markPassword, nameProof(name), given)
}

// used returns how many attempts of a bucket with the limit PerAccount are used
// up.
func (l *limiter) used(ctx context.Context, ledger Ledger, by bucketKind, of string) (int, error) {
	p := place{by: by, of: of, limit: l.opts.PerAccount}
	full, err := ledger.FullAt(ctx, l.bucketKey(by, of))
	return p.limit.Burst - l.status(p, full).Left, err
}

// refillDevice fills the bucket of a device that is not known yet, if the user
// has a new password: the device may have used up its attempts on the old one.
func (l *limiter) refillDevice(r *http.Request, a auth.Attempt) {
	ledger, ok := l.store.(Ledger)
	d, sent := l.device(r)
	if !ok || !sent || d.knows(a) {
		return
	}
	ctx, cancel := timelimit.Within(context.WithoutCancel(r.Context()), l.opts.Timeout)
	defer cancel()
	spare, err := l.spareKey(ctx, mark{markPassword, proofOf(a), spareAccount})
	if spare != "" && err == nil {
		err = ledger.Fill(ctx, l.bucketKey(bucketDevice, d.bucketOf(a)))
	}
	if err != nil {
		l.opts.Logger.ErrorContext(ctx, "the attempts of a device were not given back",
			slog.Any("error", err))
	}
}
