package main

import (
	"bytes"
	"errors"
	"html/template"
	"net/http"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
)

type login struct{ auth *auth.Manager }

var loginPage = page(`<p>{{.Error}}
{{if .User.IsAuthenticated}}<p>You are logged in as {{.User}}. Enter your password again to continue.{{end}}
<form method="post">{{.Token}}
<input name="username" autocomplete="username" required>
<input name="password" type="password" autocomplete="current-password" required>
<label><input name="remember" type="checkbox"> Remember me</label>
<button>Log in</button></form>`)

func (l *login) form(w http.ResponseWriter, r *http.Request) {
	if !l.auth.RedirectAuthenticated(w, r) {
		show(w, r, http.StatusOK, loginPage, "")
	}
}

func (l *login) in(w http.ResponseWriter, r *http.Request) {
	user, err := l.auth.Authenticate(r, r.PostFormValue("username"), r.PostFormValue("password"))
	var later *session.RetryError
	switch {
	case errors.Is(err, auth.ErrNoMatch):
		show(w, r, http.StatusUnauthorized, loginPage, "Wrong username or password.")
		return
	case errors.As(err, &later): // too many attempts, or too many wait
		later.SetHeader(w.Header())
		show(w, r, later.Status, loginPage, later.Text+" Please try again in "+later.Wait()+".")
		return
	case err == nil:
		err = l.auth.Login(r, user)
	}
	if err != nil {
		session.Abort(r, err) // the database is down: 503
	}
	l.auth.StayLoggedIn(r, r.PostFormValue("remember") != "")
	messages.Success(r, "Welcome, "+user.Username+".")
	http.Redirect(w, r, l.auth.SafeNext(r, "/"), http.StatusSeeOther)
}

func (l *login) out(w http.ResponseWriter, r *http.Request) {
	l.auth.Logout(r)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// page returns a template for show.
func page(body string) *template.Template {
	return template.Must(template.New("").Parse("<!doctype html><title>Site</title>" +
		`{{range call .Messages}}<p class="{{.Tags}}">{{.HTML}}</p>{{end}}` + body))
}

// show writes a page, with the messages that wait for the visitor.
func show(w http.ResponseWriter, r *http.Request, status int, page *template.Template, problem string) {
	var text bytes.Buffer
	err := page.Execute(&text, map[string]any{
		"User": auth.From(r), "Token": csrf.TemplateField(r), "Messages": messages.Func(r), "Error": problem,
	})
	if err != nil {
		session.Abort(r, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = text.WriteTo(w)
}
