package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sync/atomic"

	"github.com/jamsession/jamsession/auth/internal/hashwidth"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

// A Manager logs visitors in and out, and finds the user of a request. Make one with
// [New]; it is safe for concurrent use.
type Manager struct {
	keys     secret.Keys
	opts     Options
	backends []Backend
	users    UserStore // nil: only backends know users
	loginURL *url.URL
	attached atomic.Value // the last devicekeeper.Keeper, which knows the manager

	adoptFailed atomic.Int64 // when a login got no device, since nothing could be written; microseconds
}

// New returns a manager. The keys are Django's SECRET_KEY and
// SECRET_KEY_FALLBACKS; anybody who knows one of them and the password
// hashes can forge logins. Sessions of logins made with an older key stay
// logged in, and are moved to the current one when they are next used.
//
// Users may be nil if the options name backends; passwords can then not be
// changed. The options may be nil. The error says what is missing or
// contradictory, such as hashers whose strings do not fit into the column of the users.
func New(users UserStore, keys secret.Keys, o *Options) (*Manager, error) {
	m := &Manager{keys: keys, opts: o.withDefaults(), users: users}
	if keys.IsZero() {
		return nil, errors.New("auth: no keys; make them with secret.NewKeys")
	}
	if err := m.opts.check(); err != nil {
		return nil, err
	}
	var err error
	if m.loginURL, err = parseLoginURL(m.opts.LoginURL); err != nil {
		return nil, err
	}
	if err := m.checkWidth(); err != nil {
		return nil, err
	}
	if m.opts.Backends == nil {
		if users == nil {
			return nil, errors.New("auth: no users and no backends")
		}
		m.opts.Backends = []Backend{newModelBackend(users, m.opts.Hashers)}
	}
	for _, b := range m.opts.Backends {
		if model, ok := b.(*modelBackend); ok {
			b = model.under(&m.opts)
		}
		m.backends = append(m.backends, b)
	}
	m.keeper() // administrators may come before any request
	return m, nil
}

// checkWidth refuses hashers whose strings the users could not store, before anybody chooses a password.
func (m *Manager) checkWidth() error {
	room := hashwidth.Room(m.users)
	if room == 0 {
		return nil
	}
	if written := hashwidth.Written(m.opts.Hashers); written > room {
		return fmt.Errorf("auth: Options.Hashers: a new hash has %d characters, and the column for it %d:"+
			" choose a shorter hash or lower costs", written, room)
	}
	return nil
}

// within returns ctx with a deadline for one question.
func (m *Manager) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return timelimit.Within(ctx, m.opts.Timeout)
}

// Authenticate returns the user with this name and password, from the first
// backend that knows the user. It does not log the user in: see [Manager.Login].
//
// The error is ErrNoMatch if there is none, and if a backend denied the login: show the
// form again. A password that has another form in Unicode, composed or decomposed, is
// tried in both, as two guesses for the limiter and the queue: the keyboard of one device
// may write "é" as one character, and that of another as two. If Options.Limiter stops the
// attempt, the error is the limiter's, such as a
// *[session.RetryError]; the limiter gets the user of the name, if the backend is a
// [UserFinder]. Any other error wraps [session.ErrUnavailable]: the backends could not tell, for
// example because too many requests wait for a hash, which is [password.ErrBusy].
// [session.Abort] answers all of these except ErrNoMatch, with 429 or 503.
func (m *Manager) Authenticate(r *http.Request, username, password string) (User, error) {
	var user User
	var attempt Attempt
	err := session.Measure(r.Context(), m.opts.Probe, session.OpLogin, func(ctx context.Context) (err error) {
		user, attempt, err = m.recognize(r.WithContext(ctx), username, password)
		return err
	})
	if errors.Is(err, ErrNoMatch) || errors.Is(err, ErrDenied) {
		m.Report(r, Event{Kind: EventLoginFailed, Method: methodPassword, UserID: attempt.User.ID})
		m.hookFailedLogin(r, map[string]string{"username": username, "password": password})
		return User{}, ErrNoMatch
	}
	if err != nil {
		m.tellUnavailable(r, attempt, err)
		return User{}, err
	}
	if x := exchangeOf(r.Context()); x != nil {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.typed = typed{attempt, user.ID, user.Backend}
	}
	return user, nil
}

// recognize finds the user with this name and password, if the limiter lets it.
func (m *Manager) recognize(r *http.Request, username, password string) (User, Attempt, error) {
	if err := m.refused(r); err != nil {
		return User{}, Attempt{}, err
	}
	ctx := withFinds(r.Context())
	attempt, err := m.attempt(ctx, username)
	if err != nil {
		return User{}, attempt, err
	}
	if err := m.limit(r, attempt); err != nil {
		return User{}, attempt, err
	}
	var user User
	err = m.inEachForm(r, attempt, password, func(form string) (err error) {
		user, err = m.ask(ctx, r, attempt, form)
		return err
	})
	return user, attempt, err
}

// ask asks the backends in order.
func (m *Manager) ask(ctx context.Context, r *http.Request, a Attempt, password string) (User, error) {
	ctx = m.queued(ctx)
	for i, b := range m.backends {
		user, err := m.authenticate(ctx, b, a.Username, password)
		switch {
		case errors.Is(err, ErrNoMatch):
			continue
		case errors.Is(err, ErrDenied):
			return User{}, err
		case err == nil && !user.IsAuthenticated():
			err = errors.New("a user without an ID")
		}
		if err != nil {
			if _, ok := b.(*modelBackend); ok && i == 0 { // another may have looked at the password
				m.giveBackIfBusy(r, a, err)
			}
			return User{}, unavailable(b, err)
		}
		user.Backend = b.Name()
		return user, nil
	}
	return User{}, ErrNoMatch
}

// authenticate asks one backend. A ModelBackend limits its questions itself,
// and takes the time that a hash needs.
func (m *Manager) authenticate(ctx context.Context, b Backend, username, password string) (User, error) {
	if _, ok := b.(*modelBackend); !ok {
		limited, cancel := m.within(ctx)
		defer cancel()
		ctx = limited
	}
	return b.Authenticate(ctx, username, password)
}

// backend returns the configured backend of this name, or nil.
func (m *Manager) backend(name string) Backend {
	for _, b := range m.backends {
		if isNamed(b, name) {
			return b
		}
	}
	return nil
}

// isNamed reports whether a session with this name is one of the backend.
func isNamed(b Backend, name string) bool {
	model, ok := b.(*modelBackend)
	return b.Name() == name || ok && slices.Contains(model.names, name)
}

func unavailable(b Backend, err error) error {
	return fmt.Errorf("%w: %s: %w", errUnavailable, b.Name(), err)
}

// secretName matches the names of credentials whose values nobody may see.
// It is as broad as Django's: "secretary" is starred out, too.
var secretName = regexp.MustCompile(`(?i)api|token|key|secret|password|signature`)

const stars = "********************"

// ReportFailedLogin tells Options.OnEvent and OnLoginFailed of a failed login. [Manager.Authenticate]
// does it itself; a login by other means, such as a one-time code, calls it with the
// values that the visitor sent. The hook gets a copy in which values are replaced by
// asterisks if their name contains "api", "token", "key", "secret", "password" or
// "signature", in either case.
func (m *Manager) ReportFailedLogin(r *http.Request, credentials map[string]string) {
	m.Report(r, Event{Kind: EventLoginFailed, Method: methodOther})
	m.hookFailedLogin(r, credentials)
}

func (m *Manager) hookFailedLogin(r *http.Request, credentials map[string]string) {
	if m.opts.OnLoginFailed == nil {
		return
	}
	clean := make(map[string]string, len(credentials))
	for name, value := range credentials {
		if secretName.MatchString(name) {
			value = stars
		}
		clean[name] = value
	}
	m.opts.OnLoginFailed(r, clean)
}
