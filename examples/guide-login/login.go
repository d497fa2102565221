package main

import (
	"errors"
	"net/http"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
)

// A login has the handlers of the login page.
type login struct{ auth *auth.Manager }

// An attempt is what the page shows of the last one, without its password.
type attempt struct{ Username, Problem string }

func (l *login) form(w http.ResponseWriter, r *http.Request) {
	if l.auth.RedirectAuthenticated(w, r) {
		return // somebody who is logged in goes on
	}
	show(w, r, http.StatusOK, loginPage, attempt{Username: auth.From(r).Username})
}

func (l *login) in(w http.ResponseWriter, r *http.Request) {
	name := r.PostFormValue("username")
	user, err := l.auth.Authenticate(r, name, r.PostFormValue("password"))
	var later *session.RetryError
	switch {
	case errors.Is(err, auth.ErrNoMatch):
		show(w, r, http.StatusOK, loginPage, attempt{name, "Wrong username or password."})
		return
	case errors.As(err, &later): // too many attempts, or too many wait
		later.SetHeader(w.Header())
		problem := later.Text + " Please try again in " + later.Wait() + "."
		show(w, r, later.Status, loginPage, attempt{name, problem})
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
