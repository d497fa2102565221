package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"strings"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
)

func (s *site) signupForm(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "signup", "Sign up", &form{})
}

// signup makes a user and logs him in.
func (s *site) signup(w http.ResponseWriter, r *http.Request) {
	f := &form{
		Username: strings.TrimSpace(r.PostFormValue("username")),
		Email:    strings.TrimSpace(r.PostFormValue("email")),
	}
	user := s.create(r, f, r.PostFormValue("password"), r.PostFormValue("again"))
	if len(f.Problems) > 0 {
		s.renderForm(w, r, "signup", "Sign up", f)
		return
	}
	s.admit(r, user)
	messages.Success(r, "Welcome, "+user.Username+". Your account is ready.")
	redirect(w, r, path("dashboard"))
}

// create stores the user of a form, or adds to the form what is wrong with it.
// The password is judged, and hashed, before the table is asked.
func (s *site) create(r *http.Request, f *form, password, again string) auth.User {
	user := auth.User{Username: f.Username, Email: f.Email, IsActive: true}
	if !isAddress(f.Email) {
		f.fail("email", "This is no e-mail address.")
	}
	if err := s.Auth.CheckPassword(user, password); err != nil && !f.failPassword(err) {
		session.Abort(r, err)
	}
	f.repeat(password, again)
	if len(f.Problems) > 0 {
		return auth.User{}
	}
	var err error
	if user.Password, err = s.Hashers.Hash(r.Context(), password); err != nil {
		session.Abort(r, err)
	}
	user, err = s.Users.Create(r.Context(), user)
	switch {
	case errors.Is(err, sqlusers.ErrUserExists):
		f.fail("username", "This username is taken.")
	case errors.Is(err, sqlusers.ErrInvalid):
		f.fail("username", "A username has up to 150 letters, digits and @ . + - _ only.")
	case err != nil:
		session.Abort(r, fmt.Errorf("%w: %w", auth.ErrUnavailable, err))
	}
	return user
}

// isAddress reports whether text is a plain address, which fits Django's
// column.
func isAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text && len(text) <= 254
}
