package reset

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/token"
	"github.com/jamsession/jamsession/internal/punycode"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/mail"
)

// Users are the methods that the user store needs, such as sqlusers.Users. They should
// return when ctx is done.
type Users interface {
	// ByID returns the user with this ID, active or not, or an error that wraps
	// auth.ErrUserNotFound. The ID comes from a link, and may be any text.
	ByID(ctx context.Context, id string) (auth.User, error)

	// ByUsername returns the user with this name, active or not, or an
	// error that wraps auth.ErrUserNotFound.
	ByUsername(ctx context.Context, name string) (auth.User, error)

	// ByEmail returns the active users with this address, if there are any. It must not
	// treat look-alikes as equal. If there are very many, it should return some drawn at
	// random.
	ByEmail(ctx context.Context, email string) ([]auth.User, error)
}

// Options configure [Resets].
type Options struct {
	// URL is the link to mail, with {id} and {token} where they belong:
	// "https://example.com/reset/{id}/{token}/". It must be given. Its host is the site's name:
	// an address to listen on, such as ":8000", is refused.
	URL string

	// Compose writes the mail for a letter. Message.To may be left empty: the
	// mail goes to Letter.To anyway. It runs in goroutines of this package,
	// several at the same time; if it panics, that is logged, and this mail is
	// not sent. Nil writes a short text in English, which tells several accounts of an address
	// apart by the days on which they were made and last used: see [Account] for why.
	Compose func(l Letter) mail.Message

	// Limiter bounds how many requests a source can make, how many can be made for one
	// address or name, whether it exists or not, and how many mails an address gets: use one
	// of throttle.New with a separate Purpose. One that is not an [auth.SourceLimiter]
	// limits only the requests. Nil means no limit.
	Limiter auth.Limiter

	// Queue is how many requests may wait until their users are looked up, how many mails may
	// wait until they are sent, and how many that were not taken may wait to be tried again; a
	// request has a kilobyte at most, a mail 20 users. Beyond that, [Resets.Request] refuses,
	// and mails are not tried again. One source of the Limiter can have a tenth of the places
	// of requests and of the last kind, at least one. Zero is 100.
	Queue int

	// Logger gets errors about mails that could not be sent, and warnings about refused
	// requests. Nil is slog.Default().
	Logger *slog.Logger
}

// Resets let users who forgot their password choose a new one. Make them with
// [New], and close them at the end. They are safe for concurrent use.
type Resets struct {
	logins *auth.Manager
	users  Users
	tokens *token.Generator
	sender mail.Sender
	opts   Options

	queue *queue
	mails chan parcel
	later *postponed
	done  chan struct{} // closed when all workers have ended
	stop  context.CancelFunc
}

// New returns resets, and starts the workers that send their mails. The options
// must have a URL. The error says what is missing, or names the option that is
// invalid.
func New(
	logins *auth.Manager, users Users, tokens *token.Generator, sender mail.Sender, o *Options,
) (*Resets, error) {
	switch {
	case logins == nil:
		return nil, errors.New("reset: no logins; make them with auth.New")
	case users == nil:
		return nil, errors.New("reset: no users")
	case tokens == nil:
		return nil, errors.New("reset: no tokens; make them with token.New")
	case sender == nil:
		return nil, errors.New("reset: no sender; see package mail")
	}
	opts := o.withDefaults()
	if err := opts.check(); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	x := &Resets{
		logins: logins, users: limitedUsers{users}, tokens: tokens, sender: limitedSender{sender},
		opts:  opts,
		queue: newQueue(opts.Queue), mails: make(chan parcel, opts.Queue), later: newPostponed(opts.Queue),
		done: make(chan struct{}), stop: stop,
	}
	x.work(ctx)
	return x, nil
}

// withDefaults returns a copy of o with every zero filled in.
func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Compose == nil {
		c.Compose = compose
	}
	if c.Queue == 0 {
		c.Queue = 100
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// check says which of the fields, filled in, are wrong.
func (o *Options) check() error {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" ||
		strings.Count(o.URL, "{id}") != 1 || strings.Count(o.URL, "{token}") != 1 {
		return errors.New(`reset: Options.URL must be such as "https://example.com/reset/{id}/{token}/"`)
	}
	if hint := punycode.Hint(o.URL); hint != "" {
		return errors.New("reset: Options.URL: " + hint)
	}
	if !isReachable(u.Hostname()) {
		return fmt.Errorf("reset: Options.URL leads to %q, which is an address to listen on and not "+
			"one to visit: name the site's host", u.Host)
	}
	if o.Queue < 0 {
		return fmt.Errorf("reset: Options.Queue is %d; it cannot be negative", o.Queue)
	}
	return nil
}

// isReachable reports whether a host can be visited: ":8000", "[::]:8000" and "0.0.0.0:8000"
// are all addresses of the machine.
func isReachable(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host != "" && (err != nil || !ip.Unmap().IsUnspecified())
}

// Close sends the waiting mails, each of them once, and ends the workers. If ctx is done first, it
// gives up the rest and returns an error that wraps ctx.Err. Later requests
// are refused.
func (x *Resets) Close(ctx context.Context) error {
	x.queue.close()
	x.later.close()
	select {
	case <-x.done:
		return nil
	case <-ctx.Done():
		x.stop()
		select {
		case <-x.done:
		case <-time.After(timelimit.Default): // for a sender that does not look at its context
		}
		return fmt.Errorf("reset: close: %w", ctx.Err())
	}
}
