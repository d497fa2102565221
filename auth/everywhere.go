package auth

import (
	"net/http"
)

// A Router knows which handler will serve a request. *http.ServeMux is one.
type Router interface {
	http.Handler
	Handler(r *http.Request) (h http.Handler, pattern string)
}

// Public marks a handler that [Manager.RequireLoginEverywhere] lets everybody
// through to: the login page, say. (Django: login_not_required.)
func Public(h http.Handler) http.Handler { return public{h} }

type public struct{ http.Handler }

// RequireLoginEverywhere is RequireLogin for all that the router serves, but
// for the handlers that are marked by [Public]: what somebody forgets to mark
// is closed, not open. A path that nothing is registered for asks for a login
// as well, so that strangers do not learn which paths there are.
//
//	mux.Handle("GET /login", auth.Public(loginPage))
//	mux.Handle("GET /dashboard", dashboard)
//	http.ListenAndServe(addr, sessions.Handler(logins.RequireLoginEverywhere(mux)))
//
// The mark counts on the handler that is registered: a handler around it
// hides it. Options.LoginURL is public without a mark. A request for a public
// handler does not touch its session. (Django: LoginRequiredMiddleware.)
func (m *Manager) RequireLoginEverywhere(router Router) http.Handler {
	closed := m.RequireLogin(router)
	open := m.Handler(router)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, _ := router.Handler(r)
		if _, marked := h.(public); marked || m.isLoginPage(r) {
			open.ServeHTTP(w, r)
			return
		}
		closed.ServeHTTP(w, r)
	})
}

// isLoginPage reports whether the request is for the login page, which would
// else send visitors to itself for ever.
func (m *Manager) isLoginPage(r *http.Request) bool {
	return m.ownLogin(r) && r.URL.Path == m.loginURL.Path
}
