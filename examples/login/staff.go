package main

import (
	"net/http"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/session"
)

// mostUsers is how many users the page for staff lists.
const mostUsers = 100

// staff lists the users.
func (s *app) staff(w http.ResponseWriter, r *http.Request) {
	var users []auth.User
	for user, err := range s.Users().List(r.Context()) {
		if err != nil {
			session.Abort(r, err)
		}
		if users = append(users, user); len(users) == mostUsers {
			break
		}
	}
	s.render(w, r, http.StatusOK, "staff", "Staff", users)
}
