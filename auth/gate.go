package auth

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/session"
)

// RequireLogin lets only users through to next. It sends anonymous visitors to
// Options.LoginURL, with the way back in the parameter "next", if a browser shows them the
// answer as a page. The requests of scripts get 401 instead, in JSON, HTML or text as they
// accept, since a redirect would give them the login page for an answer. Of these rules
// the first that applies decides:
//
//  1. Options.LoginRequired answers, if it wants to.
//  2. A request whose session's key is not ambient, as with [session.Bearer], the handshake
//     of a WebSocket, the headers HX-Request: true (htmx) and X-Requested-With:
//     XMLHttpRequest, and every method but GET, HEAD and POST get 401. For htmx, the header
//     HX-Redirect leads to the login page.
//  3. Sec-Fetch-Mode, which browsers since 2023 send: with "navigate" a redirect, else 401.
//  4. A body that no form sends, such as JSON, gets 401.
//  5. Accept: a redirect if it names HTML or everything, or is missing, else 401.
//
// If the visitor cannot be looked up, next does not run and the answer is 503. It includes
// [Manager.Handler].
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
			slog.String("permission", name))
	}
	return m.gate(func(r *http.Request, _ User) bool { return HasPerm(r, name) }, next)
}

func (m *Manager) gate(allow func(*http.Request, User) bool, next http.Handler) http.Handler {
	gate := func(w http.ResponseWriter, r *http.Request) {
		httpcache.Require(r.Context(), w.Header(), httpcache.NoStore)
		switch user := From(r); {
		case !user.IsAuthenticated():
			m.askForLogin(w, r)
		case !allow(r, user):
			m.Report(r, Event{Kind: EventDenied, UserID: user.ID})
			refuse(w, r, http.StatusForbidden, refusal{"forbidden", "You may not see this page.", ""})
		default:
			next.ServeHTTP(w, r)
		}
	}
	return m.Handler(http.HandlerFunc(gate))
}

// timeItem is when the login of a session was, in seconds since 1970. Django
// has no such item, and leaves it alone.
const timeItem = session.Item[int64]("_login_time")

// LoginTime returns when visitors last proved who they are in this session,
// to the second. It is zero for an anonymous visitor, and after a login at a
// plain Django site, which does not record the time. Its errors are those of
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
// The address of the login page has the parameter "again" then, by which
// [Manager.RedirectAuthenticated] knows that its form is needed. A login by a Django site
// is not fresh, since it does not say when it was.
func (m *Manager) RequireFresh(maxAge time.Duration, next http.Handler) http.Handler {
	return m.RequireLogin(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at, err := LoginTime(r)
		if err != nil {
			session.Abort(r, err)
		}
		age := time.Since(at)
		if at.IsZero() || age > maxAge || age < -time.Minute { // a clock was wrong
			m.askForLogin(w, r)
			return
		}
		next.ServeHTTP(w, r)
	}))
}
