package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// A User is one row of Django's auth_user, or of another user model. The zero User is the anonymous
// visitor, so a program asks [User.IsAuthenticated] and compares nothing with
// nil.
//
// A User prints, logs and encodes as JSON and XML without its password hash.
type User struct {
	ID       string // the primary key as text, as a session holds it; empty is the anonymous visitor
	Username string // at most 150 characters; a user model may have longer ones
	Password string `json:"-" xml:"-"` // the encoded hash, never a password

	FirstName string
	LastName  string
	Email     string

	IsActive    bool // false ends every session of the user at its next request
	IsStaff     bool
	IsSuperuser bool

	LastLogin  time.Time // zero: never
	DateJoined time.Time

	// LoginFloor is when sessions of the user were last ended as a whole, by
	// [Manager.EndSessions] for example; zero if never. Sessions whose login
	// was earlier are dead, and stay so. Only what a [Backend] or [UserStore]
	// has returned is right: see [FloorKeeper].
	LoginFloor time.Time `json:"-"`

	// Backend is the name of the [Backend] that vouched for the user.
	// [Manager.Authenticate] sets it; it is not a column.
	Backend string `json:"-" xml:"-"`

	// Custom is what a [Backend] of the program's own attaches to its users:
	// a value of the program's own type. Package sqlusers keeps in it the further columns of a
	// user model. It is not printed or encoded.
	Custom any `json:"-" xml:"-"`
}

// IsAuthenticated reports whether this is a user, not the anonymous visitor.
func (u User) IsAuthenticated() bool { return u.ID != "" }

// text is the username, or "AnonymousUser" as Django prints it.
func (u User) text() string {
	if !u.IsAuthenticated() {
		return "AnonymousUser"
	}
	return u.Username
}

// Format implements [fmt.Formatter]: with %v and %s a User prints as its name, or
// as "AnonymousUser", and with every other verb, %#v too, as its id and name.
func (u User) Format(f fmt.State, verb rune) {
	if verb == 's' || verb == 'v' && !f.Flag('#') && !f.Flag('+') {
		_, _ = f.Write([]byte(u.text()))
		return
	}
	_, _ = fmt.Fprintf(f, "auth.User{ID:%q, Username:%q}", u.ID, u.Username)
}

// LogValue implements [slog.LogValuer]: a User logs as its id and name.
func (u User) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", u.ID),
		slog.String("username", u.Username),
	)
}

// ErrUserNotFound is the answer of a [UserStore] that has no such user.
var ErrUserNotFound = errors.New("auth: no such user")

// ErrInvalidUserID is the answer of a [UserStore] or [Backend] to an ID that
// none of its users can have, such as a word where the IDs are numbers. It is an
// ErrUserNotFound, too. A session with such an ID is logged: no login has
// written it.
var ErrInvalidUserID = fmt.Errorf("%w: no user can have this ID", ErrUserNotFound)

// ErrInactive is the answer of a [Backend] whose user may not log in at the
// moment. It is an ErrUserNotFound, too; but the session that names the user is
// deleted, and so stays dead when the user may log in again.
var ErrInactive = fmt.Errorf("%w: not active", ErrUserNotFound)

// A UserStore keeps users. Package sqlusers has one for Django's tables;
// [NewModelBackend] logs users in from it.
//
// A UserStore must be safe for concurrent use. It must return ErrUserNotFound,
// as it is or wrapped, if there is no such user, and any other error only if
// it could not be asked: the request then ends with 503, since nothing is
// known about the visitor. No error may contain a password hash.
type UserStore interface {
	// ByID returns the user with this [User.ID], active or not. The text comes
	// from a session or a link, and may be any: one that no user can have is
	// [ErrInvalidUserID].
	ByID(ctx context.Context, id string) (User, error)

	// ByUsername returns the user with this name, active or not. It must not take a name for
	// another that only looks like it.
	ByUsername(ctx context.Context, username string) (User, error)

	// UpgradePassword replaces the encoded hash old by new in one atomic
	// step, changes nothing else, and reports true. If old is no longer what
	// is stored, or the user is gone, it must change nothing and report
	// false: a password that was changed meanwhile must not come back.
	UpgradePassword(ctx context.Context, id string, old, new string) (bool, error)

	// TouchLastLogin stores the time of a login, and changes nothing else.
	TouchLastLogin(ctx context.Context, id string, at time.Time) error
}
