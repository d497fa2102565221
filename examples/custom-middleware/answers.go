package custommiddleware

import (
	"errors"
	"net/http"

	"github.com/jamsession/jamsession/session"
)

// AnswerError is an ErrorHandler: it tells an outage in the site's own words,
// and leads a visitor whose session has ended meanwhile to the login. A limit
// that was reached answers by itself: it knows when to try again.
func AnswerError(w http.ResponseWriter, r *http.Request, err error) {
	later, isLater := errors.AsType[*session.RetryError](err)
	switch {
	case isLater: // before ErrUnavailable, which it may be, too
		later.ServeHTTP(w, r)
	case errors.Is(err, session.ErrUnavailable):
		w.Header().Set("Retry-After", "30")
		http.Error(w, "We will be back in a minute.", http.StatusServiceUnavailable)
	case errors.Is(err, session.ErrInterrupted):
		http.Redirect(w, r, "/login", http.StatusSeeOther)
	default:
		http.Error(w, "Something went wrong.", http.StatusInternalServerError)
	}
}
