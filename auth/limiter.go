package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/internal/hashqueue"
	"github.com/jamsession/jamsession/session"
)

// A Limiter limits how often passwords are guessed; throttle.New returns one. It must be
// safe for concurrent use, and may look up the request's user with [Load]. The context of
// the request ends after Options.Timeout, or with the visitor. It is told of logins if
// the request passed through [Manager.Handler]. A limiter that knows where requests come
// from should be a [SourceLimiter].
type Limiter interface {
	// Check counts an attempt, and returns nil if it may go on. It is called twice for a
	// password that is tried in two forms, see [Manager.Authenticate]. Its error ends the attempt
	// before any password is checked, and [Manager.Authenticate] returns it. An error that
	// is an [http.Handler] answers the request itself; if the limiter could not tell, the
	// error must wrap [session.ErrUnavailable].
	Check(r *http.Request, a Attempt) error

	// Succeeded says that the attempt that Check let pass, in the same request,
	// was right: it was not a guess. It is called once at most.
	Succeeded(r *http.Request, a Attempt)

	// MakeKnown is called after each login, after Succeeded if there was an attempt, and
	// after each new password that the visitor has chosen. The attempt has the user as
	// stored now, who may differ from the one that Check got. It may set cookies in the
	// header of the response, which has not begun.
	MakeKnown(header http.Header, r *http.Request, a Attempt)
}

// A SourceLimiter is a [Limiter] that knows where a request comes from, such as what
// throttle.New returns. The queue for hashes needs that: sources take turns in it.
// Package reset counts its mails with such a limiter.
type SourceLimiter interface {
	Limiter

	// SourceOf returns the name of the source of a request. All requests from unknown
	// sources may share one name.
	SourceOf(r *http.Request) string

	// Refuse returns the error that Check would return for any attempt of this request, on
	// whatever user, if that is known already, and nil otherwise. It does not count
	// anything. An attempt that is refused here does not need a lookup of the user.
	Refuse(r *http.Request) error

	// GiveBack says that an attempt that Check let pass, in the same request, does not
	// count: the queue has refused it before any password was checked, or the password is
	// right in its other form.
	GiveBack(r *http.Request, a Attempt)

	// Mails returns the function that counts the mails that a request leads to, later and in
	// another goroutine, so it must not read the request then. The function is called with
	// the stored address of a mail, and the users that the mail is about. It returns nil if
	// the mail may be sent, and otherwise an error like that of Check. A limiter that does
	// not count mails returns nil.
	Mails(r *http.Request) func(ctx context.Context, address string, users []User) error
}

// A Lifter is a [Limiter] that learns of new passwords, such as what throttle.New
// returns: wrong guesses at the old one must not keep the user out.
type Lifter interface {
	Limiter

	// NewPassword is called after each new password of [Manager.SetPassword], and so of
	// ChangePassword and ResetPassword, with the user as stored now. Attempts on this user
	// may then pass, although there were too many before. It must not help with attempts on
	// other users: anybody can set a new password for an account of their own. Package reset
	// also calls it for its own Limiter, with the name and with the address that a link was
	// mailed to. The context does not end with the visitor.
	NewPassword(ctx context.Context, a Attempt)
}

// lift tells the limiter of a new password, by each name that is not empty.
func (m *Manager) lift(ctx context.Context, user User, names ...string) {
	l, ok := m.opts.Limiter.(Lifter)
	if !ok {
		return
	}
	ctx, cancel := m.within(context.WithoutCancel(ctx))
	defer cancel()
	for _, name := range names {
		if name != "" {
			l.NewPassword(ctx, Attempt{name, user})
		}
	}
}

// refused is the error of an attempt that need not be looked at.
func (m *Manager) refused(r *http.Request) error {
	if l, ok := m.opts.Limiter.(SourceLimiter); ok {
		err := l.Refuse(r)
		m.tellLimited(r, purposeLogin, Attempt{}, err)
		return err
	}
	return nil
}

// queued returns a context of the request for all hashes that it needs: they
// belong together, and wait with those of the source that the limiter sees.
func (m *Manager) queued(ctx context.Context) context.Context {
	ctx = hashqueue.Together(ctx, m.opts.Hashers)
	x := exchangeOf(ctx)
	l, ok := m.opts.Limiter.(SourceLimiter)
	if x == nil || !ok {
		return ctx
	}
	return hashqueue.WithSource(ctx, l.SourceOf(x.req))
}

// limit counts a guess.
func (m *Manager) limit(r *http.Request, a Attempt) error {
	if m.opts.Limiter == nil {
		return nil
	}
	return m.check(m.opts.Limiter, purposeLogin, r, a)
}

// What limiters are asked for, as in [Event].Purpose.
const (
	purposeLogin  = "login"
	purposeSignUp = "sign-up"
)

// check asks a limiter.
func (m *Manager) check(l Limiter, purpose string, r *http.Request, a Attempt) error {
	limited, cancel := m.limitedRequest(r)
	defer cancel()
	err := session.Measure(limited.Context(), m.opts.Probe, session.OpLimit, func(ctx context.Context) error {
		return l.Check(limited.WithContext(ctx), a)
	})
	m.tellLimited(r, purpose, a, err)
	return err
}

// limitedRequest returns the request with a context for one question.
func (m *Manager) limitedRequest(r *http.Request) (*http.Request, context.CancelFunc) {
	ctx, cancel := m.within(r.Context())
	return r.WithContext(ctx), cancel
}

// succeeded says that the attempt was right.
func (m *Manager) succeeded(r *http.Request, a Attempt) {
	if m.opts.Limiter == nil {
		return
	}
	limited, cancel := m.limitedRequest(r)
	defer cancel()
	m.opts.Limiter.Succeeded(limited, a)
}

// giveBackIfBusy tells the limiter of an attempt that a full queue for hashes
// has ended, if that is what the error says. If the visitor has gone the
// attempt counts: hanging up would otherwise be a way around the limit.
func (m *Manager) giveBackIfBusy(r *http.Request, a Attempt, err error) {
	if errors.Is(err, password.ErrBusy) && r.Context().Err() == nil {
		m.giveBack(r, a)
	}
}

// giveBack tells the limiter that an attempt does not count.
func (m *Manager) giveBack(r *http.Request, a Attempt) {
	l, ok := m.opts.Limiter.(SourceLimiter)
	if !ok {
		return
	}
	limited, cancel := m.limitedRequest(r)
	defer cancel()
	l.GiveBack(limited, a)
}

// makeKnown tells the limiter that the visitor, who typed this name, is the
// user.
func (m *Manager) makeKnown(r *http.Request, name string, user User) {
	x := exchangeOf(r.Context())
	if m.opts.Limiter == nil || x == nil {
		return
	}
	limited, cancel := m.limitedRequest(r)
	defer cancel()
	m.opts.Limiter.MakeKnown(x.header, limited, Attempt{name, user})
}

// loggedIn tells the limiter that the visitor is the user.
func (m *Manager) loggedIn(r *http.Request, user User) {
	name := user.Username
	if a, ok := exchangeOf(r.Context()).takeTyped(user); ok {
		m.succeeded(r, a)
		name = a.Username
	}
	m.makeKnown(r, name, user)
}

// takeTyped returns, once, the attempt by which the visitor has proved to be
// the user in this request.
func (x *exchange) takeTyped(user User) (a Attempt, ok bool) {
	if x == nil {
		return Attempt{}, false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.typed.user != user.ID || x.typed.backend != user.Backend {
		return Attempt{}, false
	}
	a = x.typed.attempt
	x.typed = typed{}
	return a, true
}

// hasTyped reports whether the visitor has proved to be the user in this request, and
// takeTyped would say so.
func (x *exchange) hasTyped(user User) bool {
	if x == nil {
		return false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.typed.user == user.ID && x.typed.backend == user.Backend
}

// typed is the attempt by which a visitor has proved to be a user, in this
// request. Its name may be another than the username, such as an address.
type typed struct {
	attempt Attempt
	user    string
	backend string
}

// An Attempt is one guess at a password, for a [Limiter].
//
// An Attempt prints, logs and encodes as its type: people type their password
// into the wrong field.
type Attempt struct {
	Username string // as the visitor typed it

	// User is the user whom the name means, as stored now. It is the zero User
	// if nobody has the name, if no user is meant, as when a reset mail is
	// requested, or if the backend is not a UserFinder.
	User User
}

// Format implements [fmt.Formatter]: with every verb, an Attempt prints as its
// type.
func (Attempt) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, attemptText) }

// MarshalText implements [encoding.TextMarshaler], as Format.
func (Attempt) MarshalText() ([]byte, error) { return []byte(attemptText), nil }

const attemptText = "auth.Attempt{}"

// A UserFinder is a [Backend] that can find the user of a name before the password is
// checked. [Manager.Authenticate] calls it if there is an Options.Limiter, so that
// devices are known for a user with the current password, rather than for a name.
// [ModelBackend] is one.
type UserFinder interface {
	// FindUser returns the user whom Authenticate would look for, active or not, or an error
	// that wraps ErrUserNotFound. It must do the same work for an unknown name, or the time
	// tells strangers who has an account. Any other error ends the attempt: the backend
	// could not tell.
	FindUser(ctx context.Context, username string) (User, error)
}

// attempt returns an attempt on this name. It asks all backends, whether one
// has found the user or not, so that it always takes the same time.
func (m *Manager) attempt(ctx context.Context, username string) (Attempt, error) {
	a := Attempt{Username: username}
	if m.opts.Limiter == nil {
		return a, nil
	}
	for _, b := range m.backends {
		finder, ok := b.(UserFinder)
		if !ok {
			continue
		}
		user, err := m.find(ctx, finder, username)
		if err != nil && !errors.Is(err, ErrUserNotFound) {
			return Attempt{}, unavailable(b, err)
		}
		if err == nil && !a.User.IsAuthenticated() {
			a.User = user
		}
	}
	return a, nil
}

func (m *Manager) find(ctx context.Context, f UserFinder, username string) (User, error) {
	ctx, cancel := m.within(ctx)
	defer cancel()
	return f.FindUser(ctx, username)
}

// finds are what ModelBackends found for the attempt of a request, so that
// none has to look twice. A backend of the program's own may wrap one, and ask
// it for another name.
type finds struct {
	mu  sync.Mutex
	all []find
}

type find struct {
	by       *modelBackend
	username string
	user     User
	err      error
}

type findsKey struct{}

// withFinds returns a context that remembers what is found.
func withFinds(ctx context.Context) context.Context {
	return context.WithValue(ctx, findsKey{}, new(finds))
}

func (f *finds) add(found find) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, found)
}

// take returns, once, what the backend has found under this name.
func (f *finds) take(by *modelBackend, username string) (find, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, found := range f.all {
		if found.by == by && found.username == username {
			f.all = append(f.all[:i:i], f.all[i+1:]...)
			return found, true
		}
	}
	return find{}, false
}
