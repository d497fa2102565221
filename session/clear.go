package session

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jamsession/jamsession/internal/panics"
)

// ClearExpired removes the records of sessions that have expired and returns
// how many, even together with an error. No session needs it to end: it
// reclaims space. Call it from time to time, or run "jamsession clearsessions".
func (m *Manager) ClearExpired(ctx context.Context) (int, error) {
	n, err := m.clearRecords(ctx)
	if n > 0 {
		m.observe(ctx, EventCleared, "", n)
	}
	if err != nil {
		return n, unavailable("clear", err)
	}
	return n, nil
}

// ClearPeriodically calls [Manager.ClearExpired] about once in each interval,
// and returns when ctx is done. It waits a random time between half of the
// interval and one and a half, so that processes that start together do not
// all clear at once. Errors are logged, and so are panics of the store or of
// an observer; the next time it tries again. An interval that is not positive
// counts as an hour.
//
//	go sessions.ClearPeriodically(ctx, time.Hour)
func (m *Manager) ClearPeriodically(ctx context.Context, interval time.Duration) {
	if interval <= 0 {
		interval = time.Hour
	}
	for {
		timer := time.NewTimer(interval/2 + rand.N(interval)) // no secret
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		panics.Guard(func() { m.clear(ctx) }, panics.Log(m.opts.Logger, notCleared))()
	}
}

const notCleared = "session: expired sessions not cleared"

func (m *Manager) clear(ctx context.Context) {
	if _, err := m.ClearExpired(ctx); err != nil && ctx.Err() == nil {
		m.opts.Logger.ErrorContext(ctx, notCleared, slog.Any("error", err))
	}
}
