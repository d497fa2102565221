package session

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/internal/sessionkey"
)

// serve runs the handler, which writes to w, and ends the exchange.
func (x *exchange) serve(next http.Handler, w http.ResponseWriter) {
	returned := false
	defer func() {
		if !returned {
			x.stopped(recover())
		}
	}()
	next.ServeHTTP(w, x.req)
	returned = true
	x.finish()
}

// finish ends an exchange whose handler returned.
func (x *exchange) finish() {
	switch {
	case x.answer() == answerOpen:
		_ = x.begin(http.StatusOK) // which has answered, if it failed
	case x.answer() != answerFailed && x.changedLate():
		x.finishLate()
	}
}

// changedLate reports whether there is something to do that commit did not.
func (x *exchange) changedLate() bool {
	s := &x.session
	s.mu.Lock()
	defer s.mu.Unlock()
	return x.cause != nil || len(s.doomed) > 0 || x.toSave()
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
	if !errors.Is(err, ErrTooLate) && x.answer() != answerHijacked {
		panic(http.ErrAbortHandler)
	}
}

func (x *exchange) saveLate(ctx context.Context) error {
	s := &x.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if x.cause != nil {
		x.forget(ctx)
		return x.cause
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
	cause := x.cause
	x.session.mu.Unlock()
	err, _ := v.(error)
	if cause != nil && errors.Is(err, http.ErrAbortHandler) {
		if x.answer() == answerOpen {
			x.fail(cause)
		}
		if x.answer() == answerFailed {
			return
		}
	}
	if x.answer() == answerOpen { // somebody may recover, and answer with this header
		x.demand.Meet(x.out.Header(), http.StatusInternalServerError)
	}
	if v != nil {
		panic(v)
	}
}

// begin deals with the session before the first byte, once. It returns why the
// handler's response was replaced, if it was.
func (x *exchange) begin(status int) error {
	if x.answer() == answerOpen {
		if err := x.commit(x.out.Header(), status); err != nil {
			x.fail(err)
		} else {
			x.demand.Meet(x.out.Header(), status)
		}
	}
	if x.answer() == answerFailed {
		return x.cause
	}
	return nil
}

// fail answers through the ErrorHandler in place of the handler.
func (x *exchange) fail(err error) {
	x.session.mu.Lock()
	x.session.answer, x.cause = answerFailed, err
	x.session.mu.Unlock()
	_, refused := errors.AsType[refusal](err)
	if !refused && !errors.Is(err, ErrInterrupted) && !errors.Is(err, ErrRefused) {
		x.log("session: request failed", err)
	}
	replace(x.out, func(w http.ResponseWriter) { x.session.m.opts.ErrorHandler(w, x.req, err) })
}

// commit decides, before the first byte, what becomes of the session and its
// cookie. It follows Django's middleware, in its order.
func (x *exchange) commit(h http.Header, status int) error {
	s := &x.session
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answerOf(status)
	if x.cause != nil {
		ctx := x.saveContext()
		defer ctx.End()
		x.forget(ctx)
		return x.cause
	}
	asked := s.record != recordUnasked
	if !asked && (!s.m.opts.SaveEveryRequest || len(s.key) < sessionkey.MinLength) {
		if x.carried && len(s.key) < sessionkey.MinLength {
			x.removeKey(h)
		}
		return nil
	}
	if s.load(x) != nil {
		if asked { // and was told; a handler that did not ask needs no session
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
	refresh := !s.isModified() && s.answer != answerBroken && s.refreshes() && s.refreshDue(time.Now())
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
	s.sendKey = s.sendKey || err == nil
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
	return s.isModified() && (!s.empty() || s.err != nil) && s.answer != answerBroken
}

// announce sets the headers that tell the browser and the caches.
func (x *exchange) announce(h http.Header) {
	s := &x.session
	switch {
	case x.carried && (s.record == recordGone || s.empty()):
		x.removeKey(h)
	case s.sendKey && s.isStored():
		x.sendKey(h, time.Now())
	case s.isModified(): // and not saved: nothing is left, or the status is 5xx
		x.demand.Add(httpcache.NoStoreKey)
	case s.look > lookNone:
		x.demand.Add(httpcache.VaryKey)
	}
}

// sendKey tells the client the session's key. The lifetime is for show: the
// record carries the one that counts.
func (x *exchange) sendKey(h http.Header, now time.Time) {
	s := &x.session
	var maxAge time.Duration
	if l := s.m.lifetime(&s.items, now); !l.browser {
		if maxAge = floor(l.deadline.Sub(now)); maxAge == 0 {
			maxAge = -time.Second // zero has another meaning
		}
	}
	s.m.transport.Send(h, x.req, s.key, maxAge)
	x.demand.Add(httpcache.NoStoreKey)
}

// floor rounds down to whole seconds, also below zero.
func floor(d time.Duration) time.Duration {
	seconds := d.Truncate(time.Second)
	if seconds > d {
		seconds -= time.Second
	}
	return seconds
}

// removeKey tells the client to forget the key that it sent.
func (x *exchange) removeKey(h http.Header) {
	x.session.m.transport.Remove(h, x.req)
	x.demand.Add(httpcache.NoStoreKey)
}

// forget deletes what was flushed in an exchange that fails anyway. The caller
// holds the lock.
func (x *exchange) forget(ctx context.Context) {
	err := x.session.deleteDoomed(ctx)
	if err != nil && !errors.Is(err, ErrInterrupted) {
		x.log("session: not deleted", err)
	}
}
