package auth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/jamsession/jamsession/auth/internal/username"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/internal/safeurl"
	"github.com/jamsession/jamsession/internal/wants"
)

// RedirectAuthenticated is for the beginning of a handler that shows the login form. If
// the visitor is logged in, it sends them on, to where [Manager.SafeNext] leads, and
// reports true: the handler is done. Otherwise it does nothing and reports false, also if
// the page that has sent the visitor needs a newer login: the URL has the parameter
// "again" then, which [Manager.LoginRedirect] adds, and with it [Manager.RequireFresh]. A
// page that sends users who are logged in to the login page by a redirect of its own must
// add it, too, or browsers go in a circle. (Django: redirect_authenticated_user.)
//
// It does not lead on what a page of another site embeds, such as a picture: whether it
// loads would tell that site who is logged in here.
func (m *Manager) RedirectAuthenticated(w http.ResponseWriter, r *http.Request) bool {
	shows := r.Method == http.MethodGet || r.Method == http.MethodHead
	if !shows || embedded(r) || r.URL.Query().Has(againParam) || !From(r).IsAuthenticated() {
		return false
	}
	to := m.afterLogin(r)
	if to == "" {
		return false
	}
	httpcache.Require(r.Context(), w.Header(), httpcache.NoStore)
	http.Redirect(w, r, to, http.StatusFound)
	return true
}

// embedded reports whether a page of another site has the answer loaded, rather than
// shown in its place.
func embedded(r *http.Request) bool {
	from := r.Header.Get("Sec-Fetch-Site")
	return (from == "cross-site" || from == "same-site") && r.Header.Get("Sec-Fetch-Dest") != "document"
}

// afterLogin is SafeNext, but never the login page itself. It is empty if there is
// nowhere else to go.
func (m *Manager) afterLogin(r *http.Request) string {
	here, err := url.Parse(m.scheme(r) + "://" + r.Host + safeurl.OfRequest(r))
	if err != nil {
		return ""
	}
	for _, to := range []string{m.SafeNext(r, ""), m.opts.LoginRedirectURL} {
		if u, err := here.Parse(to); err == nil && (u.Path != here.Path || u.Host != here.Host) {
			return to
		}
	}
	return ""
}

// LoggedInMeanwhile is for csrf's Options.FailureHandler. It answers the login form of a
// second tab, sent after a login in the first: its token is refused, since the login has
// changed the secret, and its visitor is logged in. If the typed name, in the field
// "username", is that of the user, it leads on to where [Manager.SafeNext] leads, and else
// to the login page, with the parameter "again", which should say who is logged in. Nothing
// is changed, and the password is not looked at. It reports whether it has answered. A
// site of package site does this by itself.
//
//	FailureHandler: func(w http.ResponseWriter, r *http.Request, err error) {
//		if !logins.LoggedInMeanwhile(w, r, err) {
//			csrf.Fail(w, r, err)
//		}
//	},
func (m *Manager) LoggedInMeanwhile(w http.ResponseWriter, r *http.Request, err error) (answered bool) {
	old := errors.Is(err, csrf.ErrToken) || errors.Is(err, csrf.ErrCookie)
	if !old || r.Method != http.MethodPost || !wants.Page(r) || !m.isLoginPage(r) {
		return false
	}
	m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, err := Load(r)
		if err != nil || !user.IsAuthenticated() {
			return
		}
		if r.PostForm == nil { // it was refused before anybody read it
			r.Body = http.MaxBytesReader(w, r.Body, maxLoginForm)
		}
		to := m.loginAgain(r)
		if m.isNameOf(r.Context(), r.PostFormValue("username"), user) {
			to = m.afterLogin(r)
		}
		if to == "" {
			return
		}
		answered = true
		httpcache.Require(r.Context(), w.Header(), httpcache.NoStore)
		http.Redirect(w, r, to, http.StatusSeeOther)
	})).ServeHTTP(w, r)
	return answered
}

// maxLoginForm is how many bytes of a login form are read.
const maxLoginForm = 64 << 10

// loginAgain is the address of the login page for a user who is logged in, with the way
// on that the form had.
func (m *Manager) loginAgain(r *http.Request) string {
	query := url.Values{againParam: {"1"}}
	if next := m.SafeNext(r, ""); next != m.opts.LoginRedirectURL {
		query.Set("next", next)
	}
	return withParam(m.opts.LoginURL, query.Encode())
}

// isNameOf reports whether somebody who types the name means the user.
func (m *Manager) isNameOf(ctx context.Context, typed string, user User) bool {
	if finder, ok := m.backend(user.Backend).(UserFinder); ok {
		found, err := m.find(ctx, finder, typed)
		return err == nil && found.ID == user.ID
	}
	name := username.Normalize(strings.TrimSpace(typed))
	return name != "" && name == user.Username
}
