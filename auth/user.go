package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"
)

// A User is one row of Django's auth_user. The zero User is the anonymous
// visitor, so a program asks [User.IsAuthenticated] and compares nothing with
// nil.
//
// A User prints, logs and encodes as JSON and XML without its password hash.
type User struct {
	ID       int64  // the primary key; 0 is the anonymous visitor
	Username string // at most 150 characters
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
	// [Manager.Authenticate] sets it; it is no column.
	Backend string `json:"-" xml:"-"`

	// Custom is what a [Backend] of the program's own attaches to its users:
	// a value of the program's own type. It is not stored, printed or encoded.
	Custom any `json:"-" xml:"-"`
}

// IsAuthenticated reports whether this is a user, not the anonymous visitor.
func (u User) IsAuthenticated() bool { return u.ID != 0 }

// String returns the username, or "AnonymousUser" as Django prints it.
func (u User) String() string {
	if !u.IsAuthenticated() {
		return "AnonymousUser"
	}
	return u.Username
}

// Format implements [fmt.Formatter]: with every verb, %#v too, a User prints
// as its id and name.
func (u User) Format(f fmt.State, verb rune) {
	if verb == 's' || verb == 'v' && !f.Flag('#') && !f.Flag('+') {
		_, _ = f.Write([]byte(u.String()))
		return
	}
	_, _ = fmt.Fprintf(f, "auth.User{ID:%d, Username:%q}", u.ID, u.Username)
}

// LogValue implements [slog.LogValuer]: a User logs as its id and name.
func (u User) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Int64("id", u.ID),
		slog.String("username", u.Username),
	)
}

// sessionID returns the text that stands for the user in a session.
func (u User) sessionID() string { return strconv.FormatInt(u.ID, 10) }

// ErrUserNotFound is the answer of a [UserStore] that has no such user.
var ErrUserNotFound = errors.New("auth: no such user")

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
	// ByID returns the user with this primary key, active or not.
	ByID(ctx context.Context, id int64) (User, error)

	// ByUsername returns the user with exactly this name, active or not.
	ByUsername(ctx context.Context, username string) (User, error)

	// UpgradePassword replaces the encoded hash old by new in one atomic
	// step, changes nothing else, and reports true. If old is no longer what
	// is stored, or the user is gone, it must change nothing and report
	// false: a password that was changed meanwhile must not come back.
	UpgradePassword(ctx context.Context, id int64, old, new string) (bool, error)

	// TouchLastLogin stores the time of a login, and changes nothing else.
	TouchLastLogin(ctx context.Context, id int64, at time.Time) error
}
