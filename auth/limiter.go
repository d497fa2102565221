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
//
// It may have two more methods, as a *throttle.Limiter has. The sources that
// SourceOf(r *http.Request) string names take turns where visitors wait for a
// hash. GiveBack(r *http.Request, username string) is told that the attempt that
// Check let pass was refused there, before any password was looked at.
type Limiter interface {
	// Check counts an attempt with this name, as the visitor typed it, and
	// returns nil if it may go on. Its error ends the attempt before any
	// password is looked at, and is what [Manager.Authenticate] returns. One
	// that is an [http.Handler] answers for itself; one for which it could not
	// be found out must wrap [session.ErrUnavailable].
	Check(r *http.Request, username string) error

	// Succeeded says that the attempt that Check let pass, in the same request
	// and with the same name, was right: it was no guess. It is called once at
	// most. It may set cookies in the header of the response, which has not
	// begun.
	Succeeded(header http.Header, r *http.Request, username string)

	// MakeKnown tells of a login that no attempt of this request stands for:
	// by a single sign-on, or by a second factor in a request of its own. It
	// may set cookies, as Succeeded.
	MakeKnown(header http.Header, r *http.Request, username string)
}

// queued returns a context of the request for all hashes that it takes: these
// belong together, and wait with those of the source that the limiter sees.
func (m *Manager) queued(ctx context.Context) context.Context {
	ctx = m.opts.Hashers.Together(ctx)
	x := exchangeOf(ctx)
	l, ok := m.opts.Limiter.(interface{ SourceOf(r *http.Request) string })
	if x == nil || !ok {
		return ctx
	}
	return password.WithSource(ctx, l.SourceOf(x.req))
}

// limit counts a guess.
func (m *Manager) limit(r *http.Request, username string) error {
	if m.opts.Limiter == nil {
		return nil
	}
	return m.check(m.opts.Limiter, r, username)
}

// check asks a limiter.
func (m *Manager) check(l Limiter, r *http.Request, username string) error {
	limited, cancel := m.limitedRequest(r)
	defer cancel()
	return l.Check(limited, username)
}

// limitedRequest returns the request with a context for one question.
func (m *Manager) limitedRequest(r *http.Request) (*http.Request, context.CancelFunc) {
	ctx, cancel := m.within(r.Context())
	return r.WithContext(ctx), cancel
}

// succeeded tells the limiter that an attempt was right.
func (m *Manager) succeeded(x *exchange, r *http.Request, username string) {
	limited, cancel := m.limitedRequest(r)
	defer cancel()
	m.opts.Limiter.Succeeded(x.header, limited, username)
}

// giveBack tells the limiter of an attempt that a full queue for hashes has
// ended, if that is what the error says. One whose visitor has gone counts:
// that would be a way not to be counted.
func (m *Manager) giveBack(r *http.Request, username string, err error) {
	l, ok := m.opts.Limiter.(interface{ GiveBack(*http.Request, string) })
	if ok && errors.Is(err, password.ErrBusy) && r.Context().Err() == nil {
		l.GiveBack(r, username)
	}
}

// loggedIn tells the limiter that the visitor is the user.
func (m *Manager) loggedIn(r *http.Request, user User) {
	x := exchangeOf(r.Context())
	if m.opts.Limiter == nil || x == nil {
		return
	}
	if name, ok := x.takeTyped(user); ok {
		m.succeeded(x, r, name)
		return
	}
	limited, cancel := m.limitedRequest(r)
	defer cancel()
	m.opts.Limiter.MakeKnown(x.header, limited, user.Username)
}

// takeTyped returns, once, the name by which the visitor has proved to be the
// user in this request.
func (x *exchange) takeTyped(user User) (name string, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.typed.user != user.ID || x.typed.backend != user.Backend {
		return "", false
	}
	name = x.typed.name
	x.typed = typed{}
	return name, true
}

// typed is the name by which a visitor has proved to be a user, in this
// request. It may be another than the username, such as an address.
type typed struct {
	name    string
	user    int64
	backend string
}
