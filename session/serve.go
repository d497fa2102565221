package session

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/internal/expiry"
	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/internal/setcookie"
)

// serve runs the handler, which writes to w, and ends the exchange.
func (x *exchange) serve(next http.Handler, w http.ResponseWriter) {
	returned := false
	defer func() {
		defer x.end()
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
	x.reveal()
	switch {
	case x.answer() == answerOpen:
		_ = x.begin(http.StatusOK) // which has answered, if it failed
		x.noteSilence()
		if x.Context.Err() == nil {
			return // nothing was written, and middleware around the manager still may
		}
	case x.answer() != answerFailed && x.changedLate():
		x.finishLate()
	}
	x.probeArrival()
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
	x.probeArrival()
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
			x.probeArrival()
			return
		}
	}
	if x.answer() == answerOpen { // somebody may recover, and answer with this header
		x.tellNewKey(x.out.Header())
		x.demand.Meet(x.out.Header(), http.StatusInternalServerError)
	}
	if v != nil {
		x.Conceal()
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
	x.reveal()
	x.session.mu.Lock()
	x.session.answer, x.cause = answerFailed, err
	missed := x.session.missed
	x.session.mu.Unlock()
	_, refused := errors.AsType[refusal](err)
	if !refused && !errors.Is(err, ErrInterrupted) && !errors.Is(err, ErrRefused) {
		x.log("session: request failed", err)
	}
	replace(x.out, func(w http.ResponseWriter) {
		if missed { // the visitor wants to leave, whatever key they have by now
			x.removeKey(w.Header())
		}
		x.tellNewKey(w.Header())
		x.session.m.opts.ErrorHandler(w, x.req, err)
	})
}

// tellNewKey is for an answer that is not the handler's: the key that a Save has given
// the session is the only one that opens it.
func (x *exchange) tellNewKey(h http.Header) {
	s := &x.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hasNewKey() && !x.isTaken(h) {
		x.sendKey(h, time.Now())
	}
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
	if !asked && !(s.m.opts.SaveEveryRequest && x.carried) {
		return nil
	}
	if s.load(x) != nil {
		if asked { // and was told; a handler that did not ask needs no session
			x.demand.Add(httpcache.VaryKey)
		}
		return nil
	}
	taken := x.isTaken(h)
	if err := x.settle(taken); err != nil {
		return err
	}
	if !taken {
		x.announce(h)
		return nil
	}
	if s.hasNewKey() {
		x.warn("session: its new key is not sent, since the response sets the session's cookie already")
	}
	if s.look > lookNone {
		x.demand.Add(httpcache.VaryKey)
	}
	return nil
}

// isTaken reports whether the handler, or a server behind it, sets the session's cookie
// itself. That cookie is the answer, unless the key travels in another way.
func (x *exchange) isTaken(h http.Header) bool {
	return len(h["Set-Cookie"]) > 0 && x.usesCookie() &&
		setcookie.Others(h, x.way.CookieName, x.way.CookieDomain, x.cookiePath, x.sentCookie, x.req.URL.Path)
}

// usesCookie reports whether the key of this request travels in the cookie.
func (x *exchange) usesCookie() bool {
	return x.way.CookieName != "" && x.session.m.transport.Ambient(x.req)
}

// settle brings the store up to date. If the cookie is taken, the session cannot have
// another key.
func (x *exchange) settle(taken bool) error {
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
	if taken && s.moves() {
		if save {
			x.drop("session: not saved, since the response sets the session's cookie already")
		}
		return nil
	}
	if err := x.mayMove(); err != nil {
		return err
	}
	err := s.save(ctx)
	s.sendKey = s.sendKey || err == nil && s.record == recordStored
	switch {
	case errors.Is(err, ErrRefused):
		return nil // the visitor gets the page, and nothing is kept
	case taken && errors.Is(err, ErrInterrupted):
		x.drop("session: not saved, since the server behind has given the session up")
		return nil
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

// drop gives the changes up, and tells the log why.
func (x *exchange) drop(why string) {
	x.session.changes, x.session.pending = nil, pendingNothing
	x.warn(why)
}

// mayMove returns why the session cannot get another key now: nobody waits for the answer
// that would tell it to the visitor, and the old one would be dead. A new session whose
// visitor has left is kept, for the sake of its items.
func (x *exchange) mayMove() error {
	s, err := &x.session, x.Context.Err()
	rotates, late := s.pending == pendingRotation, errors.Is(err, context.DeadlineExceeded)
	if err != nil && rotates || late && !s.isStored() {
		return unavailable("save", err)
	}
	return nil
}

// announce sets the headers that tell the browser and the caches. It touches the cookie
// only if this request has ended the session that it names, or moved it, or prolongs it:
// the answer may arrive after that of a login.
func (x *exchange) announce(h http.Header) {
	s := &x.session
	switch {
	case x.carried && s.gaveUp && s.empty():
		x.removeKey(h)
	case s.sendKey && s.record == recordStored && (s.newKey || x.prolongs()):
		x.sendKey(h, time.Now())
	case s.sendKey, s.isModified(): // or not saved: nothing is left, or the status is 5xx
		x.demand.Add(httpcache.NoStoreKey)
	case s.look > lookNone:
		x.demand.Add(httpcache.VaryKey)
	}
}

// prolongs reports whether the client is to keep the key for another time. It is told once
// in the time between two refreshes, and if the session's own expiry has changed.
func (x *exchange) prolongs() bool {
	s := &x.session
	own, _ := s.items.Get(expiry.Item)
	interval := s.m.refreshInterval(time.Until(s.stored.Expiry))
	return !bytes.Equal(own, s.ownExpiry) || interval <= 0 ||
		period(s.stored.Expiry, interval) != period(s.loadedExpiry, interval)
}

// period returns the number of the period that a time lies in. An expiry has whole microseconds:
// dividing them takes a tenth of the time of [time.Time.Truncate].
func period(at time.Time, length time.Duration) int64 {
	return at.UnixMicro() / max(1, length.Microseconds())
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
	if c, ok := s.m.transport.(cookieHolder); ok && s.newKey && x.usesCookie() {
		o := c.cookie()
		s.m.hint.Give(s.m.opts.Logger, &o, x.req)
	}
	s.m.transport.Send(h, x.req, s.key, maxAge)
	x.noteSent(h)
}

// noteSent notes that the transport has written into the header.
func (x *exchange) noteSent(h http.Header) {
	x.sentCookie.Note(h)
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
	x.noteSent(h)
}

// forget deletes what was flushed in an exchange that fails anyway. The caller
// holds the lock.
func (x *exchange) forget(ctx context.Context) {
	err := x.session.deleteDoomed(ctx)
	if err != nil && !errors.Is(err, ErrInterrupted) {
		x.log("session: not deleted", err)
	}
}
