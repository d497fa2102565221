package main

import (
	"errors"
	"net/http"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
)

// loginForm is shown to users who are logged in only if they come from a page
// that asks for a recent login, or typed another name in a second tab.
func (s *app) loginForm(w http.ResponseWriter, r *http.Request) {
	if s.Auth.RedirectAuthenticated(w, r) {
		return
	}
	s.render(w, r, http.StatusOK, "login", "Log in", &form{
		Next: r.FormValue("next"), Username: auth.From(r).Username, First: "username",
	})
}

// login checks the password. The answer to a wrong one does not reveal whether
// the user exists.
func (s *app) login(w http.ResponseWriter, r *http.Request) {
	name := r.PostFormValue("username")
	user, err := s.Auth.Authenticate(r, name, r.PostFormValue("password"))
	f := &form{Next: r.FormValue("next"), Username: name}
	if errors.Is(err, auth.ErrNoMatch) {
		f.fail("username", "Wrong username or password.")
	} else if err != nil && !f.failForNow(w.Header(), err) {
		session.Abort(r, err)
	}
	if len(f.Problems) > 0 {
		s.renderForm(w, r, "login", "Log in", f)
		return
	}
	s.admit(r, user)
	s.Auth.StayLoggedIn(r, r.PostFormValue("remember") != "")
	messages.Success(r, "You are logged in as "+user.Username+".")
	redirect(w, r, s.Auth.SafeNext(r, path("dashboard")))
}

// admit logs the visitor in as the user.
func (s *app) admit(r *http.Request, user auth.User) {
	if err := s.Auth.Login(r, user); err != nil {
		session.Abort(r, err)
	}
	session.From(r).Set("is_logged_in", true)
}

// logout is reached by POST only, or a link in a foreign page could log people
// out.
func (s *app) logout(w http.ResponseWriter, r *http.Request) {
	s.Auth.Logout(r)
	messages.Success(r, "You are logged out.")
	redirect(w, r, s.Settings.Get("LOGOUT_REDIRECT_URL"))
}

// dashboard is the page for everybody who is logged in.
func (s *app) dashboard(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "dashboard", "Dashboard", session.From(r))
}
