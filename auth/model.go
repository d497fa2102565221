package auth

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jamsession/jamsession/auth/internal/username"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/internal/hashqueue"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// A ModelBackend logs in the users of a [UserStore] with a username and a password, under
// the name of Django's ModelBackend. A custom backend can embed one, to replace some of
// its methods.
type ModelBackend interface {
	Backend
	UserFinder
	LoginRecorder
	FloorKeeper
	PermissionBackend
}

// NewModelBackend returns a backend on these users. Nil hashers are password.New(nil).
// The users have five seconds for each answer, or the Options.Timeout of the manager that
// calls the backend.
//
// The name is read as Django's login form reads it: without spaces around it, and in the
// Unicode form NFKC. A user who is unknown, inactive or without a usable password costs
// the same hash work as a wrong password. If the stored hash has another cost than new
// ones, it is replaced; package password says when. That ends the user's other sessions,
// as in Django. If it cannot be replaced, because the new algorithm does not take the
// password or the users cannot be written to, that is logged, and the user is let in with
// the old hash; so is a time of login that cannot be stored. If too many requests wait
// for a hash, the error is [password.ErrBusy]:
// the password was not checked, and no backend may treat it as wrong.
//
// Permissions are those of the user and of the user's groups, if the users are a
// [PermissionStore]. A user authenticated by another backend has those of the row with
// both the same ID and the same name, while that row is active: the other backend can say
// that its user is active, but not that the row is, and a user who is deactivated here
// has no permissions here. (Django's ModelBackend uses the user that it is given, which
// is the row.)
func NewModelBackend(users UserStore, hashers *password.Hashers) (ModelBackend, error) {
	if users == nil {
		return nil, errors.New("auth: NewModelBackend: no users")
	}
	return newModelBackend(users, hashers), nil
}

// A modelBackend is the one of NewModelBackend.
type modelBackend struct {
	users   UserStore
	hashers *password.Hashers
	names   []string      // see Options.ModelBackendNames
	timeout time.Duration // of each question to users
	logger  *slog.Logger  // nil: slog.Default()
}

func newModelBackend(users UserStore, hashers *password.Hashers) *modelBackend {
	if hashers == nil {
		hashers, _ = password.New(nil) // nothing is wrong with no options
	}
	return &modelBackend{users: users, hashers: hashers, timeout: timelimit.Default}
}

// under returns the backend with the limit and the logger of a manager.
func (b *modelBackend) under(o *Options) *modelBackend {
	managed := *b
	managed.timeout, managed.logger, managed.names = o.Timeout, o.Logger, o.ModelBackendNames
	return &managed
}

// warn logs what a login does without, unless the visitor has gone.
func (b *modelBackend) warn(ctx context.Context, text string, user User, err error) {
	if errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	cmp.Or(b.logger, slog.Default()).WarnContext(ctx, text,
		slog.String("user_id", user.ID), slog.Any("error", err))
}

// byID asks the users within the limit.
func (b *modelBackend) byID(ctx context.Context, id string) (User, error) {
	ctx, cancel := timelimit.Within(ctx, b.timeout)
	defer cancel()
	return b.users.ByID(ctx, id)
}

// Name returns "django.contrib.auth.backends.ModelBackend", or the first of other names.
func (b *modelBackend) Name() string {
	if len(b.names) > 0 {
		return b.names[0]
	}
	return "django.contrib.auth.backends.ModelBackend"
}

// Authenticate implements [Backend].
func (b *modelBackend) Authenticate(ctx context.Context, username, password string) (User, error) {
	ctx = hashqueue.Together(ctx, b.hashers)
	user, err := b.findOnce(ctx, username)
	if errors.Is(err, ErrUserNotFound) || err == nil && !user.IsActive {
		if err := b.hashers.Burn(ctx, password); err != nil {
			return User{}, err
		}
		return User{}, ErrNoMatch
	}
	if err != nil {
		return User{}, err
	}
	ok, mustUpdate, err := b.hashers.Verify(ctx, password, user.Password)
	switch {
	case err != nil:
		return User{}, err
	case !ok:
		return User{}, ErrNoMatch
	case mustUpdate:
		return b.upgrade(ctx, user, password)
	default:
		return user, nil
	}
}

// FindUser implements [UserFinder].
func (b *modelBackend) FindUser(ctx context.Context, username string) (User, error) {
	user, err := b.byUsername(ctx, username)
	if f, ok := ctx.Value(findsKey{}).(*finds); ok {
		f.add(find{b, username, user, err})
	}
	return user, err
}

// findOnce returns what FindUser has found already for the same attempt.
func (b *modelBackend) findOnce(ctx context.Context, username string) (User, error) {
	if f, ok := ctx.Value(findsKey{}).(*finds); ok {
		if found, ok := f.take(b, username); ok {
			return found.user, found.err
		}
	}
	return b.byUsername(ctx, username)
}

// byUsername does not ask for a name that no user can have, nor looks at one
// that is far too long.
func (b *modelBackend) byUsername(ctx context.Context, given string) (User, error) {
	name, room := username.Normalize(strings.TrimSpace(given)), username.Room(b.users)
	if name == "" || len(name) > room*utf8.UTFMax || utf8.RuneCountInString(name) > room ||
		strings.ContainsRune(name, 0) || !utf8.ValidString(name) {
		return User{}, ErrUserNotFound
	}
	ctx, cancel := timelimit.Within(ctx, b.timeout)
	defer cancel()
	return b.users.ByUsername(ctx, name)
}

// upgrade replaces the hash of a user whose password is right. If that cannot be done, the user is let
// in with the old hash: the new algorithm may not take the password, and a database may be read-only.
func (b *modelBackend) upgrade(ctx context.Context, user User, password string) (User, error) {
	const failed = "auth: a password hash cannot be replaced; the old one stays"
	encoded, err := b.hashers.Hash(ctx, password)
	if err != nil {
		b.warn(ctx, failed, user, err)
		return user, nil
	}
	replaced, err := replacePassword(ctx, b.users, b.timeout, user, encoded)
	if replaced && err == nil {
		user.Password = encoded
		return user, nil
	}
	if err != nil {
		b.warn(ctx, failed, user, err)
	}
	return b.reread(ctx, user, password)
}

// reread returns the user as stored now. Somebody else may have replaced the hash meanwhile, or the
// database may have done so although it said that it failed: the hash that is stored counts, since a
// session with another one ends at the next request.
func (b *modelBackend) reread(ctx context.Context, before User, password string) (User, error) {
	user, err := b.byID(ctx, before.ID)
	switch {
	case errors.Is(err, ErrUserNotFound) || err == nil && !user.IsActive:
		return User{}, ErrNoMatch
	case err != nil:
		return User{}, err
	case sameHash(user.Password, before.Password):
		return user, nil
	}
	ok, _, err := b.hashers.Verify(ctx, password, user.Password)
	if err == nil && !ok {
		err = ErrNoMatch
	}
	return user, err
}

// replacePassword stores a new hash in place of the one that the user has,
// within a limit.
func replacePassword(
	ctx context.Context, users UserStore, limit time.Duration, user User, encoded string,
) (bool, error) {
	ctx, cancel := timelimit.Within(ctx, limit)
	defer cancel()
	return users.UpgradePassword(ctx, user.ID, user.Password, encoded)
}

// User returns the active user with this id, and [ErrInactive] for an
// inactive one.
func (b *modelBackend) User(ctx context.Context, id string) (User, error) {
	user, err := b.byID(ctx, id)
	if err == nil && !user.IsActive {
		err = ErrInactive
	}
	if err != nil {
		return User{}, err
	}
	return user, nil
}

// RecordLogin stores the time of the login in the column last_login. If the users can be read and not
// written to, as on a read-only replica, that is logged: it is not worth refusing the user.
func (b *modelBackend) RecordLogin(ctx context.Context, user User, at time.Time) error {
	limited, cancel := timelimit.Within(ctx, b.timeout)
	defer cancel()
	err := b.users.TouchLastLogin(limited, user.ID, at)
	if err == nil || errors.Is(err, ErrUserNotFound) || ctx.Err() != nil {
		return err
	}
	if _, unread := b.User(ctx, user.ID); unread != nil {
		return err
	}
	b.warn(ctx, "auth: the time of a login cannot be stored", user, err)
	return nil
}
