package reset

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/token"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/mail"
)

// Users is what is asked of the user store. sqlusers.Users has it.
type Users interface {
	// ByID returns the user with this primary key, active or not, or an error
	// that wraps auth.ErrUserNotFound.
	ByID(ctx context.Context, id int64) (auth.User, error)

	// ByEmail returns the active users with this address, none if there are
	// none. It must not take look-alikes for equal.
	ByEmail(ctx context.Context, email string) ([]auth.User, error)
}

// Options configure [Resets].
type Options struct {
	// URL is the link to mail, with {id} and {token} where they belong:
	// "https://example.com/reset/{id}/{token}/". It must be given.
	URL string

	// Compose writes the mail for a user with this link. To may be left empty:
	// the mail goes to the user's address anyway. Nil is a short text in
	// English.
	Compose func(user auth.User, link string) mail.Message

	// Limiter bounds how many requests a source can make, and how many can be
	// made for one address, whether anybody has it or not: a *throttle.Limiter
	// with a Purpose of its own. It counts requests, not mails: each sends one
	// to every user with this address. Nil is no bound.
	Limiter auth.Limiter

	// Queue is how many requests may wait for their mail, each with an address
	// of a kilobyte at most; more are dropped, with a line in the log. Zero is
	// 100.
	Queue int

	// Logger is told of mails that could not be sent. Nil is slog.Default().
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

	mu     sync.Mutex
	closed bool
	queue  chan string // addresses as they were typed
	done   chan struct{}
	stop   context.CancelFunc
}

// New returns resets, and starts the worker that sends their mails. The error
// says what is wrong with the options.
func New(
	logins *auth.Manager, users Users, tokens *token.Generator, sender mail.Sender, o Options,
) (*Resets, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" ||
		strings.Count(o.URL, "{id}") != 1 || strings.Count(o.URL, "{token}") != 1 {
		return nil, errors.New(`reset: Options.URL must be such as "https://example.com/reset/{id}/{token}/"`)
	}
	if o.Compose == nil {
		o.Compose = compose
	}
	if o.Queue <= 0 {
		o.Queue = 100
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	ctx, stop := context.WithCancel(context.Background())
	x := &Resets{
		logins: logins, users: limitedUsers{users}, tokens: tokens, sender: limitedSender{sender}, opts: o,
		queue: make(chan string, o.Queue), done: make(chan struct{}), stop: stop,
	}
	go x.work(ctx)
	return x, nil
}

// maxAddress is how many characters of an address Django's table holds; mails
// have no longer ones (RFC 5321, 4.5.3.1.3).
const maxAddress = 254

// Request mails a link to each user with this address. It returns at once and
// tells nothing: answer every visitor alike. What goes wrong is logged. Nobody
// has an address of more than 254 characters, and nobody is looked up for one.
//
// With Options.Limiter it counts the request, and returns the limiter's error
// if there were too many from there or for this address, whether somebody has
// it or not. [session.Abort] answers that. Otherwise it returns nil.
func (x *Resets) Request(r *http.Request, email string) error {
	email = strings.TrimSpace(email)
	if x.opts.Limiter != nil {
		if err := x.opts.Limiter.Check(r, auth.Attempt{Username: email}); err != nil {
			return err
		}
	}
	if utf8.RuneCountInString(email) > maxAddress {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil
	}
	select {
	case x.queue <- strings.Clone(email): // or the whole form would stay in memory with it
	default:
		x.opts.Logger.WarnContext(r.Context(), "reset: too many requests wait; one is dropped")
	}
	return nil
}

// Close sends what is waiting, and ends the worker. If ctx is done before, it
// gives up the rest and returns an error that wraps ctx.Err. Later requests
// are dropped.
func (x *Resets) Close(ctx context.Context) error {
	x.mu.Lock()
	if !x.closed {
		x.closed = true
		close(x.queue)
	}
	x.mu.Unlock()
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

func (x *Resets) work(ctx context.Context) {
	defer close(x.done)
	defer x.stop()
	for email := range x.queue {
		if err := x.mailTo(ctx, email); err != nil {
			x.opts.Logger.ErrorContext(ctx, "reset: no mail was sent", slog.Any("error", err))
		}
	}
}

// mailTo sends a link to each user with this address.
func (x *Resets) mailTo(ctx context.Context, email string) error {
	users, err := x.users.ByEmail(ctx, email)
	if err != nil {
		return err
	}
	var errs []error
	for _, user := range users {
		if !user.IsActive || !password.IsUsable(user.Password) {
			continue
		}
		m := x.opts.Compose(user, x.link(user))
		m.To = user.Email
		errs = append(errs, x.sender.Send(ctx, m))
	}
	return errors.Join(errs...)
}

func (x *Resets) link(user auth.User) string {
	return strings.NewReplacer(
		"{id}", token.EncodeID(strconv.FormatInt(user.ID, 10)),
		"{token}", x.tokens.Make(user),
	).Replace(x.opts.URL)
}

func compose(user auth.User, link string) mail.Message {
	return mail.Message{
		Subject: "Choose a new password",
		Text: "Hello " + user.Username + ",\n\n" +
			"somebody, probably you, has forgotten your password. Choose a new one here:\n\n" +
			link + "\n\n" +
			"If it was not you, ignore this mail: nothing has changed.\n",
	}
}
