package main

import (
	"errors"
	"net/http"

	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
)

// devices lists where the visitor is logged in.
func (s *app) devices(w http.ResponseWriter, r *http.Request) {
	if s.Devices() == nil { // as the settings say
		s.notFound(w, r)
		return
	}
	list, err := s.Devices().List(r)
	if err != nil {
		session.Abort(r, err)
	}
	s.render(w, r, http.StatusOK, "devices", "Where you are logged in", list)
}

// endDevice ends the login on one device, or on all others.
func (s *app) endDevice(w http.ResponseWriter, r *http.Request) {
	if s.Devices() == nil {
		s.notFound(w, r)
		return
	}
	var err error
	if id := r.PostFormValue("device"); id != "" {
		err = s.Devices().End(r, id)
	} else {
		_, err = s.Devices().EndOthers(r)
	}
	if err != nil && !errors.Is(err, devices.ErrNoDevice) { // it has ended already
		session.Abort(r, err)
	}
	messages.Success(r, "You are logged out there.")
	redirect(w, r, path("devices"))
}
