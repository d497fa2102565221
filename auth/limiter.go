package auth

import (
	"context"
	"errors"
	"net/http"

	"github.com/jamsession/jamsession/auth/password"
)

// A Limiter bounds how often passwords are guessed: a *throttle.Limiter. It
// must be safe for concurrent use, and may ask for the request's user by [Load].
// The context of the request ends after Options.Timeout, or with the visitor.
// It hears of logins if the request passed through [Manager.Handler].
// One that knows where requests come from should be a [SourceLimiter].
type Limiter interface {
	// Check counts an attempt, and returns nil if it may go on. Its error ends
	// the attempt before any password is looked at, and is what
	// [Manager.Authenticate] returns. One that is an [http.Handler] answers for
	// itself; one for which it could not be found out must wrap
	// [session.ErrUnavailable].
	Check(r *http.Request, a Attempt) error

	// Succeeded says that the attempt that Check let pass, in the same request,
	// was right: it was no guess. It is called once at most.
	Succeeded(r *http.Request, a Attempt)

	// MakeKnown tells of each login, after Succeeded if there was an attempt,
	// and of each new password that the visitor has chosen. The attempt has the
	// user as stored now, who may not be the one that Check was told of. It may
	// set cookies in the header of the response, which has not begun.
	MakeKnown(header http.Header, r *http.Request, a Attempt)
}

// A SourceLimiter is a [Limiter] that knows where a request comes from, such as
// a *throttle.Limiter. What that is good for is the queue for hashes, in which
// sources take turns.
type SourceLimiter interface {
	Limiter

	// SourceOf returns the name of the source of a request. All whose source is
	// not known may share one name.
	SourceOf(r *http.Request) string

	// Refuse returns the error of Check for any attempt of this request,
	// whoever is meant, if that is known already, and else nil. It counts
	// nothing. Nobody need be looked up for an attempt that is refused here.
	Refuse(r *http.Request) error

	// GiveBack says that the attempt that Check let pass, in the same request,
	// was refused by the queue before any password was looked at.
	GiveBack(r *http.Request, a Attempt)
}

// refused is the error of an attempt that need not be looked at.
func (m *Manager) refused(r *http.Request) error {
	if l, ok := m.opts.Limiter.(SourceLimiter); ok {
		return l.Refuse(r)
	}
	return nil
}

// queued returns a context of the request for all hashes that it takes: these
// belong together, and wait with those of the source that the limiter sees.
func (m *Manager) queued(ctx context.Context) context.Context {
	ctx = m.opts.Hashers.Together(ctx)
	x := exchangeOf(ctx)
	l, ok := m.opts.Limiter.(SourceLimiter)
	if x == nil || !ok {
		return ctx
	}
	return password.WithSource(ctx, l.SourceOf(x.req))
}

// limit counts a guess.
func (m *Manager) limit(r *http.Request, a Attempt) error {
	if m.opts.Limiter == nil {
		return nil
	}
	return m.check(m.opts.Limiter, r, a)
}

// check asks a limiter.
func (m *Manager) check(l Limiter, r *http.Request, a Attempt) error {
	limited, cancel := m.limitedRequest(r)
	defer cancel()
	return l.Check(limited, a)
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

// giveBack tells the limiter of an attempt that a full queue for hashes has
// ended, if that is what the error says. One whose visitor has gone counts:
// that would be a way not to be counted.
func (m *Manager) giveBack(r *http.Request, a Attempt, err error) {
	l, ok := m.opts.Limiter.(SourceLimiter)
	if !ok || !errors.Is(err, password.ErrBusy) || r.Context().Err() != nil {
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
	m.opts.Limiter.MakeKnown(x.header, limited, NewAttempt(name, user))
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

// typed is the attempt by which a visitor has proved to be a user, in this
// request. Its name may be another than the username, such as an address.
type typed struct {
	attempt Attempt
	user    string
	backend string
}
