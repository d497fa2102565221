package devices

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/jamsession/jamsession/internal/panics"
)

const (
	// roundEvery is how often all watches are looked at.
	roundEvery = time.Second

	// restFactor is how many times as long as a round the pause after it is, so that rounds
	// that take long leave the database to others; longestRest is the longest pause.
	restFactor  = 9
	longestRest = 10 * time.Second

	// leastLook is how many watches a look is for at least, and longLook how long it is to take:
	// what is urgent waits for its end.
	leastLook = 10
	longLook  = 250 * time.Millisecond

	// unseenAfter is for how long a watch goes on that nobody can look at.
	unseenAfter = 30 * time.Second
)

// A round is a look at all watches, some after another.
type round struct {
	rest    []*watch // to be looked at yet
	size    int      // of the next look
	began   time.Time
	spent   time.Duration // with looks
	rested  time.Time     // the next can begin
	next    time.Time     // the next begins anyway
	hurried time.Time     // one began without a rest
	failing bool          // the last look has: the round is over
	warned  time.Time
}

// run looks until there are no watches.
func (s *watches) run() {
	r := round{size: maxLook, rested: time.Now(), next: time.Now().Add(roundEvery)}
	for s.goesOn() {
		now := time.Now()
		some := s.urgent(now, r.size)
		if len(some) > 0 {
			s.lookAt(&r, some)
		}
		s.begin(&r, now)
		switch {
		case len(r.rest) > 0:
			s.lookOn(&r)
		case len(some) == 0:
			s.wait(&r)
		}
	}
}

// broke has run go on after a panic, such as one of the site's logger: others are watched yet.
func (s *watches) broke(err error) {
	_ = panics.Try(func() { panics.Log(s.logger, "devices: watches")(err) })
	rest := time.NewTimer(roundEvery)
	defer rest.Stop()
	select {
	case <-rest.C:
	case <-s.ctx.Done():
	}
	panics.Go(s.run, s.broke)
}

// goesOn reports whether there are watches. If not, nobody looks any more.
func (s *watches) goesOn() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.byUser) > 0 && !s.closed {
		return true
	}
	s.fresh, s.again, s.at, s.all = nil, nil, time.Time{}, false
	clear(s.woken)
	s.busy = false
	s.idle.Broadcast()
	return false
}

// begin begins a round, if it is time.
func (s *watches) begin(r *round, now time.Time) {
	if len(r.rest) > 0 || now.Before(s.nextRound(r)) {
		return
	}
	if now.Before(r.rested) {
		r.hurried = now
	}
	s.mu.Lock()
	s.all = false
	s.mu.Unlock()
	r.began, r.spent = now, 0
	for _, w := range s.everyone() {
		if w.ctx.Err() != nil { // its request is over
			s.end(w, context.Canceled)
			continue
		}
		r.rest = append(r.rest, w)
	}
}

// nextRound returns when the next round begins. One that somebody waits for does without the rest,
// if that has not happened for a while.
func (s *watches) nextRound(r *round) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := r.next
	if s.all && !r.failing {
		at = earlier(at, earlier(r.rested, r.hurried.Add(longestRest)))
	}
	return at
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// lookOn goes on with a round.
func (s *watches) lookOn(r *round) {
	n := min(len(r.rest), r.size)
	some := r.rest[:n]
	r.rest = r.rest[n:]
	began := time.Now()
	s.lookAt(r, some)
	now := time.Now()
	r.resize(n, now.Sub(began))
	if len(r.rest) == 0 && !r.failing {
		r.finish(now)
	}
}

// resize says how many watches the next look is for, after one for n of them.
func (r *round) resize(n int, took time.Duration) {
	switch {
	case took > longLook:
		r.size = max(n/2, leastLook)
	case took < longLook/4:
		r.size = min(2*r.size, maxLook)
	}
}

// finish says when the next round begins.
func (r *round) finish(now time.Time) {
	r.rested = now.Add(min(restFactor*r.spent, longestRest))
	r.next = r.began.Add(roundEvery)
	if r.next.Before(r.rested) {
		r.next = r.rested
	}
}

// wait waits until there is something to do.
func (s *watches) wait(r *round) {
	at := s.nextRound(r)
	s.mu.Lock()
	if !s.at.IsZero() && s.at.Before(at) {
		at = s.at
	}
	s.mu.Unlock()
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-s.bell:
	case <-timer.C:
	}
}

// lookAt looks at some watches. If nothing could be asked, the round is over. Those end that
// nobody could look at for too long.
func (s *watches) lookAt(r *round, some []*watch) {
	began := time.Now()
	var err error
	if panicked := panics.Try(func() { err = s.look(s.ctx, some) }); panicked != nil {
		err = panicked
	}
	now := time.Now()
	r.spent += now.Sub(began)
	if r.failing = false; err == nil || s.ctx.Err() != nil {
		return
	}
	if _, ok := errors.AsType[partly](err); !ok {
		r.failing, r.rest = true, nil
		r.next = now.Add(roundEvery)
		r.rested = r.next
	}
	if !slices.ContainsFunc(some, func(w *watch) bool { return !w.seen.Before(began) }) {
		some = s.everyone() // an outage, and the others would wait for it, too
	}
	for _, w := range some {
		if now.Sub(w.seen) >= unseenAfter {
			s.end(w, errUnseen)
		}
	}
	if now.Sub(r.warned) >= warnEvery {
		r.warned = now
		s.logger.Warn("devices: it cannot be found out which logins have ended", slog.Any("error", err))
	}
}
