package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/jamsession/jamsession/auth/password"
)

// ErrPasswordChanged says that the user's password was changed by somebody
// else since he was looked up, or that he is gone. Nothing was stored.
var ErrPasswordChanged = errors.New("auth: the password was changed meanwhile")

// ErrNoUsers says that the manager has no user store of its own, only
// backends: passwords are theirs to change. [Manager.SignUp] says so, too, if
// the store is no [UserCreator].
var ErrNoUsers = errors.New("auth: the manager has no users that it could make or change")

// A PasswordError says why a new password is not accepted. Show its problems
// beside the form.
type PasswordError struct {
	Problems []*password.Problem
}

// Error returns the messages of the problems.
func (e *PasswordError) Error() string {
	texts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		texts[i] = p.Message
	}
	return "auth: new password: " + strings.Join(texts, " ")
}

// ChangePassword replaces the visitor's password, if old is the present one.
// His session stays, with a new key; all his other sessions end at their next
// request.
//
// The error is [ErrNoMatch] if old is wrong, and a [*PasswordError] if
// Options.Validators refuse the new one. If Options.Limiter stops the attempt
// it is the limiter's. Otherwise it is [ErrPasswordChanged] or [ErrNoUsers], or
// wraps [ErrUnavailable], also if too many wait for a hash, which is a
// *[password.BusyError]. (Django: PasswordChangeView.)
func (m *Manager) ChangePassword(r *http.Request, old, new string) error {
	current, err := Load(r)
	switch {
	case err != nil:
		return err
	case m.users == nil:
		return ErrNoUsers
	case !current.IsAuthenticated():
		return ErrNoMatch
	}
	attempt := NewAttempt(current.Username, current)
	if err := m.limit(r, attempt); err != nil {
		return err
	}
	ctx := m.queued(r.Context())
	ok, _, err := m.opts.Hashers.Verify(ctx, old, current.Password)
	if err != nil {
		m.giveBack(r, attempt, err)
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if !ok {
		return ErrNoMatch
	}
	m.succeeded(r, attempt)
	user, err := m.SetPassword(ctx, current, new)
	if err != nil {
		return err
	}
	m.makeKnown(r, current.Username, user)
	return m.UpdateSessionAuthHash(r, user)
}

// SetPassword replaces the password of the user without asking for the old
// one, and returns him with the new hash. It ends all his sessions. The user
// must be as he was looked up: it is his old hash that is replaced, in one
// step, so that of two requests with one reset link a single one counts. Its
// errors are those of [Manager.ChangePassword], without ErrNoMatch.
func (m *Manager) SetPassword(ctx context.Context, user User, new string) (User, error) {
	if m.users == nil {
		return User{}, ErrNoUsers
	}
	if err := m.CheckPassword(user, new); err != nil {
		return User{}, err
	}
	encoded, err := m.hash(ctx, new)
	if err != nil {
		return User{}, err
	}
	replaced, err := replacePassword(ctx, m.users, m.opts.Timeout, user, encoded)
	switch {
	case err != nil:
		return User{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	case !replaced:
		return User{}, ErrPasswordChanged
	}
	user.Password = encoded
	return user, nil
}

// CheckPassword returns a [*PasswordError] if Options.Validators refuse the
// password for the user, who need not exist yet. [Manager.SignUp] and
// [Manager.SetPassword] call it. (Django: validate_password.)
func (m *Manager) CheckPassword(user User, new string) error {
	problems := password.Validate(new, []password.Attribute{
		{Name: "username", Value: user.Username},
		{Name: "first name", Value: user.FirstName},
		{Name: "last name", Value: user.LastName},
		{Name: "email address", Value: user.Email},
	}, m.opts.Validators)
	if len(problems) > 0 {
		return &PasswordError{problems}
	}
	return nil
}
