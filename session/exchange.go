package session

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/internal/carrier"
	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/internal/sessionkey"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/internal/travel"
)

// An exchange is one request with its response and its session. It is also
// the request's context, which saves an allocation.
type exchange struct {
	carrier.Context[exchange]

	session Session
	writer  responseWriter
	req     *http.Request
	demand  httpcache.Demand // what caches are to be told
	way     travel.Way       // how the key travels
	carried bool             // the request carried a key
	is5xx   bool             // the response is a server error, as far as it is decided
	parked  error            // why Abort stopped the request
}

func exchangeOf(ctx context.Context) *exchange { return carrier.From[exchange](ctx) }

// exchange returns the one with a session of this manager, or nil.
func (m *Manager) exchange(ctx context.Context) *exchange {
	x := exchangeOf(ctx)
	for x != nil && x.session.m != m {
		x = exchangeOf(x.Context.Context)
	}
	return x
}

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

// Value finds the exchange, its Demand and its Way.
func (x *exchange) Value(key any) any {
	if d := x.demand.Value(key); d != nil {
		return d
	}
	if w := x.way.Value(key); w != nil {
		return w
	}
	return x.Context.Value(key)
}

// park keeps the error for which Abort stops the request.
func (x *exchange) park(err error) {
	x.session.mu.Lock()
	defer x.session.mu.Unlock()
	x.parked = err
}

// serve runs the handler and ends the exchange.
func (x *exchange) serve(next http.Handler) {
	returned := false
	defer func() {
		if !returned {
			x.stopped(recover())
		}
	}()
	next.ServeHTTP(&x.writer, x.req)
	returned = true
	x.finish()
}

// finish ends an exchange whose handler returned.
func (x *exchange) finish() {
	w := &x.writer
	if !w.committed {
		w.commit(http.StatusOK)
		return
	}
	if w.failed == nil && x.changedLate() {
		x.finishLate()
	}
}

// changedLate reports whether there is something to do that commit did not.
func (x *exchange) changedLate() bool {
	s := &x.session
	s.mu.Lock()
	defer s.mu.Unlock()
	return x.parked != nil || len(s.doomed) > 0 || x.toSave()
}

// finishLate saves what the handler changed after the response had begun. If
// that fails, the connection is cut, since the response promises a success.
func (x *exchange) finishLate() {
	ctx := x.saveContext()
	defer ctx.End()
	err := x.saveLate(ctx)
	if err == nil {
		return
	}
	x.log("session: not saved, the response had begun", err)
	if !errors.Is(err, ErrTooLate) && !x.writer.hijacked {
		panic(http.ErrAbortHandler)
	}
}

func (x *exchange) saveLate(ctx context.Context) error {
	s := &x.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if x.parked != nil {
		x.forget(ctx)
		return x.parked
	}
	if err := s.deleteDoomed(ctx); err != nil {
		return err
	}
	if !x.toSave() {
		return nil
	}
	if s.moves() {
		return ErrTooLate
	}
	return s.save(ctx)
}

// stopped ends an exchange whose handler panicked with v, or ended its
// goroutine. Nothing is saved, but what was flushed stays flushed.
func (x *exchange) stopped(v any) {
	ctx := x.saveContext()
	defer ctx.End()
	x.session.mu.Lock()
	x.forget(ctx)
	parked := x.parked
	x.session.mu.Unlock()
	err, _ := v.(error)
	if parked != nil && errors.Is(err, http.ErrAbortHandler) {
		if !x.writer.committed {
			x.writer.fail(parked)
		}
		if x.writer.failed != nil {
			return
		}
	}
	if !x.writer.committed { // somebody may recover, and answer with this header
		x.demand.Meet(x.writer.Header(), http.StatusInternalServerError)
	}
	if v != nil {
		panic(v)
	}
}

// forget deletes what was flushed in an exchange that fails anyway. The caller
// holds the lock.
func (x *exchange) forget(ctx context.Context) {
	err := x.session.deleteDoomed(ctx)
	if err != nil && !errors.Is(err, ErrInterrupted) {
		x.log("session: not deleted", err)
	}
}

// commit decides, before the first byte, what becomes of the session and its
// cookie. It follows Django's middleware, in its order.
func (x *exchange) commit(h http.Header, status int) error {
	s := &x.session
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun, x.is5xx = true, status >= http.StatusInternalServerError
	if x.parked != nil {
		ctx := x.saveContext()
		defer ctx.End()
		x.forget(ctx)
		return x.parked
	}
	if !s.loaded && (!s.m.opts.SaveEveryRequest || len(s.key) < sessionkey.MinLength) {
		if x.carried && len(s.key) < sessionkey.MinLength {
			x.removeKey(h)
		}
		return nil
	}
	asked := s.loaded
	if s.load(x) != nil {
		if asked { // and was told; who did not ask needs no session
			x.demand.Add(httpcache.VaryKey)
		}
		return nil
	}
	if err := x.settle(); err != nil {
		return err
	}
	x.announce(h)
	return nil
}

// settle brings the store up to date.
func (x *exchange) settle() error {
	s := &x.session
	save := x.toSave()
	refresh := !s.modified && !x.is5xx && s.refreshes() && s.refreshDue(time.Now())
	if !save && !refresh && len(s.doomed) == 0 {
		return nil
	}
	ctx := x.saveContext()
	defer ctx.End()
	if err := s.deleteDoomed(ctx); err != nil {
		return err
	}
	if !save && !refresh {
		return nil
	}
	err := s.save(ctx)
	s.renew = s.renew || err == nil
	if errors.Is(err, ErrRefused) {
		return nil // the visitor gets the page, and nothing is kept
	}
	if refresh && err != nil {
		x.log("session: expiry not moved", err)
		return nil
	}
	return err
}

// toSave reports whether the session has changes to be kept, or one that
// could not be made. A server error promises nothing, so that nothing is saved;
// what was flushed is deleted all the same.
func (x *exchange) toSave() bool {
	s := &x.session
	return s.modified && (!s.empty() || s.failure != nil) && !x.is5xx
}

// announce sets the headers that tell the browser and the caches.
func (x *exchange) announce(h http.Header) {
	s := &x.session
	switch {
	case x.carried && (s.gone || s.empty()):
		x.removeKey(h)
	case s.renew && s.stored.Key != "":
		x.sendKey(h, time.Now())
	case s.modified: // and not saved: nothing is left, or the status is 5xx
		x.demand.Add(httpcache.NoStoreKey)
	case s.accessed || s.named:
		x.demand.Add(httpcache.VaryKey)
	}
}

// saveContext outlives a visitor who has gone away, but not for long.
func (x *exchange) saveContext() *timelimit.Context {
	return timelimit.Detached(x, x.session.m.opts.Timeout)
}

func (x *exchange) log(msg string, err error) {
	x.session.m.opts.Logger.ErrorContext(x.req.Context(), msg,
		slog.String("method", x.req.Method), slog.Any("error", err))
}
