package auth

import (
	"net/http"
	"time"

	"github.com/jamsession/jamsession/session"
)

// timeItem is when the login of a session was, in seconds since 1970. Django
// has no such item, and leaves it alone.
const timeItem = "_login_time"

// LoginTime returns when the visitor last gave proof of who he is in this
// session, to the second. It is zero if he is anonymous, and if a Django site
// logged him in, which does not say when. Its errors are those of [Load].
func LoginTime(r *http.Request) (time.Time, error) {
	user, err := Load(r)
	if err != nil || !user.IsAuthenticated() {
		return time.Time{}, err
	}
	s, err := session.Load(r)
	if err != nil {
		return time.Time{}, err
	}
	seconds, err := session.Lookup[int64](s, timeItem)
	if err != nil || seconds <= 0 {
		return time.Time{}, nil
	}
	return time.Unix(seconds, 0), nil
}

// RequireFresh is RequireLogin, but lets only those through to next who
// logged in at most maxAge ago, in this session. The others are sent to the
// login page as if they were anonymous, and stay logged in meanwhile. Put it
// before what a stranger at a deserted screen must not do: a change of the
// e-mail address, of the second factor, of a payment (ASVS 7.5.1).
//
// A login page behind which RequireFresh stands must show its form to a user
// who is logged in, and not send him back. A login by a Django site is not
// fresh, since it does not say when it was.
func (m *Manager) RequireFresh(maxAge time.Duration, next http.Handler) http.Handler {
	return m.RequireLogin(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at, err := LoginTime(r)
		if err != nil {
			session.Abort(r, err)
		}
		age := time.Since(at)
		if at.IsZero() || age > maxAge || age < -time.Minute { // a clock was wrong
			http.Redirect(w, r, m.LoginRedirect(r), http.StatusFound)
			return
		}
		next.ServeHTTP(w, r)
	}))
}
