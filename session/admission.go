package session

import (
	"errors"
	"log/slog"
	"sync/atomic"
	"time"
)

// ErrRefused is the error of [Session.Save] for a session that is new and that
// Options.MayCreate does not let be created. Nothing was stored.
var ErrRefused = errors.New("session: not kept; there are too many new ones")

// refusals counts the sessions that were not created, to be told now and then:
// what refuses is meant for floods.
type refusals struct {
	untold atomic.Int64
	told   atomic.Int64 // when, in Unix seconds
}

const refusalsTold = 60 // seconds

// mayCreate asks Options.MayCreate about a session without a record. Programs
// without a request, visitors whose session was there when the request came,
// and those who gain rights are not asked about.
func (s *Session) mayCreate() bool {
	if s.visit == nil || s.pending == pendingRotation || s.m.opts.MayCreate == nil ||
		s.m.opts.MayCreate(s.visit) {
		return true
	}
	r := &s.m.refusals
	r.untold.Add(1)
	now, told := time.Now().Unix(), r.told.Load()
	if now-told >= refusalsTold && r.told.CompareAndSwap(told, now) {
		s.m.opts.Logger.WarnContext(s.visit.Context(), "session: new sessions are not kept",
			slog.Int64("refused", r.untold.Swap(0)))
	}
	return false
}
