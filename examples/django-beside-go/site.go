package main

import (
	"bytes"
	_ "embed"
	"errors"
	"html/template"
	"net/http"
	"strings"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// An app is the Go half: the same pages as in django_site.py.
type app struct{ *site.Site }

func (s *app) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /go/{$}", func(w http.ResponseWriter, r *http.Request) { s.page(w, r, "") })
	mux.HandleFunc("POST /go/count", s.count)
	mux.HandleFunc("POST /go/login", s.login)
	mux.HandleFunc("POST /go/logout", s.logout)
	return s.Handler(mux)
}

// count is the item that both halves count up.
const count = session.Item[int]("count")

func (s *app) count(w http.ResponseWriter, r *http.Request) {
	count.Update(session.From(r), 0, func(n int) int { return n + 1 })
	http.Redirect(w, r, "/go/", http.StatusSeeOther)
}

func (s *app) login(w http.ResponseWriter, r *http.Request) {
	user, err := s.Auth.Authenticate(r, r.PostFormValue("username"), r.PostFormValue("password"))
	if errors.Is(err, auth.ErrNoMatch) {
		s.page(w, r, "Wrong username or password.")
		return
	}
	if err == nil {
		err = s.Auth.Login(r, user)
	}
	if err != nil {
		session.Abort(r, err)
	}
	http.Redirect(w, r, "/go/", http.StatusSeeOther)
}

func (s *app) logout(w http.ResponseWriter, r *http.Request) {
	s.Auth.Logout(r)
	http.Redirect(w, r, "/go/", http.StatusSeeOther)
}

// An item of the session, as the page shows it.
type item struct{ Name, Text string }

func (s *app) page(w http.ResponseWriter, r *http.Request, problem string) {
	var items []item
	for name, value := range session.From(r).All() {
		if !strings.HasPrefix(name, "_") { // those are auth's own, one of them a hash
			items = append(items, item{name, string(value)})
		}
	}
	var page bytes.Buffer
	err := pageTemplate.Execute(&page, map[string]any{
		"Fingerprint": session.From(r).Fingerprint(),
		"User":        auth.From(r),
		"Items":       items,
		"CSRF":        csrf.TemplateField(r),
		"Error":       problem,
	})
	if err != nil {
		session.Abort(r, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = page.WriteTo(w) // the visitor may have gone
}
