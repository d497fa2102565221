// Package fromscs takes over the sessions of visitors from another library, when
// they next come: docs/from-scs.md shows it. Copy what you need.
package fromscs

import (
	"net/http"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/session"
)

// Old is the library that the program has used before.
type Old interface {
	// Find returns the items of the visitor's old session, and whether there is one. An
	// error says that nobody knows, such as when the store is down.
	Find(r *http.Request) (items map[string]any, found bool, err error)

	// End deletes the old session and its cookie.
	End(w http.ResponseWriter, r *http.Request) error
}

// Takeover moves old sessions.
type Takeover struct {
	Old Old

	// Move logs the visitor in, and sets the items that the program still needs.
	Move func(r *http.Request, items map[string]any) error

	// Until is when old sessions end that have not come by then.
	Until time.Time
}

// Handler goes around the pages, inside of those of jamsession. The old session ends only
// when the new one is stored: if a store is down, the visitor gets 503, and nothing is
// lost. A visitor who has logged in anew keeps that login.
func (t *Takeover) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if time.Now().Before(t.Until) {
			if err := t.take(w, r); err != nil {
				session.Abort(r, err)
			}
		}
		next.ServeHTTP(w, r)
	})
}

func (t *Takeover) take(w http.ResponseWriter, r *http.Request) error {
	items, found, err := t.Old.Find(r)
	if err != nil || !found {
		return err
	}
	if !auth.From(r).IsAuthenticated() {
		if err := t.Move(r, items); err != nil {
			return err
		}
		if err := session.From(r).Save(r.Context()); err != nil {
			return err
		}
	}
	return t.Old.End(w, r)
}
