package session

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// checkArrival is told how a write of the answer went. If somebody around the manager
// has answered in its place, as http.TimeoutHandler does, the visitor never hears of a new
// key.
func (x *exchange) checkArrival(err error) {
	if isRefusal(err) {
		x.takeBack()
	}
}

// isRefusal reports whether this is what an http.TimeoutHandler returns from a Write: the
// second is for a visitor who has left.
func isRefusal(err error) bool {
	return errors.Is(err, http.ErrHandlerTimeout) || errors.Is(err, context.Canceled)
}

// refusalTime is how long a handler whose time is up waits for somebody to answer in its
// place. An http.TimeoutHandler does so at once, unless the machine is very busy.
const refusalTime = 250 * time.Millisecond

// probeArrival finds out at the end whether the answer still counts, since what is written
// to an http.TimeoutHandler stays in its memory until the handler returns. One that
// returns because its context has ended is as fast as the other's answer: until it has
// returned, the other cannot take what was written.
func (x *exchange) probeArrival() {
	if a := x.answer(); a == answerOpen || a == answerHijacked || !x.hasNewKey() || !x.mayBeRefused() {
		return
	}
	_, err := x.out.Write(nil)
	for end := time.Now().Add(refusalTime); err == nil && x.Context.Err() != nil && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
		_, err = x.out.Write(nil)
	}
	x.checkArrival(err)
}

// mayBeRefused reports whether somebody limits the time of the answer.
func (x *exchange) mayBeRefused() bool {
	_, limited := x.Context.Deadline()
	return limited || x.Context.Err() != nil
}

func (x *exchange) hasNewKey() bool {
	x.session.mu.Lock()
	defer x.session.mu.Unlock()
	return x.session.hasNewKey()
}

// takeBack gives the visitor's old key back: the record is again what it was under it. A
// record that is new is deleted. A store that makes its keys has no record.
func (x *exchange) takeBack() {
	s := &x.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.hasNewKey() || s.m.sealer != nil {
		return
	}
	s.newKey = false
	if s.replaced.Expiry.IsZero() { // of a store that does not know it
		s.replaced.Expiry = s.stored.Expiry
	}
	ctx := x.saveContext()
	defer ctx.End()
	var err error
	if s.replaced.Key == "" {
		err = s.m.deleteRecord(ctx, s.stored.Key)
	} else if err = s.m.saveRecord(ctx, s.stored.Record, s.replaced); err == nil {
		s.m.departed.forget(s.replaced.Key)
	}
	s.record = recordGone
	if err != nil {
		x.log("session: the answer was refused, and its new key could not be taken back", err)
		return
	}
	x.warn("session: the answer was refused; its new key is taken back")
}
