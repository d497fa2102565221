package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/jamsession/jamsession/auth/password"
)

var (
	// ErrUserExists says that another user already has this username. Who may
	// not learn which names are taken must be asked for something else, such as
	// an address that gets a mail.
	ErrUserExists = errors.New("auth: username is taken")

	// ErrInvalidUser is wrapped by the error for a new user whose name or
	// other field a [UserCreator] would not store.
	ErrInvalidUser = errors.New("auth: invalid user")
)

// A UserCreator is a [UserStore] that makes users, for [Manager.SignUp].
// Package sqlusers has one.
type UserCreator interface {
	UserStore

	// CheckNew returns the user as Create would store it, without an ID and
	// without looking at the password, and stores nothing. It must return an
	// error that wraps ErrInvalidUser if a field does not fit, before it looks
	// anything up, and one that wraps ErrUserExists if the username is taken by
	// now. Any other error means that it could not be found out.
	CheckNew(ctx context.Context, user User) (User, error)

	// Create stores a new user with an encoded hash as its Password, and
	// returns it with its ID. Of two calls with one username at the same time,
	// one must return an error that wraps ErrUserExists. Any other error but
	// ErrInvalidUser means that it could not be stored.
	Create(ctx context.Context, user User) (User, error)
}

// SignUp makes a new user with this password, and returns it with its ID. It
// logs nobody in: see [Manager.Login]. What the visitor may choose, such as the
// username and the address, are the fields of user; IsActive must be true for a
// user who may log in. ID and Password must be empty.
//
// What is cheap comes first: Options.SignUpLimiter, Options.Validators, the
// fields, and whether the username is taken. Only for a user who passes all of
// these is the password hashed. So the answer to a name that is taken comes
// faster, as it also says so; for the limiter each call is an attempt.
//
// The error is a [*PasswordError] for a weak password, wraps [ErrInvalidUser]
// if a field does not fit and [ErrUserExists] if the username is taken: show
// the form again. If Options.SignUpLimiter stops the attempt it is the
// limiter's. Otherwise it is [ErrNoUsers], or wraps [ErrUnavailable]: the store
// could not be asked, or too many wait for a hash, which is a
// *[password.BusyError]. [session.Abort] answers these, with 429 or 503.
func (m *Manager) SignUp(r *http.Request, user User, password string) (User, error) {
	creator, ok := m.users.(UserCreator)
	if !ok {
		return User{}, ErrNoUsers
	}
	if user.ID != "" || user.Password != "" {
		return User{}, errors.New("auth: SignUp: the new user has an ID or a Password already")
	}
	if m.opts.SignUpLimiter != nil {
		if err := m.check(m.opts.SignUpLimiter, r, Attempt{Username: user.Username}); err != nil {
			return User{}, err
		}
	}
	if err := m.CheckPassword(user, password); err != nil {
		return User{}, err
	}
	user, err := m.store(r, creator.CheckNew, user)
	if err != nil {
		return User{}, notCreated(err)
	}
	if user.Password, err = m.hash(r.Context(), password); err != nil {
		return User{}, err
	}
	if user, err = m.store(r, creator.Create, user); err != nil {
		return User{}, notCreated(err)
	}
	return user, nil
}

// store lets a UserCreator check or store a user, within the limit.
func (m *Manager) store(
	r *http.Request, do func(context.Context, User) (User, error), user User,
) (User, error) {
	ctx, cancel := m.within(r.Context())
	defer cancel()
	return do(ctx, user)
}

// notCreated tells what the visitor can mend from what nobody knows.
func notCreated(err error) error {
	if errors.Is(err, ErrUserExists) || errors.Is(err, ErrInvalidUser) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// hash returns the string to store for a new password. Its error is a
// *PasswordError for one that the algorithm cannot take, or wraps
// ErrUnavailable.
func (m *Manager) hash(ctx context.Context, new string) (string, error) {
	encoded, err := m.opts.Hashers.Hash(m.queued(ctx), new)
	if errors.Is(err, password.ErrTooLong) {
		return "", &PasswordError{[]*password.Problem{
			{Code: "password_too_long", Message: "This password is too long."},
		}}
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return encoded, nil
}
