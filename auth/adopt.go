package auth

import (
	"errors"
	"net/http"

	"github.com/jamsession/jamsession/internal/authsession"
	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/session"
)

// adopt gives a login without a row one: a Django site has made it, or this one before it
// had devices. Of requests that do so at once one wins, and its row is that of all. After
// the response has begun it is too late; the next request does it.
//
// The session is saved at once, so that the row is that of a session. A row that is left
// when that is cut off lives for an hour.
func (m *Manager) adopt(r *http.Request, s *session.Session, user User, d onDevice) (User, error) {
	if authsession.HasBegun(s) {
		return user, nil
	}
	method := "earlier"
	if !s.Has(string(timeItem)) {
		method = "django"
	}
	own, err := d.start(r, devicekeeper.Login{UserID: user.ID, Method: method, Adopted: true})
	if _, refused := errors.AsType[*devicekeeper.Refused](err); refused {
		return User{}, end(r.Context(), s)
	}
	if err != nil {
		return User{}, err
	}
	own.follow(r, s)
	winner, err := enterFirst(r, s, own.id)
	if err != nil {
		own.forget(r.Context())
		return User{}, err
	}
	if winner == own.id {
		return user, nil
	}
	own.forget(r.Context())
	return m.enterWinner(r, s, user, own, winner)
}

// enterFirst stores the id of a device in the session, unless another request has stored
// one, and returns which it is.
func enterFirst(r *http.Request, s *session.Session, id string) (string, error) {
	deviceItem.Update(s, "", func(other string) string {
		if other != "" {
			return other
		}
		return id
	})
	if err := s.Save(r.Context()); err != nil {
		return "", err
	}
	return deviceItem.Get(s, ""), nil
}

// enterWinner lets in the user on the device of another request, which may be ended already.
func (m *Manager) enterWinner(
	r *http.Request, s *session.Session, user User, d onDevice, winner string,
) (User, error) {
	d.id, d.isNew = winner, false
	if err := d.look(r.Context()); err != nil {
		return User{}, err
	}
	if d.isEnded() {
		return User{}, endOfDevice(r.Context(), s)
	}
	d.follow(r, s)
	return user, nil
}
