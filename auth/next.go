package auth

import (
	"net/http"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/internal/safeurl"
	"github.com/jamsession/jamsession/internal/wants"
)

// againParam is the parameter of the login page which says that the visitor needs
// another login, though they are logged in.
const againParam = "again"

// LoginRedirect returns Options.LoginURL with the parameter "next", by which the visitor
// comes back to this request's URL, if that is a page that can be shown again. The way
// back from a POST, or from a request of a script, is the page of this host that sent it,
// according to the Referer; if that is not known, there is no "next". If the visitor is
// logged in, they need a newer login, or another one, and the parameter "again" says so.
// (Django: redirect_to_login.)
func (m *Manager) LoginRedirect(r *http.Request) string {
	to := m.opts.LoginURL
	if next := m.wayBack(r); next != "" {
		if !m.ownLogin(r) {
			next = m.scheme(r) + "://" + r.Host + next
		}
		to = safeurl.LoginRedirect(next, to)
	}
	if user, err := Load(r); err == nil && user.IsAuthenticated() {
		return withParam(to, againParam+"=1")
	}
	return to
}

// withParam adds a parameter to an address.
func withParam(address, param string) string {
	u, err := safeurl.Split(address)
	if err != nil {
		return address
	}
	if u.Query != "" {
		param = "&" + param
	}
	u.Query += param
	return u.String()
}

// wayBack returns the path and the query of the page to come back to, or "".
func (m *Manager) wayBack(r *http.Request) string {
	shown := r.Method == http.MethodGet || r.Method == http.MethodHead
	boosted := wants.HTMX(r) && r.Header.Get("HX-Boosted") == "true" // a link, which htmx follows
	if shown && (boosted || wants.Page(r)) {
		return safeurl.OfRequest(r)
	}
	page := r.Header.Get("Referer")
	if current := r.Header.Get("HX-Current-URL"); wants.HTMX(r) && current != "" {
		page = current
	}
	u, err := safeurl.Split(page)
	if err != nil || u.Host == "" || !safeurl.Allowed(page, m.hosts(r), m.opts.IsSecure(r)) ||
		m.ownLogin(r) && u.Path == m.loginURL.Path {
		return ""
	}
	u = safeurl.URL{Path: "/" + strings.TrimPrefix(u.Path, "/"), Query: u.Query}
	return safeurl.EscapeLeadingSlashes(u.String())
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
	case safeurl.Allowed(next, m.hosts(r), m.opts.IsSecure(r)):
		return next
	case fallback != "":
		return fallback
	default:
		return m.opts.LoginRedirectURL
	}
}

// hosts are the spellings of this host in an address.
func (m *Manager) hosts(r *http.Request) []string {
	return slices.Compact([]string{r.Host, safeurl.Host(r.Host, m.scheme(r))})
}

// ownLogin reports whether the login page is on the host of this request, so
// that a path leads back from it.
func (m *Manager) ownLogin(r *http.Request) bool {
	u := m.loginURL
	return u.Host == "" ||
		u.Scheme == m.scheme(r) && safeurl.Host(u.Host, u.Scheme) == safeurl.Host(r.Host, u.Scheme)
}

// isLoginPage reports whether the request is for the login page, also below an
// http.StripPrefix: it would otherwise send visitors to itself forever. A path that was
// replaced by another than its end may be that of any page.
func (m *Manager) isLoginPage(r *http.Request) bool {
	login, path := m.loginURL.EscapedPath(), r.URL.EscapedPath()
	sent, _, _ := strings.Cut(r.RequestURI, "?")
	below := sent == login && path != "/" && strings.HasSuffix(login, path)
	return m.ownLogin(r) && (path == login || below)
}

func (m *Manager) scheme(r *http.Request) string {
	if m.opts.IsSecure(r) {
		return "https"
	}
	return "http"
}
