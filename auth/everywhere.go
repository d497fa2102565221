package auth

import "net/http"

// Public marks a handler that [Manager.RequireLoginEverywhere] lets everybody
// through to: the login page, say. (Django: login_not_required.)
func Public(h http.Handler) http.Handler { return public{h} }

type public struct{ http.Handler }

// RequireLoginEverywhere is RequireLogin for everything that routes serves, except for
// what is open: a handler that somebody forgets to mark is closed, not open. A path
// without a handler requires a login as well, so that strangers do not learn which paths
// exist. Options.LoginURL is always open, also below an [http.StripPrefix]. (Django:
// LoginRequiredMiddleware.)
//
// With an [http.ServeMux], or another router that has its method Handler, what is open are
// the handlers marked by [Public]. The mark counts on the handler that is registered: a
// handler around it hides it.
//
//	mux.Handle("GET /login", auth.Public(loginPage))
//	mux.Handle("GET /dashboard", dashboard)
//	http.ListenAndServe(addr, sessions.Handler(logins.RequireLoginEverywhere(mux)))
//
// Other routers, such as chi, do not say which handler a request leads to before they run
// it, so that marks mean nothing to them. Any of the functions open can open a request
// there. Let it compare whole paths, since a prefix that matches more than it seems to is
// a hole. It is not asked about a path with unusual escapes, such as "/%6Cogin", which the
// router may read in another way; that is closed.
//
//	open := func(r *http.Request) bool { return r.URL.Path == "/signup" }
//	http.ListenAndServe(addr, sessions.Handler(logins.RequireLoginEverywhere(router, open)))
//
// A request for what is open does not touch its session.
func (m *Manager) RequireLoginEverywhere(
	routes http.Handler, open ...func(r *http.Request) bool,
) http.Handler {
	closed, everybody := m.RequireLogin(routes), m.Handler(routes)
	mux, _ := routes.(interface {
		Handler(r *http.Request) (h http.Handler, pattern string)
	})
	isOpen := func(r *http.Request) bool {
		if mux != nil {
			if h, _ := mux.Handler(r); isPublic(h) {
				return true
			}
		}
		if m.isLoginPage(r) {
			return true
		}
		for _, fn := range open {
			if r.URL.RawPath == "" && fn(r) {
				return true
			}
		}
		return false
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isOpen(r) {
			everybody.ServeHTTP(w, r)
			return
		}
		closed.ServeHTTP(w, r)
	})
}

func isPublic(h http.Handler) bool {
	_, marked := h.(public)
	return marked
}
