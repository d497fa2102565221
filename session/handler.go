package session

import (
	"errors"
	"net/http"

	"github.com/jamsession/jamsession/internal/carrier"
	"github.com/jamsession/jamsession/internal/conceal"
)

// Handler gives each request that reaches next its session, for [From] and [Load], and
// saves it before the response begins. A request that does not use its session costs no
// I/O and changes no header.
//
// Put it around the whole router. Inside of one that answers the errors of its handlers
// itself, it would have saved by then what a page that fails has set.
//
// A second Handler of the same manager on one request steps aside. Handlers of several
// managers give a request several sessions, each with its own cookie: [From] finds the
// innermost, and [Manager.From] that of its manager. If the cookies of two have one
// name, the first request panics.
func (m *Manager) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m.exchange(r.Context()) != nil {
			conceal.ServeHTTP(next, w, r)
			return
		}
		v := &struct { // one allocation for both
			exchange
			writer responseWriter
		}{}
		x := &v.exchange
		x.Context = carrier.New(r.Context(), "session exchange", m, x, (*offers)(x))
		x.out, x.req = w, r.WithContext(x)
		x.session.m, x.session.visit, x.session.began = m, x.req, m.departed.count.Load()
		x.setOut(r)
		v.writer = responseWriter{w, x}
		x.serve(next, &v.writer)
	})
}

// setOut notes how the request's key travels. If a session of another manager
// is around this one, and its key is ambient, so is the request.
func (x *exchange) setOut(r *http.Request) {
	t := x.session.m.transport
	x.session.key, x.carried = t.Key(r)
	x.demand.KeyHeaders = x.session.m.vary
	x.way.Ambient = t.Ambient(r)
	if c, ok := t.(cookieHolder); ok {
		o := c.cookie()
		x.way.CookieName, x.way.CookieDomain, x.cookiePath = o.Name, o.Domain, o.Path
		x.way.Strict = o.SameSite == http.SameSiteStrictMode
	}
	if outer := exchangeOf(r.Context()); outer != nil {
		outer.way.Claim("session", x.way.CookieName)
		x.way.Outer = &outer.way
		x.way.Ambient = x.way.Ambient || outer.way.Ambient
	}
}

// Require is Handler, but loads the session before next runs, so that next
// never begins while the store is down. It costs a load for each request.
func (m *Manager) Require(next http.Handler) http.Handler {
	return m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := m.Load(r); err != nil {
			m.exchange(r.Context()).fail(err)
			return
		}
		next.ServeHTTP(w, r)
	}))
}

// From returns the session of the request. It never returns nil: if the store
// fails, it stops the request by panicking with [http.ErrAbortHandler], and
// the manager answers through its ErrorHandler, with 503. A handler that
// recovers panics may re-raise or swallow the value; the answer is the same.
// In a goroutine of its own, where nothing catches the panic, use [Load].
//
// From panics if the request did not pass through [Manager.Handler].
func From(r *http.Request) *Session {
	s, err := Load(r)
	if errors.Is(err, ErrNoManager) {
		panic("session: From: the request did not pass through Manager.Handler")
	}
	if err != nil {
		Abort(r, err)
	}
	return s
}

// From is [From] for the session of this manager, where a request has those of
// several. It panics if the request did not pass through [Manager.Handler] of
// this one.
func (m *Manager) From(r *http.Request) *Session {
	x := m.exchange(r.Context())
	if x == nil {
		panic("session: Manager.From: the request did not pass through the Handler of this Manager")
	}
	s, err := x.load(r.Context())
	if err != nil {
		x.abort(err)
	}
	return s
}

// Load is [Load] for the session of this manager.
func (m *Manager) Load(r *http.Request) (*Session, error) {
	x := m.exchange(r.Context())
	if x == nil {
		return nil, ErrNoManager
	}
	return x.load(r.Context())
}

// Abort stops the request as [From] does: it panics with [http.ErrAbortHandler], and the
// ErrorHandler answers with err, in place of the handler's output. It is for middleware
// that finds out too late that a request cannot go on, for example because a lookup of
// the user failed. If err wraps [ErrUnavailable], the default answer is 503. An err that
// is, or wraps, an [http.Handler] is a refusal rather than a failure: it is not logged,
// and by default serves itself.
//
// While the panic is on its way, the request's headers with cookies, keys and tokens are
// masked, for a handler that recovers the panic may write them into a log. The
// ErrorHandler, and handlers around the manager, see them again.
//
// Nothing is saved. Abort itself panics with another value if the request did
// not pass through [Manager.Handler].
func Abort(r *http.Request, err error) {
	x := exchangeOf(r.Context())
	if x == nil {
		panic("session: Abort: the request did not pass through Manager.Handler")
	}
	x.abort(err)
}

// Load returns the session of the request, or an error that wraps [ErrUnavailable] if the
// store failed: the visitor is then unknown, which is not the same as anonymous. The
// store is asked once per request; later calls return the same. The error is
// [ErrNoManager] if the request did not pass through [Manager.Handler].
func Load(r *http.Request) (*Session, error) {
	x := exchangeOf(r.Context())
	if x == nil {
		return nil, ErrNoManager
	}
	return x.load(r.Context())
}
