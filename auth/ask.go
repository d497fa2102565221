package auth

import (
	"encoding/json"
	"html"
	"net/http"

	"github.com/jamsession/jamsession/internal/travel"
	"github.com/jamsession/jamsession/internal/wants"
)

// askForLogin answers a request whose visitor has to log in first.
func (m *Manager) askForLogin(w http.ResponseWriter, r *http.Request) {
	if m.opts.LoginRequired != nil && m.opts.LoginRequired(w, r) {
		return
	}
	to, ambient := m.LoginRedirect(r), travel.Of(r.Context()).Ambient
	if ambient && wants.Page(r) {
		http.Redirect(w, r, to, http.StatusFound)
		return
	}
	if wants.HTMX(r) {
		w.Header().Set("HX-Redirect", to)
	}
	w.Header().Set("WWW-Authenticate", challenge(ambient))
	refuse(w, r, http.StatusUnauthorized, refusal{"login", "Log in, and try again.", to})
}

// challenge is the WWW-Authenticate that an answer 401 must have (RFC 9110, 15.5.2). No
// browser knows the scheme Cookie, and so none asks for a password by itself.
func challenge(ambient bool) string {
	if ambient {
		return `Cookie realm="login"`
	}
	return "Bearer"
}

// A refusal is what a gate answers in place of a page.
type refusal struct {
	Error  string `json:"error"`           // for programs
	Reason string `json:"reason"`          // for people
	Login  string `json:"login,omitempty"` // the address of the login page
}

// page is made without a template, which would double what a program without one links.
func (r refusal) page() string {
	reason, link := html.EscapeString(r.Reason), ""
	if r.Login != "" {
		link = ` <a href="` + html.EscapeString(r.Login) + `">Log in</a>`
	}
	return "<!DOCTYPE html>\n<title>" + reason + "</title>\n<p>" + reason + link + "</p>\n"
}

// refuse answers in the form that the request accepts.
func refuse(w http.ResponseWriter, r *http.Request, status int, why refusal) {
	contentType := "text/plain; charset=utf-8"
	body := []byte(why.Reason + "\n")
	switch wants.BodyOf(r) {
	case wants.JSON:
		contentType = "application/json"
		body, _ = json.Marshal(why)
		body = append(body, '\n')
	case wants.HTML:
		contentType = "text/html; charset=utf-8"
		body = []byte(why.page())
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body) // there is nobody to tell
}
