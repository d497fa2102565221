package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync"

	"github.com/jamsession/jamsession/internal/authsession"
	"github.com/jamsession/jamsession/internal/carrier"
	"github.com/jamsession/jamsession/internal/conceal"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

// ErrNoManager says that the request did not pass through [Manager.Handler].
var ErrNoManager = errors.New("auth: the request did not pass through Manager.Handler")

// errUnavailable says that a backend could not be asked. Nothing is known about
// the visitor, who must not be taken for anonymous. It is a
// session.ErrUnavailable, by which session.Abort and every ErrorHandler know it.
var errUnavailable error = unavailableError{}

type unavailableError struct{}

func (unavailableError) Error() string { return "auth: users are unavailable" }

func (unavailableError) Is(target error) bool { return target == session.ErrUnavailable }

// From returns the user who sent the request; the zero User, if the visitor
// is anonymous. If the session store or the user store fails, it stops the
// request by [session.Abort], and the session's manager answers 503. In a
// goroutine of its own, where nothing catches the panic, use [Load].
//
// The session and the users are asked once a request, at the first call of
// From or Load. From panics if the request did not pass through
// [Manager.Handler].
func From(r *http.Request) User {
	user, err := Load(r)
	stop(r, "From", err)
	return user
}

// stop returns if err is nil. It panics with a text for the programmer if a
// Handler is missing around the caller, and else stops the request.
func stop(r *http.Request, caller string, err error) {
	switch {
	case err == nil:
	case errors.Is(err, ErrNoManager):
		panic("auth: " + caller + ": the request did not pass through Manager.Handler")
	case errors.Is(err, session.ErrNoManager):
		panic("auth: " + caller + ": the request did not pass through the Handler of a session.Manager")
	default:
		session.Abort(r, err)
	}
}

// Load returns the user who sent the request, as [From] does, or an error
// that wraps [session.ErrUnavailable]: it could not be found out who sent it,
// which is not the same as anonymous. The error is
// ErrNoManager or [session.ErrNoManager] if the request did not pass through
// both managers.
func Load(r *http.Request) (User, error) {
	x := exchangeOf(r.Context())
	if x == nil {
		return User{}, ErrNoManager
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.load(r)
}

// load is Load while x is locked.
func (x *exchange) load(r *http.Request) (User, error) {
	if !x.known {
		x.user, x.err = x.m.lookup(r, &x.looking)
		x.known = true
	}
	return x.user, x.err
}

// setUser makes the user the one that From returns. Permissions of another
// user do not carry over.
func setUser(r *http.Request, user User) {
	x := exchangeOf(r.Context())
	if x == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.user, x.err, x.known = user, nil, true
	x.granted = nil
}

// lookup finds the user whom the session names. It asks the backend within
// the limit, which has not begun.
func (m *Manager) lookup(r *http.Request, limit *timelimit.Context) (User, error) {
	s, err := session.Load(r)
	if err != nil {
		return User{}, err
	}
	id := itemText(s, idItem)
	b := m.backend(itemText(s, backendItem))
	if id == "" || b == nil {
		return User{}, nil
	}
	d := m.deviceOf(s)
	limit.Begin(r.Context(), m.opts.Timeout)
	user, err := m.userOn(limit, b, id, &d)
	limit.End()
	switch {
	case errors.Is(err, ErrInactive):
		return User{}, m.endLogin(r.Context(), s, d)
	case errors.Is(err, ErrUserNotFound):
		m.logUnreadable(r.Context(), err)
		return User{}, nil
	case err != nil:
		return User{}, err
	case !user.IsAuthenticated():
		return User{}, nil
	}
	user.Backend = b.Name()
	return m.admit(r, s, user, d)
}

// admit lets the user in if the session was made for the present password, and
// since the user's sessions were last ended as a whole, and if its device was not ended.
func (m *Manager) admit(r *http.Request, s *session.Session, user User, d onDevice) (User, error) {
	ctx := r.Context()
	if d.isEnded() {
		return User{}, endOfDevice(ctx, s)
	}
	dead, err := m.isDead(ctx, s, user, &d)
	if err != nil {
		return User{}, err
	}
	verdict := m.judge(itemText(s, hashItem), user)
	if dead || verdict == hashWrong {
		return User{}, m.endLogin(ctx, s, d)
	}
	if verdict == hashOld {
		s.Set(hashItem, authHash(m.keys.Current(), user.Password))
	}
	return m.enterOn(r, s, user, d)
}

// end deletes a session that is nobody's any more. If several requests notice at once,
// it does not matter which of them deletes it. The messages that wait go into a new session
// of the visitor: "Your password is set", for example.
func end(ctx context.Context, s *session.Session) error {
	var waiting [2]json.RawMessage
	for i, item := range messageItems {
		waiting[i] = bytes.Clone(item.Get(s, nil))
	}
	authsession.Discard(s)
	if err := s.Save(ctx); err != nil || waiting[0] == nil || authsession.Overtaken(s) {
		return err
	}
	for i, item := range messageItems {
		if waiting[i] != nil {
			item.Set(s, waiting[i])
		}
	}
	return nil
}

var messageItems = [2]session.Item[json.RawMessage]{authsession.MessagesItem, authsession.MessageIDsItem}

// logUnreadable logs a session whose user nobody can be, which no login has
// written. Django answers 500 to it.
func (m *Manager) logUnreadable(ctx context.Context, err error) {
	if errors.Is(err, ErrInvalidUserID) {
		m.opts.Logger.WarnContext(ctx, "auth: unreadable user in a session; anonymous",
			slog.Any("error", err))
	}
}

// itemText returns an item as text, and a number as its digits. It is empty
// if there is no such item or it is something else.
func itemText(s *session.Session, name string) string {
	raw, err := session.Item[json.RawMessage](name).Lookup(s)
	if err != nil || len(raw) == 0 {
		return ""
	}
	if raw[0] == '"' {
		text, _ := session.Item[string](name).Lookup(s)
		return text
	}
	number, _ := session.Item[json.Number](name).Lookup(s)
	return number.String()
}

// Handler gives each request that reaches next its user, for [From] and
// [Load]. It belongs inside session's Manager.Handler. A request that does
// not ask for its user costs no I/O and does not touch its session.
//
// A second Handler of the same manager on one request steps aside.
func (m *Manager) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if carrier.Of[exchange](r.Context(), m) != nil {
			conceal.ServeHTTP(next, w, r)
			return
		}
		x := &exchange{m: m, req: r, header: w.Header()}
		x.Context = carrier.New(r.Context(), "auth exchange", m, x, nil)
		conceal.ServeHTTP(next, w, r.WithContext(x))
	})
}

// An exchange is one request with what is known about its visitor. It is also
// the request's context, which saves an allocation.
type exchange struct {
	carrier.Context[exchange]

	m      *Manager
	req    *http.Request // as it came to Handler
	header http.Header   // of the response

	mu      sync.Mutex
	known   bool // user and err are the answer
	user    User
	err     error
	granted *granted // nil: nobody has asked what the user may do
	typed   typed
	looking timelimit.Context // while a backend is asked for the user
}

func exchangeOf(ctx context.Context) *exchange { return carrier.From[exchange](ctx) }
