package session

import "log/slog"

// mayCreate asks Options.MayCreate about a session without a record. It does
// not ask about programs without a request, visitors whose session was there
// when the request came, or those who gain rights.
func (s *Session) mayCreate() bool {
	if s.visit == nil || s.wasFound || s.pending == pendingRotation || s.m.opts.MayCreate == nil ||
		s.m.opts.MayCreate(s.visit) {
		return true
	}
	if n := s.m.refusals.add(); n > 0 {
		s.m.opts.Logger.WarnContext(s.visit.Context(), "session: new sessions are not stored",
			slog.Int64("refused", n))
	}
	return false
}
