package main

import (
	"errors"
	"net/http"
	"strings"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/mail"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
)

func (s *app) signupForm(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "signup", "Sign up", &form{First: "username"})
}

// signup makes a user and logs the visitor in.
func (s *app) signup(w http.ResponseWriter, r *http.Request) {
	f := &form{
		Username: strings.TrimSpace(r.PostFormValue("username")),
		Email:    strings.TrimSpace(r.PostFormValue("email")),
	}
	if !isAddress(f.Email) {
		f.fail("email", "Enter a valid email address.")
	}
	password := r.PostFormValue("password")
	var user auth.User
	if f.repeated(r, password); len(f.Problems) == 0 {
		user = s.create(w, r, f, password)
	}
	if len(f.Problems) > 0 {
		s.renderForm(w, r, "signup", "Sign up", f)
		return
	}
	s.admit(r, user)
	messages.Success(r, "Welcome, "+user.Username+". Your account is ready.")
	redirect(w, r, path("dashboard"))
}

// create stores the user of a form, or adds to the form what is wrong with it.
// Sign-ups are limited by source; too many at once are answered with 503.
func (s *app) create(w http.ResponseWriter, r *http.Request, f *form, password string) auth.User {
	user, err := s.Auth.SignUp(r, auth.User{Username: f.Username, Email: f.Email, IsActive: true}, password)
	switch {
	case errors.Is(err, auth.ErrUserExists):
		f.fail("username", "This username is already taken.")
	case errors.Is(err, auth.ErrInvalidUser):
		f.fail("username", "A username may have up to 150 letters, digits and @ . + - _ characters.")
	case err != nil && !f.failPassword(err) && !f.failForNow(w.Header(), err):
		session.Abort(r, err)
	}
	return user
}

// isAddress reports whether text is a plain address to which mails can be sent.
func isAddress(text string) bool { return mail.Message{To: text}.Check() == nil }
