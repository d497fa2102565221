package throttle

import (
	"net/http"

	"github.com/jamsession/jamsession/auth"
)

// GiveBack says that the attempt that Check let pass, for this request, came to
// nothing before any password was looked at, since too many waited for a hash:
// whoever fills that queue must not use up what others have. The account, or
// the known device, gets this one attempt back, and the source does not. Package
// auth calls it.
func (l *Limiter) GiveBack(r *http.Request, a auth.Attempt) {
	by, of := l.bucket(r, a)
	l.give(r.Context(), by, of)
}
