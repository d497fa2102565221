package load

import (
	"net/http"

	"github.com/alexedwards/scs/v2"

	"github.com/jamsession/jamsession/session"
)

// The items of a session: what Django's login leaves, and those of the login
// example.
const (
	itemUser     = "_auth_user_id"
	itemBackend  = "_auth_user_backend"
	itemHash     = "_auth_user_hash"
	itemUsername = "username"
	itemVisits   = "visits"

	backend = "django.contrib.auth.backends.ModelBackend"
	hash    = "5c4d0ff3a3a5d1a9e6e08fb6d6f2a1dcbb5fb34c4f7a54c2d51d9e2a8e0b3c71"
)

// none has no sessions at all: everybody is the guest.
type none struct{}

func (none) wrap(pages http.Handler) http.Handler     { return pages }
func (none) login(*http.Request, string, string)      {}
func (none) user(*http.Request) (id, username string) { return "0", "Guest" }
func (none) visit(*http.Request)                      {}
func (none) visits(*http.Request) int                 { return 0 }

// jamsession is this library.
type jamsession struct{ *session.Manager }

func (j jamsession) wrap(pages http.Handler) http.Handler { return j.Handler(pages) }

func (jamsession) login(r *http.Request, id, username string) {
	s := session.From(r)
	s.Set(itemUser, id)
	s.Set(itemBackend, backend)
	s.Set(itemHash, hash)
	s.Set(itemUsername, username)
	s.Set(itemVisits, 0)
}

func (jamsession) user(r *http.Request) (id, username string) {
	s := session.From(r)
	return session.Item[string](itemUser).Get(s, ""), session.Item[string](itemUsername).Get(s, "Guest")
}

func (jamsession) visit(r *http.Request) {
	session.Item[int](itemVisits).Update(session.From(r), 0, func(n int) int { return n + 1 })
}

func (jamsession) visits(r *http.Request) int {
	return session.Item[int](itemVisits).Get(session.From(r), 0)
}

// scsSessions is github.com/alexedwards/scs.
type scsSessions struct{ *scs.SessionManager }

func (s scsSessions) wrap(pages http.Handler) http.Handler { return s.LoadAndSave(pages) }

func (s scsSessions) login(r *http.Request, id, username string) {
	ctx := r.Context()
	s.Put(ctx, itemUser, id)
	s.Put(ctx, itemBackend, backend)
	s.Put(ctx, itemHash, hash)
	s.Put(ctx, itemUsername, username)
	s.Put(ctx, itemVisits, 0)
}

func (s scsSessions) user(r *http.Request) (id, username string) {
	return s.GetString(r.Context(), itemUser), s.GetString(r.Context(), itemUsername)
}

func (s scsSessions) visit(r *http.Request) {
	s.Put(r.Context(), itemVisits, s.GetInt(r.Context(), itemVisits)+1)
}

func (s scsSessions) visits(r *http.Request) int { return s.GetInt(r.Context(), itemVisits) }
