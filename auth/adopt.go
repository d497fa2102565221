package auth

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/internal/authsession"
	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/session"
)

// adopt gives a login without a row one: a Django site has made it, or this one before it
// had devices. Of requests that do so at once one wins, and its row is that of all. After
// the response has begun it is too late; the next request does it.
//
// The session is saved at once, so that the row is that of a session. A row that is left
// when that is cut off is listed for an hour.
//
// A login that was good before is good without a row, too, where nothing can be written.
func (m *Manager) adopt(r *http.Request, s *session.Session, user User, d onDevice) (User, error) {
	if authsession.HasBegun(s) || !m.mayAdopt(time.Now()) {
		return user, nil
	}
	own, err := d.start(r, adoptionOf(s, user))
	if _, refused := errors.AsType[*devicekeeper.Refused](err); refused {
		return User{}, end(r.Context(), s)
	}
	if err != nil {
		m.adoptLater(r.Context(), err)
		return user, nil
	}
	winner, err := enterFirst(r, s, own.id)
	switch {
	case errors.Is(err, session.ErrInterrupted): // another request has ended it, or moved it
		own.withdraw(r.Context())
		return User{}, err
	case err != nil:
		m.notAdopted(r.Context(), own, err)
		return user, nil
	case winner == own.id:
		own.isNew = false
		own.follow(r, s)
		own.keep(r.Context(), s)
		return user, nil
	}
	own.withdraw(r.Context())
	return m.enterWinner(r, s, user, own, winner)
}

// adoptionOf is the login of a session that has no row.
func adoptionOf(s *session.Session, user User) devicekeeper.Login {
	l := devicekeeper.Login{
		UserID: user.ID, Method: "earlier", Floor: floorOf(user),
		Adopted: true, Of: session.Fingerprint(s.Key()),
	}
	if !s.Has(string(timeItem)) {
		l.Method = "django"
	}
	l.Key, _ = authsession.RecordOf(s)
	return l
}

// enterFirst stores the id of a device in the session, unless another request has stored
// one, and returns which it is.
func enterFirst(r *http.Request, s *session.Session, id string) (string, error) {
	return authsession.SaveItem(r.Context(), s, string(deviceItem), func(other string) string {
		if other != "" {
			return other
		}
		return id
	})
}

// notAdopted is what becomes of a row whose session was not saved. If it is not known whether
// it was, the row stays: a session that names a row that is gone has ended.
func (m *Manager) notAdopted(ctx context.Context, d onDevice, err error) {
	if !errors.Is(err, session.ErrUnavailable) {
		d.withdraw(ctx) // there is no room in the session
		return
	}
	m.adoptLater(ctx, err)
}

// adoptEvery is how long no login is adopted after that has failed.
const adoptEvery = 10 * time.Second

// mayAdopt reports whether to try.
func (m *Manager) mayAdopt(now time.Time) bool {
	return now.Sub(time.UnixMicro(m.adoptFailed.Load())).Abs() >= adoptEvery
}

// adoptLater notes that nothing can be written now. A visitor who has left says nothing of that.
func (m *Manager) adoptLater(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	m.adoptFailed.Store(time.Now().UnixMicro())
	m.opts.Logger.WarnContext(ctx, "auth: logins without a device do not get one now", slog.Any("error", err))
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
