package console

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/session"
)

// A userPage is what the page of a user shows.
type userPage struct {
	User    auth.User
	Own     bool // it is the viewer
	Keeps   bool // the site has devices
	Devices []devices.Device
	Limits  []throttle.Status

	DevicesProblem, LimitsProblem string
}

func (c *Console) user(w http.ResponseWriter, r *request) {
	user, ok := c.userOf(w, r)
	if !ok {
		return
	}
	p := userPage{User: user, Own: user.ID == r.viewer.ID, Keeps: c.site.Devices() != nil}
	var err error
	if p.Devices, err = c.devicesOf(r, user); err != nil {
		p.DevicesProblem = c.problem(r, "The devices", err)
	}
	if p.Limits, err = c.limitsOf(r.Context(), namesOf(user)...); err != nil {
		p.LimitsProblem = c.problem(r, "The limits", err)
	}
	c.render(w, r, statusOf(p.DevicesProblem+p.LimitsProblem), "user",
		page{Title: user.Username, Section: "users", Data: p})
}

// problem logs an error, and returns what the page says.
func (c *Console) problem(r *request, what string, err error) string {
	c.opts.Logger.ErrorContext(r.Context(), "console: not all could be read", slog.Any("error", err))
	return notAsked(what, err)
}

// userOf returns the user whom the address names. If there is none it has answered.
func (c *Console) userOf(w http.ResponseWriter, r *request) (auth.User, bool) {
	user, err := c.users.ByID(r.Context(), idOf(r.args[0]))
	switch {
	case errors.Is(err, auth.ErrUserNotFound):
		c.fail(w, r, http.StatusNotFound, "No such user", "Nobody has this ID, or the account was deleted.")
	case err != nil:
		c.fail(w, r, http.StatusServiceUnavailable, "Not now", c.problem(r, "The user", err))
	default:
		return user, true
	}
	return auth.User{}, false
}

// devicesOf returns where a user is logged in. The viewer's own device is marked.
func (c *Console) devicesOf(r *request, user auth.User) ([]devices.Device, error) {
	d := c.site.Devices()
	switch {
	case d == nil:
		return nil, nil
	case user.ID == r.viewer.ID:
		return d.List(r.Request)
	default:
		return d.ListUser(r.Context(), user.ID)
	}
}

// endDevice ends one login. The viewer's own ends by a logout, since this answer still uses it.
func (c *Console) endDevice(w http.ResponseWriter, r *request) {
	user, ok := c.userOf(w, r)
	if !ok {
		return
	}
	d, id := c.site.Devices(), r.PostFormValue("device")
	list, err := c.devicesOf(r, user)
	i := slices.IndexFunc(list, func(d devices.Device) bool { return d.ID == id })
	switch {
	case err != nil:
		c.fail(w, r, http.StatusServiceUnavailable, "Not now", c.problem(r, "The devices", err))
		return
	case i < 0:
		c.fail(w, r, http.StatusNotFound, "No such login", "It has ended already.")
		return
	case list[i].Current:
		c.fail(w, r, http.StatusConflict, "This is you", "To end your own login, log out.")
		return
	}
	if err := d.EndDevice(r.Context(), user.ID, id); err != nil && !errors.Is(err, devices.ErrNoDevice) {
		session.Abort(r.Request, err)
	}
	c.done(r, action{text: "Ended a login (" + list[i].Browser + ").", about: user, ends: true},
		"The login has ended: "+list[i].Browser+".")
	redirect(w, r.root()+"users/"+segment(user.ID)+"/")
}

// endAll ends all logins of a user, except for the viewer's own.
func (c *Console) endAll(w http.ResponseWriter, r *request) {
	user, ok := c.userOf(w, r)
	if !ok {
		return
	}
	own := user.ID == r.viewer.ID
	if err := c.endLogins(r, user, own); errors.Is(err, auth.ErrNoFloors) {
		c.fail(w, r, http.StatusConflict, "Not possible here", "There is no place for the ends of logins.")
		return
	} else if err != nil {
		session.Abort(r.Request, err)
	}
	a := action{text: "Ended all logins.", about: user, ends: true}
	if own {
		a.text = "Ended all own logins but this one."
	}
	c.done(r, a, "The logins have ended.")
	redirect(w, r.root()+"users/"+segment(user.ID)+"/")
}

func (c *Console) endLogins(r *request, user auth.User, own bool) (err error) {
	d := c.site.Devices()
	switch {
	case d == nil && own:
		return auth.ErrNoFloors // it would end this login, too
	case d == nil:
		ctx, cancel := context.WithTimeout(r.Context(), 2*c.budget) // for the records, which Django looks at
		defer cancel()
		_, err = c.site.Auth.EndSessions(ctx, c.site.Sessions, user)
	case own:
		_, err = d.EndOthers(r.Request)
	default:
		_, err = d.EndAll(r.Context(), user.ID)
	}
	return err
}

// deviceSession leads to the session of a login.
func (c *Console) deviceSession(w http.ResponseWriter, r *request) {
	key, err := c.sessionOf(r.Context(), idOf(r.args[0]), r.args[1])
	switch {
	case errors.Is(err, devices.ErrNoDevice):
		c.fail(w, r, http.StatusNotFound, "No such login", "It has ended.")
	case err != nil:
		c.fail(w, r, http.StatusServiceUnavailable, "Not now", c.problem(r, "The devices", err))
	case key == "":
		c.fail(w, r, http.StatusNotFound, "Its session is not known",
			"The browser holds it, or the login has not been used since it was found.")
	default:
		redirect(w, r.root()+"sessions/"+c.refs.seal(key)+"/")
	}
}
