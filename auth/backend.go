package auth

import (
	"context"
	"errors"
	"time"
)

// A Backend authenticates visitors. Implement it for another source of users: LDAP,
// single sign-on, another table. [NewModelBackend] is the one for Django's users.
// Optional abilities of a backend are separate interfaces: [LoginRecorder],
// [PermissionBackend], [FloorKeeper], [UserFinder].
//
// A Backend must be safe for concurrent use, and every method must give up
// when ctx is done, as it is after Options.Timeout of the manager. Its errors
// must not contain a password.
type Backend interface {
	// Name is stored in the session, to find the backend again. A Django site
	// that shares the session must have a backend of this name in its
	// AUTHENTICATION_BACKENDS: a dotted path, such as
	// "django.contrib.auth.backends.ModelBackend".
	Name() string

	// Authenticate returns the user with this name and password. It must return an error
	// that wraps ErrNoMatch if nobody can log in here with these: the next backend is then
	// asked. With ErrDenied no other backend is asked and the login fails. Any other error
	// means that the backend could not tell, and ends the attempt: it is never a wrong
	// password.
	//
	// A password that is not the same in Unicode's forms NFC and NFD is tried in both, by
	// two calls.
	//
	// It must do the same amount of work for an unknown user as for a wrong password, or its
	// time tells strangers who has an account.
	Authenticate(ctx context.Context, username, password string) (User, error)

	// User returns the user whom a session names. It is called once for each request that
	// needs its user, so that a disabled user is logged out at once. It must return an error
	// that wraps ErrUserNotFound if there is no such user, or if the user may no longer log
	// in: the visitor is then anonymous. If it is [ErrInactive], the session is deleted as
	// well. Any other error means that the backend could not tell: 503.
	//
	// The id is the one in the session, a [User.ID]. A session ends
	// when the Password of its user changes; a backend without passwords may
	// leave it empty.
	User(ctx context.Context, id string) (User, error)
}

// A LoginRecorder is a [Backend] that keeps the time of the last login.
type LoginRecorder interface {
	// RecordLogin stores the time of a login of the user.
	RecordLogin(ctx context.Context, user User, at time.Time) error
}

// The errors of a [Backend], and of [Manager.Authenticate]. Test with errors.Is.
var (
	// ErrNoMatch: no such user, or a wrong password. It does not say which.
	ErrNoMatch = errors.New("auth: unknown user or wrong password")

	// ErrDenied: this visitor may not log in, whatever other backends say.
	// From a [PermissionBackend]: the backends that come later are not asked.
	ErrDenied = errors.New("auth: denied")
)
