package auth

import (
	"net/http"

	"github.com/jamsession/jamsession/session"
)

// StayLoggedIn is for a box "remember me" on the login page: call it after
// [Manager.Login]. If stay is true, the session lives Options.StayLoggedInAge
// from its last use, also when the browser was closed. Otherwise it ends with
// the browser. Limits that the session's manager sets count in both cases.
//
// It is the session itself that lives longer, not a second cookie that could
// outlive a logout or a change of the password.
func (m *Manager) StayLoggedIn(r *http.Request, stay bool) {
	s := session.From(r)
	if stay {
		s.SetExpiry(m.opts.StayLoggedInAge)
		return
	}
	s.ExpireAtBrowserClose()
}
