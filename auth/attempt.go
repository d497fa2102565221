package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/jamsession/jamsession/secret"
)

// An Attempt is one guess at a password, for a [Limiter]. Where no user is
// meant, as at the request of a reset mail, it is a literal with a name only.
//
// An Attempt prints, logs and encodes as JSON as nothing.
type Attempt struct {
	Username string // as the visitor typed it

	userID   string // of the user whom it means; empty if that is nobody
	password secret.Text
}

// NewAttempt returns an attempt at the password of a user, as the user is
// stored now; the zero User is nobody.
func NewAttempt(username string, user User) Attempt {
	if !user.IsAuthenticated() {
		return Attempt{Username: username}
	}
	return Attempt{username, user.ID, secret.New(user.Password)}
}

// UserID returns the [User.ID] of the user. It is empty if the name is nobody's,
// or its backend is not a [UserFinder].
func (a Attempt) UserID() string { return a.userID }

// AuthHash returns a MAC of the user's password under a key, as a session has
// it: it changes when the password does.
func (a Attempt) AuthHash(key secret.Text) string { return authHash(key, a.password.Reveal()) }

// Format implements [fmt.Formatter]: with every verb, an Attempt prints as its
// type. People type their password into the wrong field.
func (a Attempt) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("auth.Attempt{}")) }

// LogValue implements [slog.LogValuer]: an Attempt logs as its type.
func (a Attempt) LogValue() slog.Value { return slog.StringValue("auth.Attempt{}") }

// MarshalJSON implements json.Marshaler: an Attempt is an empty object.
func (a Attempt) MarshalJSON() ([]byte, error) { return []byte("{}"), nil }

// A UserFinder is a [Backend] that can tell whom a name means before the
// password is looked at. [Manager.Authenticate] asks for that if there is an
// Options.Limiter, so that devices can be known to a user with the present
// password, and not to a name. [ModelBackend] is one.
type UserFinder interface {
	Backend

	// FindUser returns the user whom Authenticate would look for, active or
	// not, or an error that wraps ErrUserNotFound. It must do the same for a
	// name that is nobody's, or the time tells strangers who has an account.
	// Any other error ends the attempt: it could not be found out.
	FindUser(ctx context.Context, username string) (User, error)
}

// attempt returns an attempt on this name. It asks all backends, whether one
// has found the user or not, so that this takes the same time.
func (m *Manager) attempt(ctx context.Context, username string) (Attempt, error) {
	a := Attempt{Username: username}
	if m.opts.Limiter == nil {
		return a, nil
	}
	for _, b := range m.backends {
		finder, ok := b.(UserFinder)
		if !ok {
			continue
		}
		user, err := m.find(ctx, finder, username)
		if err != nil && !errors.Is(err, ErrUserNotFound) {
			return Attempt{}, unavailable(b, err)
		}
		if err == nil && a.UserID() == "" {
			a = NewAttempt(username, user)
		}
	}
	return a, nil
}

func (m *Manager) find(ctx context.Context, f UserFinder, username string) (User, error) {
	ctx, cancel := m.within(ctx)
	defer cancel()
	return f.FindUser(ctx, username)
}

// finds are what ModelBackends found for the attempt of a request, so that
// none has to look twice. A backend of the program's own may stand around one,
// and ask it for another name.
type finds struct {
	mu  sync.Mutex
	all []find
}

type find struct {
	by       *ModelBackend
	username string
	user     User
	err      error
}

type findsKey struct{}

// withFinds returns a context that remembers what is found.
func withFinds(ctx context.Context) context.Context {
	return context.WithValue(ctx, findsKey{}, new(finds))
}

func (f *finds) add(found find) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, found)
}

// take returns, once, what the backend has found under this name.
func (f *finds) take(by *ModelBackend, username string) (find, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, found := range f.all {
		if found.by == by && found.username == username {
			f.all = append(f.all[:i:i], f.all[i+1:]...)
			return found, true
		}
	}
	return find{}, false
}
