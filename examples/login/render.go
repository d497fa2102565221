package main

import (
	"bytes"
	"cmp"
	"embed"
	"html/template"
	"net/http"
	"net/url"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
)

//go:embed templates
var templateFiles embed.FS

// The files that the pages load.
var (
	//go:embed style.css
	style []byte
	//go:embed script.js
	script []byte
	//go:embed icon.svg
	icon []byte
)

// parseTemplates returns the pages by the name of their file, each inside
// base.html.
func parseTemplates() (map[string]*template.Template, error) {
	pages := make(map[string]*template.Template)
	for _, name := range []string{
		"index", "show", "signup", "login", "dashboard", "password", "reset", "newpassword", "badlink",
		"devices", "staff", "forbidden", "notfound",
	} {
		t, err := template.New("base.html").Funcs(template.FuncMap{"url": path}).
			ParseFS(templateFiles, "templates/base.html", "templates/"+name+".html")
		if err != nil {
			return nil, err
		}
		pages[name] = t
	}
	return pages, nil
}

// A page is what templates see.
type page struct {
	Title    string
	User     auth.User
	Console  bool          // the user may see it
	CSRF     template.HTML // the hidden field of every form
	Live     string        // where the page learns that the login has ended; empty: nowhere
	Messages func() []messages.Message
	Data     any
}

// render writes a page. It is made in memory first, so that a template that
// fails leaves no half page behind. No page of a user is kept by the browser,
// so that nobody finds it by the back button after the logout.
func (s *app) render(w http.ResponseWriter, r *http.Request, status int, name, title string, data any) {
	user := auth.From(r)
	if user.IsAuthenticated() {
		w.Header().Set("Cache-Control", "private, no-store")
	}
	var buf bytes.Buffer
	seesConsole := user.IsStaff && auth.HasPerm(r, "sessions.view_session")
	err := s.templates[name].Execute(&buf, page{
		title, user, seesConsole, csrf.TemplateField(r), s.liveOf(user), messages.Func(r), data,
	})
	if err != nil {
		session.Abort(r, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = buf.WriteTo(w) // the visitor may have gone
}

// liveOf returns the stream of events for a page of a user.
func (s *app) liveOf(user auth.User) string {
	if !user.IsAuthenticated() || s.Devices() == nil {
		return ""
	}
	return path("live") + "?user=" + url.QueryEscape(user.ID)
}

// renderForm writes the page of a form that has problems.
func (s *app) renderForm(w http.ResponseWriter, r *http.Request, name, title string, f *form) {
	s.render(w, r, cmp.Or(f.Status, http.StatusOK), name, title, f)
}

// redirect sends the visitor on with GET after a POST.
func redirect(w http.ResponseWriter, r *http.Request, to string) {
	http.Redirect(w, r, to, http.StatusFound)
}

// file serves a file that the pages load.
func file(contentType string, content []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Cache-Control", "max-age=300")
		_, _ = w.Write(content)
	})
}
