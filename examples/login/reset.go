package main

import (
	"errors"
	"net/http"

	"github.com/jamsession/jamsession/auth/reset"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
)

func (s *app) resetForm(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "reset", "Reset your password", &form{First: "username"})
}

// reset gives every address and name the same answer, so that it does not
// reveal who has an account.
func (s *app) reset(w http.ResponseWriter, r *http.Request) {
	f := &form{Username: r.PostFormValue("username")}
	if err := s.resets.Request(r, f.Username); err != nil {
		if !f.failForNow(w.Header(), err) {
			session.Abort(r, err)
		}
		s.renderForm(w, r, "reset", "Reset your password", f)
		return
	}
	messages.Info(r, "If there is an account, we will send a link to its email address.")
	redirect(w, r, path("login"))
}

// newPasswordForm opens a link from a mail. Its token moves into the session,
// and out of the URL.
func (s *app) newPasswordForm(w http.ResponseWriter, r *http.Request) {
	guardLink(w)
	user, moved, err := s.resets.Open(r, r.PathValue("id"), r.PathValue("token"))
	switch {
	case moved:
		reset.Redirect(w, r, "../"+reset.KeptToken+"/")
	case errors.Is(err, reset.ErrBadLink):
		s.badLink(w, r)
	case err != nil:
		session.Abort(r, err)
	default:
		f := &form{Username: user.Username, First: "password"}
		s.render(w, r, http.StatusOK, "newpassword", "New password", f)
	}
}

// newPassword sets the password. The user then logs in with it.
func (s *app) newPassword(w http.ResponseWriter, r *http.Request) {
	guardLink(w)
	id, password := r.PathValue("id"), r.PostFormValue("password")
	user, _, err := s.resets.Open(r, id, reset.KeptToken)
	f := &form{Username: user.Username}
	if f.repeated(r, password); err == nil && len(f.Problems) == 0 {
		_, err = s.resets.Finish(r, id, password)
	}
	if errors.Is(err, reset.ErrBadLink) {
		s.badLink(w, r)
		return
	}
	if err != nil && !f.failPassword(err) {
		session.Abort(r, err)
	}
	if len(f.Problems) > 0 {
		s.renderForm(w, r, "newpassword", "New password", f)
		return
	}
	messages.Success(r, "Your new password is set. You can now log in with it.")
	redirect(w, r, path("login"))
}

func (s *app) badLink(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusNotFound, "badlink", "Link not valid", nil)
}

// guardLink keeps the link out of caches. The referrer policy of all pages,
// "same-origin", decides what other sites learn. It is not "no-referrer": with
// that, browsers send the form with "Origin: null", which the CSRF check
// refuses.
func guardLink(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "private, no-store")
}
