package sqlusers

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/internal/hashwidth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

var (
	_ auth.UserCreator     = (*Users)(nil)
	_ auth.PermissionStore = (*Users)(nil)
	_ auth.FloorStore      = (*Users)(nil)
)

// errUserExists says that another user already has this username. It is an
// [auth.ErrUserExists], too.
var errUserExists error = &kindError{"sqlusers: username is taken", auth.ErrUserExists}

// Users are the rows of the table auth_user, and what belongs to them: groups
// and permissions. Make one with [New]; it is safe for concurrent use.
//
// Errors other than those that the methods name mean that the database could not be
// reached, or did not answer within Options.Timeout. They wrap [session.ErrUnavailable], so
// that session.Abort answers 503. None contains a password hash.
type Users struct {
	db      djangodb.DB
	opts    Options
	maxHash int // characters that the column password holds
	late    lateFloors
}

// New prepares the statements on a table. Its error is [django.ErrNotMigrated] if
// the table does not exist. The pools stay the caller's: close the users, then
// the pools. The options may be nil.
func New(ctx context.Context, db django.Database, o *Options) (*Users, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	u := &Users{opts: o.withDefaults()}
	var err error
	if u.db, err = djangodb.New(db); err != nil {
		return nil, fmt.Errorf("sqlusers: %w", err)
	}
	columns, err := u.db.Dialect.Columns(ctx, u.db, "auth_user")
	switch {
	case err != nil:
		return nil, wrap(ctx, "open", err)
	case len(columns) == 0:
		return nil, errNotMigrated
	}
	if u.maxHash, err = u.db.Dialect.Width(ctx, u.db, "auth_user", "password"); err != nil {
		return nil, wrap(ctx, "open", err)
	}
	u.maxHash = cmp.Or(u.maxHash, maxHash)
	if err := u.prepare(ctx); err != nil {
		return nil, wrap(ctx, "prepare", err)
	}
	return u, nil
}

// A manager asks for the room that there is for its hashes.
func init() {
	hashwidth.Room = func(users any) int {
		if u, ok := users.(*Users); ok {
			return u.maxHash
		}
		return 0
	}
}

// Close releases the statements. It does not close the pools.
func (u *Users) Close() error { return u.late.close() }

// ByID returns the user with this ID, active or not. Its error is
// [auth.ErrUserNotFound] if there is none, and [auth.ErrInvalidUserID], which
// also is an ErrUserNotFound, if the text is not a number.
func (u *Users) ByID(ctx context.Context, id string) (auth.User, error) {
	row, err := parseID(id)
	if err != nil {
		return auth.User{}, err
	}
	return u.one(ctx, u.asked(ctx).byID, row)
}

func (u *Users) one(ctx context.Context, stmt *djangodb.Stmt, arg any) (auth.User, error) {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	rows, err := stmt.Query(ctx, arg)
	found, err := collect(rows, err, u.scan)
	switch {
	case err != nil:
		return auth.User{}, wrap(ctx, "read", err)
	case len(found) == 0:
		return auth.User{}, auth.ErrUserNotFound
	}
	return found[0], nil
}

// CheckNew returns the user as [Users.Create] would store it, without an ID and without
// looking at the password, and stores nothing. Its errors are those of Create. A nil
// error is not a promise, since somebody else may take the name first. A field that does
// not fit is found before the table is asked.
func (u *Users) CheckNew(ctx context.Context, user auth.User) (auth.User, error) {
	user, err := asStored(user)
	if err != nil {
		return auth.User{}, err
	}
	if err := u.checkFree(ctx, user.Username, ""); err != nil {
		return auth.User{}, err
	}
	return user, nil
}

// Create stores a new user and returns it as it is stored: with its ID, with
// [NormalizeUsername] applied, the domain of the email in lower case, and DateJoined now if
// it was zero. Password is the encoded hash; if it is empty, the user gets an
// unusable one. IsActive is stored as it is given. For people who sign up, call
// [auth.Manager.SignUp], which calls it.
//
// Its error is [auth.ErrUserExists] if the username is taken, and wraps
// [auth.ErrInvalidUser] if a field does not fit. "Admin" is taken if there is an "admin", as
// in Django's form since 4.2; of two calls at the same moment, with names that differ in case
// only, both may succeed where the database tells them apart.
func (u *Users) Create(ctx context.Context, user auth.User) (auth.User, error) {
	user, err := asStored(user)
	if err != nil {
		return auth.User{}, err
	}
	if user.Password == "" {
		user.Password = password.MakeUnusable()
	}
	if err := u.checkPassword(user.Password); err != nil {
		return auth.User{}, err
	}
	if err := u.checkFree(ctx, user.Username, ""); err != nil {
		return auth.User{}, err
	}
	return u.create(ctx, user)
}

// asStored returns a new user as it would be stored, except for the password.
// Its error wraps auth.ErrInvalidUser if a field does not fit.
func asStored(user auth.User) (auth.User, error) {
	user.Username = NormalizeUsername(user.Username)
	user.Email = normalizeEmail(user.Email)
	if user.DateJoined.IsZero() {
		user.DateJoined = time.Now()
	}
	if user.ID != "" {
		return auth.User{}, invalid("id", "is given; the database chooses it")
	}
	return user, check(user)
}

func (u *Users) create(ctx context.Context, user auth.User) (auth.User, error) {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	id, err := u.asked(ctx).insert.InsertID(ctx, user.Password, u.time(user.LastLogin),
		user.IsSuperuser, user.Username, user.FirstName, user.LastName, user.Email,
		user.IsStaff, user.IsActive, u.time(user.DateJoined))
	if u.db.Dialect.IsUnique(err) {
		return auth.User{}, errUserExists
	}
	if err != nil {
		return auth.User{}, wrap(ctx, "create", err)
	}
	// Read back, so that times come back as the table keeps them. The writer
	// reads, since it is sure to see its own row.
	return u.one(ctx, u.asked(ctx).inserted, id)
}

// SetPassword replaces the encoded hash of a user, and changes nothing else.
// That ends all sessions of the user. Its error is [auth.ErrUserNotFound] if
// there is no such user, and wraps [auth.ErrInvalidUser] if encoded is not an encoded
// hash.
func (u *Users) SetPassword(ctx context.Context, id, encoded string) error {
	if err := u.checkPassword(encoded); err != nil {
		return err
	}
	row, err := parseID(id)
	if err != nil {
		return err
	}
	n, err := u.change(ctx, "set password", u.asked(ctx).setPassword, encoded, row)
	if err == nil && n == 0 {
		return auth.ErrUserNotFound
	}
	return err
}

// UpgradePassword replaces the encoded hash old by new, changes nothing else, and reports
// true. If another hash is stored, it changes nothing and reports false. Its error wraps
// [auth.ErrInvalidUser] if new is not an encoded hash.
func (u *Users) UpgradePassword(ctx context.Context, id, old, new string) (bool, error) {
	if err := u.checkPassword(new); err != nil {
		return false, err
	}
	row, err := parseID(id)
	if err != nil {
		return false, nil // it is stored for nobody
	}
	n, err := u.change(ctx, "upgrade password", u.asked(ctx).upgradePassword, new, row, old)
	return n > 0, err
}

// TouchLastLogin stores the time of a login, and changes nothing else. Its
// error is [auth.ErrUserNotFound] if there is no such user.
func (u *Users) TouchLastLogin(ctx context.Context, id string, at time.Time) error {
	row, err := parseID(id)
	if err != nil {
		return err
	}
	n, err := u.change(ctx, "touch last login", u.asked(ctx).touchLastLogin, u.time(at), row)
	if err == nil && n == 0 {
		return auth.ErrUserNotFound
	}
	return err
}

// change runs an UPDATE and returns how many rows it matched.
func (u *Users) change(ctx context.Context, op string, stmt *djangodb.Stmt, args ...any) (int64, error) {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	n, err := stmt.Exec(ctx, args...)
	return n, wrap(ctx, op, err)
}

// scan reads one row of the columns that every SELECT here has.
func (u *Users) scan(row *sql.Rows) (auth.User, error) {
	var user auth.User
	lastLogin, dateJoined := u.db.Time(), u.db.Time()
	var own, all sql.NullInt64 // floors
	var id int64
	err := row.Scan(&id, &user.Password, &lastLogin, &user.IsSuperuser,
		&user.Username, &user.FirstName, &user.LastName, &user.Email,
		&user.IsStaff, &user.IsActive, &dateJoined, &own, &all)
	if err != nil {
		return auth.User{}, err
	}
	user.ID = strconv.FormatInt(id, 10)
	user.LoginFloor = floorTime(own, all)
	user.LastLogin, user.DateJoined = lastLogin.At, dateJoined.At
	return user, nil
}

// time returns what to bind for t; NULL if it is zero.
func (u *Users) time(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return u.db.EncodeTime(t)
}

// limit returns ctx with a deadline.
func (u *Users) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return timelimit.Ensure(ctx, u.opts.Timeout)
}

// wrap says what could not be done because the database could not be asked.
func wrap(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	return unavailable{djangodb.Wrap(ctx, "sqlusers: "+doing, err)}
}

// unavailable is an error of the database. It is a session.ErrUnavailable, too.
type unavailable struct{ error }

func (e unavailable) Unwrap() error { return e.error }

func (unavailable) Is(target error) bool {
	return target == session.ErrUnavailable
}
