package throttle

import (
	"net/http"

	"github.com/jamsession/jamsession/internal/timelimit"
)

// GiveBack says that the attempt that Check let pass, for this request and this
// name, came to nothing before any password was looked at, since too many
// waited for a hash: whoever fills that queue must not use up what others have.
// The account, or the known device, gets this one attempt back, and the source
// does not. Package auth calls it.
func (l *Limiter) GiveBack(r *http.Request, username string) {
	by, of := l.bucket(r, username)
	ctx, cancel := timelimit.Within(r.Context(), l.opts.Timeout)
	defer cancel()
	if err := l.store.Give(ctx, l.bucketKey(by, of), l.opts.PerAccount); err != nil {
		l.opts.Logger.ErrorContext(r.Context(), "an attempt was not given back", "error", err)
	}
}
