package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/jamsession/jamsession/auth/password"
)

// ErrPasswordChanged says that somebody else has changed the user's
// password since the user was looked up, or that the user is gone. Nothing
// was stored.
var ErrPasswordChanged = errors.New("auth: the password was changed meanwhile")

// ErrNoUsers says that the manager does not have a user store, only backends, which have
// to change passwords themselves. [Manager.SignUp] returns it, too, if the store is not a
// [UserCreator].
var ErrNoUsers = errors.New("auth: the manager has no users that it could make or change")

// A PasswordError lists the problems of a new password. Show them beside the form.
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

// refusal is the error for problems, in the words of the program.
func (m *Manager) refusal(problems ...*password.Problem) *PasswordError {
	if m.opts.ProblemText == nil {
		return &PasswordError{problems}
	}
	worded := make([]*password.Problem, len(problems))
	for i, p := range problems {
		own := *p // a validator may return one for all visitors
		own.Message = m.opts.ProblemText(p)
		worded[i] = &own
	}
	return &PasswordError{worded}
}

// ChangePassword replaces the visitor's password, if old is the current one.
// The old one is tried in both forms of Unicode, as in [Manager.Authenticate]. This
// session stays, with a new key; all other sessions of the user end at
// their next request.
//
// The error is [ErrNoMatch] if old is wrong, and a [*PasswordError] if Options.Validators
// refuse the new one. If Options.Limiter stops the attempt it is the limiter's. Otherwise
// it is [ErrPasswordChanged] or [ErrNoUsers], or wraps [session.ErrUnavailable], even if too many
// requests wait for a hash, which is [password.ErrBusy]. (Django: PasswordChangeView.)
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
	attempt := Attempt{current.Username, current}
	if err := m.limit(r, attempt); err != nil {
		return err
	}
	var ctx context.Context
	err = m.inEachForm(r, attempt, old, func(form string) error {
		ctx = m.queued(r.Context())
		return m.verifyOld(ctx, r, attempt, form)
	})
	if errors.Is(err, ErrNoMatch) {
		m.Report(r, Event{Kind: EventPasswordWrong, UserID: current.ID})
	}
	if err != nil {
		return err
	}
	m.succeeded(r, attempt)
	user, err := m.setAnew(ctx, current, new)
	if err != nil {
		return err
	}
	m.Report(r, Event{Kind: EventPasswordChanged, UserID: user.ID})
	m.makeKnown(r, current.Username, user)
	return m.UpdateSessionAuthHash(r, user)
}

// ResetPassword is [Manager.SetPassword] for visitors who have proved in another way that
// they are the user: package reset calls it for a link that was mailed to User.Email. If
// the request passed through [Manager.Handler], their browser is known to Options.Limiter
// from then on, as after a login, so that the new password is accepted whoever has made
// too many guesses. It does not log the user in.
func (m *Manager) ResetPassword(r *http.Request, user User, new string) (User, error) {
	user, err := m.replace(r.Context(), user, new)
	if err != nil {
		return User{}, err
	}
	m.Report(r, Event{Kind: EventPasswordReset, UserID: user.ID})
	m.lift(r.Context(), user, user.Username, user.Email)
	m.makeKnown(r, user.Username, user)
	return user, nil
}

// verifyOld checks the password of a user who is logged in.
func (m *Manager) verifyOld(ctx context.Context, r *http.Request, a Attempt, old string) error {
	ok, _, err := m.opts.Hashers.Verify(ctx, old, a.User.Password)
	switch {
	case err != nil:
		m.giveBackIfBusy(r, a, err)
		return fmt.Errorf("%w: %w", errUnavailable, err)
	case !ok:
		return ErrNoMatch
	}
	return nil
}

// SetPassword replaces the password of the user without asking for the old
// one, and returns the user with the new hash. It ends all sessions of the
// user, and lifts the limit of wrong guesses if Options.Limiter is a [Lifter].
// Pass the user just as it was looked up: its old hash is the one that
// is replaced, in one step, so that only one of two requests with the same
// reset link counts. Its errors are those of [Manager.ChangePassword],
// without ErrNoMatch.
func (m *Manager) SetPassword(ctx context.Context, user User, new string) (User, error) {
	user, err := m.setAnew(ctx, user, new)
	if err == nil {
		m.tell(ctx, Event{Kind: EventPasswordSet, UserID: user.ID})
	}
	return user, err
}

// setAnew is SetPassword without the event.
func (m *Manager) setAnew(ctx context.Context, user User, new string) (User, error) {
	user, err := m.replace(ctx, user, new)
	if err != nil {
		return User{}, err
	}
	m.lift(ctx, user, user.Username)
	return user, nil
}

// replace is setAnew without the limiter.
func (m *Manager) replace(ctx context.Context, user User, new string) (User, error) {
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
	others := m.otherDevices(ctx, user.ID) // before: a login with the new password is none of them
	replaced, err := replacePassword(ctx, m.users, m.opts.Timeout, user, encoded)
	switch {
	case err != nil:
		return User{}, fmt.Errorf("%w: %w", errUnavailable, err)
	case !replaced:
		return User{}, ErrPasswordChanged
	}
	user.Password = encoded
	m.endSome(ctx, user.ID, others)
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
		return m.refusal(problems...)
	}
	return nil
}

var (
	// ErrUserExists says that another user already has this username. If
	// visitors must not learn which names are taken, ask them for something
	// else, such as an address that gets a mail.
	ErrUserExists = errors.New("auth: username is taken")

	// ErrInvalidUser is wrapped by the error for a new user whose name or
	// other field a [UserCreator] would not store.
	ErrInvalidUser = errors.New("auth: invalid user")
)

// A UserCreator makes users for [Manager.SignUp], if the [UserStore] is one too.
// sqlusers.Users is one.
type UserCreator interface {
	// CheckNew returns the user as Create would store it, without an ID and
	// without looking at the password, and stores nothing. It must return an
	// error that wraps ErrInvalidUser if a field does not fit, before it looks
	// anything up, and one that wraps ErrUserExists if the username is taken by
	// now. Any other error means that the store could not tell.
	CheckNew(ctx context.Context, user User) (User, error)

	// Create stores a new user with an encoded hash as its Password, and
	// returns it with its ID. Of two calls with one username at the same time,
	// one must return an error that wraps ErrUserExists. Any error that is
	// neither this nor ErrInvalidUser means that the user could not be stored.
	Create(ctx context.Context, user User) (User, error)
}

// SignUp makes a new user with this password, and returns it with its ID. It does not log
// the user in: see [Manager.Login]. The fields of user have the visitor's choices, such
// as the username and the email address; IsActive must be true for a user who may log in.
// ID and Password must be empty.
//
// The cheap checks come first: Options.SignUpLimiter, Options.Validators, the fields, and
// whether the username is taken. The password is hashed only for a user who passes all of
// these. So the answer for a taken name is faster, which reveals no more than the answer
// itself; for the limiter each call is an attempt.
//
// The error is a [*PasswordError] for a weak password, wraps [ErrInvalidUser] if a field
// does not fit and [ErrUserExists] if the username is taken: show the form again. If
// Options.SignUpLimiter stops the attempt it is the limiter's. Otherwise it is
// [ErrNoUsers], or wraps [session.ErrUnavailable]: the store is unavailable, or too many requests
// wait for a hash, which is [password.ErrBusy]. [session.Abort] answers these, with 429
// or 503.
func (m *Manager) SignUp(r *http.Request, user User, password string) (User, error) {
	creator, ok := m.users.(UserCreator)
	if !ok {
		return User{}, ErrNoUsers
	}
	if user.ID != "" || user.Password != "" {
		return User{}, errors.New("auth: SignUp: the new user has an ID or a Password already")
	}
	if m.opts.SignUpLimiter != nil {
		attempt := Attempt{Username: user.Username}
		if err := m.check(m.opts.SignUpLimiter, purposeSignUp, r, attempt); err != nil {
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
	m.Report(r, Event{Kind: EventSignedUp, UserID: user.ID})
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

// notCreated tells apart what the visitor can correct and what could not be
// found out.
func notCreated(err error) error {
	if errors.Is(err, ErrUserExists) || errors.Is(err, ErrInvalidUser) {
		return err
	}
	return fmt.Errorf("%w: %w", errUnavailable, err)
}

// hash returns the string to store for a new password. Its error is a
// *PasswordError for one that the algorithm cannot take, or wraps
// ErrUnavailable.
func (m *Manager) hash(ctx context.Context, new string) (string, error) {
	encoded, err := m.opts.Hashers.Hash(m.queued(ctx), new)
	if errors.Is(err, password.ErrTooLong) {
		return "", m.refusal(&password.Problem{
			Code: "password_too_long", Message: "This password is too long.",
		})
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", errUnavailable, err)
	}
	return encoded, nil
}
