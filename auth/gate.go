package auth

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/internal/safeurl"
	"github.com/jamsession/jamsession/session"
)

// RequireLogin lets only users through to next. It sends anonymous visitors to
// Options.LoginURL, with the way back in the parameter "next". If the visitor cannot be
// looked up, next does not run and the answer is 503. It includes [Manager.Handler].
//
// The response is marked "private, no-store", whatever Cache-Control next sets, so that
// nobody finds it in a cache after the logout. A page that the browser may store belongs
// behind [Manager.Handler] instead, and calls [From] itself.
func (m *Manager) RequireLogin(next http.Handler) http.Handler {
	return m.Require(func(User) bool { return true }, next)
}

// Require is RequireLogin, but lets only those users through whom allow
// accepts. The others get 403: logging in again would not help them.
func (m *Manager) Require(allow func(User) bool, next http.Handler) http.Handler {
	return m.gate(func(_ *http.Request, user User) bool { return allow(user) }, next)
}

// RequirePerm is RequireLogin, but lets only users through who have the permission, named
// "app_label.codename": "shop.add_order". The others get 403, or 503 if the permissions
// cannot be looked up. Put one gate into another for users who must have several
// permissions. A name without a dot is logged as an error: only superusers have it.
// (Django: permission_required with raise_exception.)
func (m *Manager) RequirePerm(name string, next http.Handler) http.Handler {
	if app, codename, _ := strings.Cut(name, "."); app == "" || codename == "" {
		m.opts.Logger.Error(`auth: RequirePerm: not "app_label.codename", which only superusers have`,
			slog.String("name", name))
	}
	return m.gate(func(r *http.Request, _ User) bool { return HasPerm(r, name) }, next)
}

func (m *Manager) gate(allow func(*http.Request, User) bool, next http.Handler) http.Handler {
	gate := func(w http.ResponseWriter, r *http.Request) {
		httpcache.Require(r.Context(), w.Header(), httpcache.NoStore)
		switch user := From(r); {
		case !user.IsAuthenticated():
			http.Redirect(w, r, m.LoginRedirect(r), http.StatusFound)
		case !allow(r, user):
			http.Error(w, "You may not see this page.", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	}
	return m.Handler(http.HandlerFunc(gate))
}

// LoginRedirect returns Options.LoginURL with the parameter "next", by which
// the visitor comes back to this request's URL. (Django: redirect_to_login.)
func (m *Manager) LoginRedirect(r *http.Request) string {
	next := requestPath(r)
	if !m.ownLogin(r) {
		next = m.scheme(r) + "://" + r.Host + next
	}
	return safeurl.LoginRedirect(next, m.opts.LoginURL)
}

// SafeNext returns where to go after a login: the parameter "next" of the
// form, or else of the URL, if it leads to this host. If there is none, or it
// leads elsewhere, it returns fallback, and Options.LoginRedirectURL if that
// is empty. The result is safe in a redirect. (Django:
// url_has_allowed_host_and_scheme.)
func (m *Manager) SafeNext(r *http.Request, fallback string) string {
	next := r.PostFormValue("next")
	if !r.PostForm.Has("next") {
		next = r.URL.Query().Get("next")
	}
	switch {
	case safeurl.Allowed(next, []string{r.Host}, m.opts.IsSecure(r)):
		return next
	case fallback != "":
		return fallback
	default:
		return m.opts.LoginRedirectURL
	}
}

// ownLogin reports whether the login page is on the host of this request, so
// that a path leads back from it.
func (m *Manager) ownLogin(r *http.Request) bool {
	u := m.loginURL
	return u.Host == "" ||
		strings.EqualFold(u.Host, r.Host) && u.Scheme == m.scheme(r)
}

func (m *Manager) scheme(r *http.Request) string {
	if m.opts.IsSecure(r) {
		return "https"
	}
	return "http"
}

// requestPath returns the path and the query that the visitor asked for,
// also below an http.StripPrefix.
func requestPath(r *http.Request) string {
	path := r.RequestURI
	if !strings.HasPrefix(path, "/") {
		path = r.URL.RequestURI()
	}
	return safeurl.EscapeLeadingSlashes(path)
}

// timeItem is when the login of a session was, in seconds since 1970. Django
// has no such item, and leaves it alone.
const timeItem = session.Item[int64]("_login_time")

// LoginTime returns when visitors last proved who they are in this session,
// to the second. It is zero for an anonymous visitor, and after a login at a
// Django site, which does not record the time. Its errors are those of
// [Load].
func LoginTime(r *http.Request) (time.Time, error) {
	user, err := Load(r)
	if err != nil || !user.IsAuthenticated() {
		return time.Time{}, err
	}
	s, err := session.Load(r)
	if err != nil {
		return time.Time{}, err
	}
	seconds, err := timeItem.Lookup(s)
	if err != nil || seconds <= 0 {
		return time.Time{}, nil
	}
	return time.Unix(seconds, 0), nil
}

// RequireFresh is RequireLogin, but lets only visitors through to next who logged in at
// most maxAge ago, in this session. It sends the others to the login page as if they were
// anonymous; they stay logged in meanwhile. Use it for everything that a stranger at an
// unattended screen must not do: change the email address, the second factor or a payment
// (ASVS 7.5.1).
//
// A login page that RequireFresh sends visitors to must show its form even
// to a user who is logged in, rather than send the user back. A login by a
// Django site is not fresh, since it does not say when it was.
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

// Public marks a handler that [Manager.RequireLoginEverywhere] lets everybody
// through to: the login page, say. (Django: login_not_required.)
func Public(h http.Handler) http.Handler { return public{h} }

type public struct{ http.Handler }

// RequireLoginEverywhere is RequireLogin for everything that mux serves, except for
// handlers marked by [Public]: a handler that somebody forgets to mark is closed, not
// open. A path without a handler requires a login as well, so that strangers do not learn
// which paths exist.
//
//	mux.Handle("GET /login", auth.Public(loginPage))
//	mux.Handle("GET /dashboard", dashboard)
//	http.ListenAndServe(addr, sessions.Handler(logins.RequireLoginEverywhere(mux)))
//
// The mark counts on the handler that is registered: a handler around it
// hides it. Options.LoginURL is public without a mark. A request for a public
// handler does not touch its session. (Django: LoginRequiredMiddleware.)
func (m *Manager) RequireLoginEverywhere(mux *http.ServeMux) http.Handler {
	closed := m.RequireLogin(mux)
	open := m.Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, _ := mux.Handler(r)
		if _, marked := h.(public); marked || m.isLoginPage(r) {
			open.ServeHTTP(w, r)
			return
		}
		closed.ServeHTTP(w, r)
	})
}

// isLoginPage reports whether the request is for the login page, which would
// otherwise send visitors to itself forever.
func (m *Manager) isLoginPage(r *http.Request) bool {
	return m.ownLogin(r) && r.URL.Path == m.loginURL.Path
}
