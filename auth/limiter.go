package auth

import "net/http"

// A Limiter bounds how often passwords are guessed: a *throttle.Limiter. It
// must be safe for concurrent use, and may ask for the request's user by [Load].
type Limiter interface {
	// Check counts an attempt with this name, as the visitor typed it, and
	// returns nil if it may go on. Its error ends the attempt before any
	// password is looked at, and is what [Manager.Authenticate] returns. One
	// that is an [http.Handler] answers for itself; one for which it could not
	// be found out must wrap [session.ErrUnavailable].
	Check(r *http.Request, username string) error

	// Succeeded says that an attempt with this name was right. It may set
	// cookies in the header of the response, which has not begun.
	Succeeded(header http.Header, r *http.Request, username string)
}

// limit counts a guess.
func (m *Manager) limit(r *http.Request, username string) error {
	if m.opts.Limiter == nil {
		return nil
	}
	return m.opts.Limiter.Check(r, username)
}

// unlimit takes back what was counted, since the visitor is the user.
func (m *Manager) unlimit(r *http.Request, user User) {
	if m.opts.Limiter == nil {
		return
	}
	name, header := user.Username, http.Header{}
	if x := exchangeOf(r.Context()); x != nil {
		header = x.header
		if typed := x.typedFor(user); typed != "" {
			name = typed
		}
	}
	m.opts.Limiter.Succeeded(header, r, name)
}

// typedFor returns the name by which the visitor has proved to be the user, if
// he has.
func (x *exchange) typedFor(user User) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.typed.user == user.ID && x.typed.backend == user.Backend {
		return x.typed.name
	}
	return ""
}

// typed is the name by which a visitor has proved to be a user, in this
// request. It may be another than the username, such as an address.
type typed struct {
	name    string
	user    int64
	backend string
}
