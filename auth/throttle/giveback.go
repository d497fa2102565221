package throttle

import (
	"net/http"

	"github.com/jamsession/jamsession/auth"
)

// GiveBack says that the attempt that Check let pass, for this request, ended
// before any password was looked at, because too many waited for a hash:
// filling that queue must not use up the attempts of others. The account, or
// the known device, gets this one attempt back; the source does not. Package
// auth calls it.
func (l *limiter) GiveBack(r *http.Request, a auth.Attempt) {
	by, of := l.bucket(r, a)
	l.give(r.Context(), by, of)
}
