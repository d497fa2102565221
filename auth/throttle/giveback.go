package throttle

import (
	"net/http"

	"github.com/jamsession/jamsession/auth"
)

// GiveBack records that an attempt that Check allowed for this request does not
// count. It ended before the password was checked, because too many callers
// waited for a hash: filling that queue must not use up the attempts of others. Or
// the password was right in its other form of Unicode. The account, or
// the known device, gets this attempt back; the source does not. Package auth
// calls it.
func (l *limiter) GiveBack(r *http.Request, a auth.Attempt) {
	by, of := l.bucket(r, a)
	l.give(r.Context(), by, of, markOf(by, of, a))
}
