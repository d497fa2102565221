package throttle

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// Mails returns a function that counts the mails that a request causes, later
// and in another goroutine: it keeps only the source of the request, and the
// content of a known device's cookie. Call it with the address of a mail, as it
// is stored, and the users that the mail is about. It returns nil if the mail
// may go, and otherwise an error like that of Check.
//
// All spellings of an address share a bucket with the limit PerAccount,
// separate from that of requests for this address. The devices that are known
// for one of the users share another bucket, which no stranger can use up. Each
// device does not get a separate one: a stranger who signs up with somebody
// else's address gets a known device with each login. The source is not
// counted.
//
// NewPassword with the address as the name of the attempt, which says that the
// owner of the mailbox has used a link, gives the mailbox attempts as it gives
// them to an account. If the attempt has a user with another address, it does not: anybody
// can sign up with somebody else's address for a name.
func (l *limiter) Mails(r *http.Request) func(ctx context.Context, address string, users []auth.User) error {
	d, known := l.device(r)
	d = d.clone()
	source := l.SourceOf(r)
	return func(ctx context.Context, address string, users []auth.User) error {
		of, spare := account(address), spareMail
		knows := func(user auth.User) bool {
			return d.knows(auth.Attempt{Username: user.Username, User: user})
		}
		if known && slices.ContainsFunc(users, knows) {
			of, spare = of+knownMailbox, spareKnownMail
		}
		return l.takeMail(ctx, of, source, mark{markPassword, nameProof(address), spare})
	}
}

// knownMailbox ends the name of the bucket of a mailbox for known devices.
const knownMailbox = "\x00known"

// takeMail takes a mail from a bucket. A mail that it cannot count is not sent,
// unless FailOpen is set.
func (l *limiter) takeMail(ctx context.Context, of, source string, m mark) error {
	asking, cancel := timelimit.Within(ctx, l.opts.Timeout)
	defer cancel()
	key := l.bucketKey(bucketMailbox, of)
	wait, err := l.store.Take(asking, key, l.opts.PerAccount, l.now())
	if err == nil && 0 < wait && wait < shortWait && sleep(asking, wait) {
		wait, err = l.store.Take(asking, key, l.opts.PerAccount, l.now())
	}
	switch {
	case err != nil && l.opts.FailOpen && ctx.Err() == nil:
		l.opts.Logger.ErrorContext(ctx, "a mail cannot be counted",
			slog.Any("error", err), slog.Bool("let_pass", true))
		return nil
	case err != nil:
		return unavailable(err)
	case wait > 0 && !l.takeSpare(asking, m):
		l.opts.Logger.WarnContext(ctx, "too many mails to one address",
			slog.Duration("retry_after", wait), slog.String("source", source))
		return tooMany(bucketMailbox, wait)
	default:
		return nil
	}
}

// shortWait is how long a mail may wait for its attempt: without it a mail
// would be lost if another one was counted at the same time with a clock that
// was read a moment later.
const shortWait = time.Second

// sleep waits, and reports false if ctx is done first.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// clone returns a copy of the device that does not keep the request's header in
// memory.
func (d device) clone() device {
	users := make([]string, len(d.users))
	for i, user := range d.users {
		users[i] = strings.Clone(user)
	}
	return device{d.key, strings.Clone(d.id), users}
}
