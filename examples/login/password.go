package main

import (
	"errors"
	"net/http"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
)

func (s *app) passwordForm(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "password", "Change password", &form{First: "old"})
}

// changePassword keeps this session, and ends all others of the user.
func (s *app) changePassword(w http.ResponseWriter, r *http.Request) {
	f := &form{}
	password := r.PostFormValue("password")
	if f.repeated(r, password); len(f.Problems) == 0 {
		s.tryPassword(w, r, f, r.PostFormValue("old"), password)
	}
	if len(f.Problems) > 0 {
		s.renderForm(w, r, "password", "Change password", f)
		return
	}
	messages.Success(r, "Your password has been changed. You are logged out everywhere else.")
	redirect(w, r, path("dashboard"))
}

func (s *app) tryPassword(w http.ResponseWriter, r *http.Request, f *form, old, password string) {
	err := s.Auth.ChangePassword(r, old, password)
	switch {
	case errors.Is(err, auth.ErrNoMatch):
		f.fail("old", "Your current password is wrong.")
	case errors.Is(err, auth.ErrPasswordChanged):
		f.fail("old", "Your password was changed meanwhile. Log in again.")
	case err != nil && !f.failPassword(err) && !f.failForNow(w.Header(), err):
		session.Abort(r, err)
	}
}
