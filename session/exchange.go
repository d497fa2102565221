package session

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/jamsession/jamsession/internal/carrier"
	"github.com/jamsession/jamsession/internal/conceal"
	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/internal/setcookie"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/internal/travel"
)

// An exchange is one request with its response and its session. It is also
// the request's context, which saves an allocation.
type exchange struct {
	carrier.Context[exchange]

	session Session             // with the state of both
	out     http.ResponseWriter // around this exchange
	req     *http.Request
	demand  httpcache.Demand // what caches are to be told
	way     travel.Way       // how the key travels
	carried bool             // the request carried a key

	cookiePath string        // of the session's cookie, whose name and domain are in way
	sentCookie setcookie.Own // to know it again in the header

	// cause is why the handler's response is replaced by the ErrorHandler's.
	// Abort leaves it for the answer, or for the end if that has begun.
	cause error

	tokenHeader string // of package csrf, or ""
	mask        mask   // while a panic is on its way

	silent bool // the handler returned, wrote nothing, and its changes were saved
}

func exchangeOf(ctx context.Context) *exchange { return carrier.From[exchange](ctx) }

// exchange returns the one with a session of this manager, or nil.
func (m *Manager) exchange(ctx context.Context) *exchange { return carrier.Of[exchange](ctx, m) }

// load returns the session, which is loaded once.
func (x *exchange) load(ctx context.Context) (*Session, error) {
	s := &x.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// offers are what handlers inside find in the request's context.
type offers exchange

// Value finds the Demand, the Way, the Response and the Request.
func (x *offers) Value(key any) any {
	switch key.(type) {
	case httpcache.ResponseKey, conceal.Key:
		return (*exchange)(x)
	}
	if d := x.demand.Value(key); d != nil {
		return d
	}
	return x.way.Value(key)
}

// abort stops the request: it keeps the error for the answer, and panics.
func (x *exchange) abort(err error) {
	x.session.mu.Lock()
	x.cause = err
	x.session.mu.Unlock()
	x.Conceal()
	panic(http.ErrAbortHandler)
}

// Conceal masks what is secret in the request's header, for package conceal.
func (x *exchange) Conceal() {
	x.session.mu.Lock()
	defer x.session.mu.Unlock()
	names := append([]string{"Cookie", "Authorization", x.tokenHeader}, x.session.m.vary...)
	x.mask.put(x.req.Header, names)
}

// SecretHeader notes that a header has a token, for package conceal.
func (x *exchange) SecretHeader(name string) { x.tokenHeader = name }

// reveal undoes Conceal, for the ErrorHandler and for handlers around the manager.
func (x *exchange) reveal() {
	x.session.mu.Lock()
	defer x.session.mu.Unlock()
	x.mask.remove()
}

// end notes that the request has ended.
func (x *exchange) end() {
	x.session.mu.Lock()
	defer x.session.mu.Unlock()
	x.session.over = true
}

// answer returns how far the response is. It is for the handler's goroutine,
// which alone changes it.
func (x *exchange) answer() answer { return x.session.answer }

// turn sets how far the response is.
func (x *exchange) turn(to answer) {
	x.session.mu.Lock()
	defer x.session.mu.Unlock()
	x.session.answer = to
}

// Begun reports whether the header may have left, for package httpcache.
func (x *exchange) Begun() bool { return x.answer() != answerOpen }

// saveContext outlives a visitor who has gone away, but not for long.
func (x *exchange) saveContext() *timelimit.Context {
	return timelimit.Detached(x, x.session.m.opts.Timeout)
}

// noteSilence is for a handler that wrote nothing. Usually that is an answer, with the
// status 200.
func (x *exchange) noteSilence() {
	s := &x.session
	s.mu.Lock()
	defer s.mu.Unlock()
	x.silent = s.sendKey && s.answer == answerBegun
}

// warnOfLateStatus is for routers whose handlers return errors, as those of echo do: if
// they answer them around the manager, it hears of a failure after it has saved.
func (x *exchange) warnOfLateStatus(status int) {
	s := &x.session
	s.mu.Lock()
	late := x.silent && status >= http.StatusInternalServerError
	x.silent = false
	s.mu.Unlock()
	if late {
		x.warn("session: saved, although the request failed: its status was decided after Manager.Handler " +
			"had returned; put the Handler around the whole router, see docs/routers.md")
	}
}

// warnOfHijack is for when a library takes the connection over: it writes a header of
// its own, in which the new key may be missing.
func (x *exchange) warnOfHijack() {
	x.warn("session: a new key does not reach the visitor unless the library that has taken over " +
		"the connection sends the header of the http.ResponseWriter; see docs/custom-middleware.md")
}

func (x *exchange) warn(msg string) {
	x.session.m.opts.Logger.WarnContext(x.req.Context(), msg, slog.String("method", x.req.Method))
}

// log logs an error, and for debugging only if the request was waiting for something
// when its visitor left.
func (x *exchange) log(msg string, err error) {
	ctx, level := x.req.Context(), slog.LevelError
	if errors.Is(err, context.Canceled) && errors.Is(ctx.Err(), context.Canceled) {
		level = slog.LevelDebug
	}
	x.session.m.opts.Logger.Log(ctx, level, msg,
		slog.String("method", x.req.Method), slog.Any("error", err))
}
