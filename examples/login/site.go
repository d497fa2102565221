package main

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
)

// paths are the site's pages by name, so that templates and redirects name a
// page and do not repeat where it is.
var paths = map[string]string{
	"index":     "/",
	"set":       "/set/",
	"show":      "/show/",
	"delete":    "/delete/",
	"clear":     "/clear/",
	"login":     "/login/",
	"dashboard": "/dashboard/",
	"logout":    "/logout/",
}

// path returns the path of a page. A name that is none is a mistake in this
// program, which the first request would show.
func path(name string) string {
	p, ok := paths[name]
	if !ok {
		panic("no page is called " + name)
	}
	return p
}

//go:embed templates
var templateFiles embed.FS

// A site is the pages, with what they need.
type site struct {
	*settings.Site
	templates map[string]*template.Template
}

func newSite(db *settings.Site) (*site, error) {
	s := &site{db, make(map[string]*template.Template)}
	for _, name := range []string{"index", "show", "login", "dashboard", "notfound"} {
		t, err := template.New("base.html").Funcs(template.FuncMap{"url": path}).
			ParseFS(templateFiles, "templates/base.html", "templates/"+name+".html")
		if err != nil {
			return nil, err
		}
		s.templates[name] = t
	}
	return s, nil
}

// handler returns the site: routes inside sessions, logins and CSRF checks,
// inside the headers that every page has.
func (s *site) handler() http.Handler {
	mux := http.NewServeMux()
	handle := func(method, name string, h http.Handler) {
		mux.Handle(method+" "+path(name)+"{$}", h)
	}
	handle("GET", "index", http.HandlerFunc(s.index))
	handle("POST", "set", http.HandlerFunc(s.set))
	handle("GET", "show", http.HandlerFunc(s.show))
	handle("POST", "delete", http.HandlerFunc(s.delete))
	handle("POST", "clear", http.HandlerFunc(s.clear))
	handle("GET", "login", http.HandlerFunc(s.loginForm))
	handle("POST", "login", http.HandlerFunc(s.login))
	handle("GET", "dashboard", s.Auth.RequireLogin(http.HandlerFunc(s.dashboard)))
	handle("POST", "logout", http.HandlerFunc(s.logout))
	mux.Handle("GET /", http.HandlerFunc(s.notFound))
	return secureHeaders(s.Handler(mux))
}

// secureHeaders are for pages that load nothing from elsewhere and are in
// nobody's frame. The pages' style is in the page, hence 'unsafe-inline'.
func secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; "+
			"form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// A page is what templates see.
type page struct {
	Title string
	User  auth.User
	CSRF  template.HTML // the hidden field of every form
	Data  any
}

// render writes a page. It is made in memory first, so that a template that
// fails leaves no half page behind.
func (s *site) render(w http.ResponseWriter, r *http.Request, status int, name, title string, data any) {
	var buf bytes.Buffer
	err := s.templates[name].Execute(&buf, page{title, auth.From(r), csrf.TemplateField(r), data})
	if err != nil {
		session.Abort(r, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = buf.WriteTo(w) // the visitor may have gone
}

// redirect sends the visitor on with GET after a POST.
func redirect(w http.ResponseWriter, r *http.Request, to string) {
	http.Redirect(w, r, to, http.StatusFound)
}
