package auth

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/internal/authsession"
	"github.com/jamsession/jamsession/internal/signing"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

// The items of a logged-in session, as Django names them.
const (
	idItem      = authsession.UserItem // always text
	backendItem = "_auth_user_backend"
	hashItem    = "_auth_user_hash"
)

// Login makes the visitor the user, from now until [Manager.Logout]. The session gets a
// new key, and the old one stops working: a key that somebody knew before the login opens
// nothing afterwards. The secret against cross-site requests changes as well. The items
// of an anonymous visitor's session stay; a session of another user, or of the same user
// before a change of the password, is emptied.
//
// The user is one from [Manager.Authenticate]. For a login by other means take
// the user as the backend or the user store has just returned it, and set
// [User.Backend], unless only one backend is configured. A user whose password
// was changed, or whose sessions were ended, after that is not logged in at the
// next request. Call it before the response begins, since the cookie changes.
// After an error the visitor is who they were before: it wraps [session.ErrUnavailable], or says
// that there is no such user or backend, or is that of a limit of Options.Devices.
func (m *Manager) Login(r *http.Request, user User) error {
	b, err := m.backendOf(user)
	if err != nil {
		return err
	}
	s, err := session.Load(r)
	if err != nil {
		return err
	}
	user.Backend = b.Name()
	hash := authHash(m.keys.Current(), user.Password)
	anew := s.Has(idItem) && (itemText(s, idItem) != user.ID ||
		!sameHash(itemText(s, hashItem), hash))
	if rec, ok := b.(LoginRecorder); ok {
		user.LastLogin = time.Now()
		if err := m.record(r.Context(), rec, user); err != nil {
			return unavailable(b, err)
		}
	}
	device, err := m.startDevice(r, s, user, anew) // last: it ends what the session was before
	if err != nil {
		return err
	}
	if anew || device.lost {
		s.Flush()
	}
	s.CycleKey()
	authsession.StartAnew(s) // each of two requests from one form has proved who it is
	s.Set(idItem, user.ID)
	s.Set(backendItem, user.Backend)
	s.Set(hashItem, hash)
	timeItem.Set(s, time.Now().Unix())
	floorItem.Set(s, floorOf(user))
	device.enter(r, s)
	setUser(r, user)
	csrf.Rotate(r)
	m.tellLogin(r, user, device)
	m.loggedIn(r, user)
	if m.opts.OnLogin != nil {
		m.opts.OnLogin(r, user)
	}
	return nil
}

// tellLogin reports a login, before its attempt is taken.
func (m *Manager) tellLogin(r *http.Request, user User, d onDevice) {
	method := methodOther
	if exchangeOf(r.Context()).hasTyped(user) {
		method = methodPassword
	}
	m.Report(r, Event{Kind: EventLogin, UserID: user.ID, DeviceID: d.id, Method: method})
}

// record lets the backend keep the time of the login.
func (m *Manager) record(ctx context.Context, rec LoginRecorder, user User) error {
	ctx, cancel := m.within(ctx)
	defer cancel()
	return rec.RecordLogin(ctx, user, user.LastLogin)
}

// backendOf returns the backend that vouched for the user.
func (m *Manager) backendOf(user User) (Backend, error) {
	if !user.IsAuthenticated() {
		return nil, errors.New("auth: Login: the anonymous user cannot be logged in")
	}
	if user.Backend == "" && len(m.backends) == 1 {
		return m.backends[0], nil
	}
	if b := m.backend(user.Backend); b != nil {
		return b, nil
	}
	return nil, fmt.Errorf("auth: Login: User.Backend %q is not one of the manager's backends", user.Backend)
}

// Logout ends the visitor's session: it removes all items, and deletes the record before
// the response begins. If that fails, the answer is an error page and not the handler's.
// Call it for POST requests only, or a link in another site's page logs people out. A
// message about it belongs after the call: what is in the session before goes with it.
//
// The login's row in Options.Devices is deleted at once. If that fails, Logout stops the
// request by [session.Abort].
//
// A session that the request has not looked at is deleted without being loaded, unless
// Options.Devices, OnLogout or OnEvent need to know whose it is. If another process has moved
// it to another key just before, it counts as one that had ended.
func (m *Manager) Logout(r *http.Request) {
	if m.keepsLogoutsQuiet() && authsession.FlushUnasked(r) {
		setUser(r, User{})
		return
	}
	s := session.From(r)
	device, id := m.deviceOf(s), itemText(s, idItem)
	if m.opts.OnLogout != nil {
		user, err := Load(r)
		if err != nil {
			user = User{} // the logout is what matters
		}
		m.opts.OnLogout(r, user)
	}
	s.Flush()
	setUser(r, User{})
	err := device.end(r.Context())
	if err == nil && device.id != "" {
		authsession.LoginEnded(s) // others who see that in the table delete its session, too
	}
	if id != "" {
		m.Report(r, Event{Kind: EventLogout, UserID: id, DeviceID: device.id})
	}
	if err != nil {
		session.Abort(r, err)
	}
}

// keepsLogoutsQuiet reports whether nobody wants to know whose session a logout ends, so that it
// need not be loaded.
func (m *Manager) keepsLogoutsQuiet() bool {
	return m.keeper() == nil && m.opts.OnLogout == nil && m.opts.OnEvent == nil
}

// UpdateSessionAuthHash keeps this session logged in when its user has
// changed the password, which ends all others. Look the visitor up first,
// with [From] or a gate; then store the new password, and call this with the
// user as it is stored now. The session gets a new key. (Django:
// update_session_auth_hash.)
func (m *Manager) UpdateSessionAuthHash(r *http.Request, user User) error {
	current, err := Load(r)
	if err != nil {
		return err
	}
	s := session.From(r)
	s.CycleKey()
	if !user.IsAuthenticated() || current.ID != user.ID {
		return nil
	}
	s.Set(hashItem, authHash(m.keys.Current(), user.Password))
	user.Backend = current.Backend
	setUser(r, user)
	m.renew(s, user)
	return nil
}

// StayLoggedIn is for a checkbox "Remember me" on the login page: call it after
// [Manager.Login]. If stay is true, the session lives for Options.StayLoggedInAge after
// its last use, even if the browser is closed. Otherwise it ends with the browser. The
// limits of the session's manager apply in both cases.
//
// The session itself lives longer; there is no second cookie that could outlive a logout
// or a change of the password.
func (m *Manager) StayLoggedIn(r *http.Request, stay bool) {
	s := session.From(r)
	if stay {
		s.SetExpiry(m.opts.StayLoggedInAge)
		return
	}
	s.ExpireAtBrowserClose()
}

// authHashSalt names the place of the method with which Django makes the
// hash.
const authHashSalt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"

// authHash ties a session to a password: it is kept in the session and
// compared on each request, so that a changed password ends the sessions of
// its user. It is HMAC-SHA256 of the encoded password, in hex, under the key.
// (Django: get_session_auth_hash.)
func authHash(key secret.Text, encodedPassword string) string {
	return hex.EncodeToString(
		signing.SaltedHMAC(authHashSalt, key, []byte(encodedPassword)))
}

// A verdict is what the hash in a session says.
type verdict int

const (
	hashWrong verdict = iota // the password has changed, or it was forged
	hashGood
	hashOld // made with one of the older keys
)

// judge compares the hash in a session with the user's.
func (m *Manager) judge(stored string, user User) verdict {
	found := hashGood // the current key is the first
	for key := range m.keys.All() {
		if sameHash(stored, authHash(key, user.Password)) {
			return found
		}
		found = hashOld
	}
	return hashWrong
}

func sameHash(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
