package main

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
)

//go:embed pages
var files embed.FS

// page returns a page of the folder pages, inside of base.html.
func page(name string) *template.Template {
	return template.Must(template.ParseFS(files, "pages/base.html", "pages/"+name+".html"))
}

var (
	homePage    = page("home")
	privatePage = page("private")
	loginPage   = page("login")
)

func home(w http.ResponseWriter, r *http.Request)    { show(w, r, http.StatusOK, homePage, nil) }
func private(w http.ResponseWriter, r *http.Request) { show(w, r, http.StatusOK, privatePage, nil) }

func style(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, files, "pages/style.css")
}

// show writes a page, with the messages that wait for the visitor. It is made in memory
// first, so that a template that fails leaves no half page behind.
func show(w http.ResponseWriter, r *http.Request, status int, page *template.Template, data any) {
	var text bytes.Buffer
	err := page.Execute(&text, map[string]any{
		"User": auth.From(r), "Token": csrf.TemplateField(r), "Messages": messages.Func(r), "Data": data,
	})
	if err != nil {
		session.Abort(r, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = text.WriteTo(w) // the visitor may have gone
}
