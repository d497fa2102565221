package session

import (
	"errors"
	"log/slog"
	"sync/atomic"
	"time"
)

// ErrRefused is the error of [Session.Save] for a new session that
// Options.MayCreate refused. Nothing was stored.
var ErrRefused = errors.New("session: not stored; there are too many new sessions")

// refusals counts the sessions that were not created, so that the log tells of
// them now and then: refusals come in floods.
type refusals struct {
	untold atomic.Int64
	told   atomic.Int64 // when, in Unix seconds
}

const refusalsTold = 60 // seconds

// mayCreate asks Options.MayCreate about a session without a record. It does
// not ask about programs without a request, visitors whose session was there
// when the request came, or those who gain rights.
func (s *Session) mayCreate() bool {
	if s.visit == nil || s.pending == pendingRotation || s.m.opts.MayCreate == nil ||
		s.m.opts.MayCreate(s.visit) {
		return true
	}
	r := &s.m.refusals
	r.untold.Add(1)
	now, told := time.Now().Unix(), r.told.Load()
	if now-told >= refusalsTold && r.told.CompareAndSwap(told, now) {
		s.m.opts.Logger.WarnContext(s.visit.Context(), "session: new sessions are not stored",
			slog.Int64("refused", r.untold.Swap(0)))
	}
	return false
}
