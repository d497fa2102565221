package devices

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/jamsession/jamsession/internal/panics"
)

// maxLook is how many watches one look is for.
const maxLook = 500

// watches are those of this process. There is one goroutine while there are any, which looks
// for the logins that have ended.
type watches struct {
	look   func(ctx context.Context, some []*watch) error
	logger *slog.Logger
	ctx    context.Context // of the looks
	stop   context.CancelFunc

	mu     sync.Mutex
	idle   sync.Cond // the goroutine is gone
	byUser map[string][]*watch
	open   int                 // those in byUser
	fresh  []*watch            // nobody has looked at them
	again  []*watch            // to be looked at once more, at the time
	at     time.Time           // zero: there are none
	woken  map[string]struct{} // of the users who are watched, those of whom something was heard
	all    bool                // of everybody
	bell   chan struct{}       // rings when one of these has changed
	busy   bool
	closed bool

	servers map[*http.Server]bool // of requests; whether they shut down
}

func newWatches(logger *slog.Logger, look func(context.Context, []*watch) error) *watches {
	s := &watches{
		look: look, logger: logger, byUser: make(map[string][]*watch),
		woken: make(map[string]struct{}), bell: make(chan struct{}, 1),
		servers: make(map[*http.Server]bool),
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.idle.L = &s.mu
	return s
}

// add begins to watch. Its error is the cause with which the watch would end at once.
func (s *watches) add(w *watch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return errClosed
	case !s.isServed(w.server):
		return errShutdown
	}
	w.place = len(s.byUser[w.user])
	s.byUser[w.user] = append(s.byUser[w.user], w)
	s.open++
	s.fresh = append(s.fresh, w)
	s.ring()
	if !s.busy {
		s.busy = true
		panics.Go(s.run, s.broke)
	}
	return nil
}

// end ends a watch, if it has not ended yet.
func (s *watches) end(w *watch, cause error) {
	s.mu.Lock()
	s.remove(w)
	s.mu.Unlock()
	w.cancel(cause)
}

// remove takes a watch out. The caller holds the lock.
func (s *watches) remove(w *watch) {
	if w.gone {
		return
	}
	w.gone = true
	s.open--
	of := s.byUser[w.user]
	last := len(of) - 1
	of[w.place], of[last].place = of[last], w.place
	of[last] = nil
	s.byUser[w.user] = of[:last]
	if last == 0 {
		delete(s.byUser, w.user)
	}
	if len(s.byUser) == 0 {
		s.ring()
	}
}

// ring has the goroutine look what there is to do. The caller holds the lock.
func (s *watches) ring() {
	select {
	case s.bell <- struct{}{}:
	default:
	}
}

// everybody wakes the watches of all users.
const everybody = "*"

// wake has the watches of a user looked at, at once: something may have ended. It never waits,
// and needs no trust. The user may be everybody, or "".
func (s *watches) wake(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.byUser) == 0 {
		return
	}
	if user == everybody || user == "" {
		s.all = true
	} else if _, watched := s.byUser[user]; !watched {
		return
	} else {
		s.woken[user] = struct{}{}
	}
	s.ring()
}

// note has the watches of a login know something else of it.
func (s *watches) note(user, id string, change func(*known)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.byUser[user] {
		if w.id == id {
			change(&w.known)
		}
	}
}

// knows returns what is known of a watch; the next call has no news of that.
func (s *watches) knows(w *watch) known {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := w.known
	w.untilIsNew = false
	return now
}

// lookAgain has a watch looked at once more, when its doubt has settled.
func (s *watches) lookAgain(w *watch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.again = append(s.again, w)
	if s.at.IsZero() {
		s.at = time.Now().Add(settled)
	}
}

// close ends all watches.
func (s *watches) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	for _, w := range s.everyone() {
		s.end(w, errClosed)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ring()
	for s.busy {
		s.idle.Wait()
	}
}

// everyone returns all watches.
func (s *watches) everyone() []*watch {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*watch
	for _, of := range s.byUser {
		all = append(all, of...)
	}
	return all
}

// urgent returns watches that do not wait for the next round; so many of the new ones at most.
func (s *watches) urgent(now time.Time, most int) []*watch {
	s.mu.Lock()
	defer s.mu.Unlock()
	var some []*watch
	take := func(w *watch) (taken bool) {
		if !w.gone {
			some = append(some, w)
		}
		return !w.gone
	}
	for user := range s.woken {
		for _, w := range s.byUser[user] {
			take(w)
		}
		delete(s.woken, user)
		if len(some) >= maxLook {
			break
		}
	}
	if !s.at.IsZero() && !now.Before(s.at) {
		for _, w := range s.again {
			take(w)
		}
		s.again, s.at = nil, time.Time{}
	}
	for n := 0; n < most && len(s.fresh) > 0; s.fresh = s.fresh[1:] {
		if take(s.fresh[0]) {
			n++
		}
	}
	if len(s.fresh) == 0 {
		s.fresh = nil
	}
	return some
}
