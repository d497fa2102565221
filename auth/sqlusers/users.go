package sqlusers

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/internal/hashwidth"
	"github.com/jamsession/jamsession/auth/internal/username"
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

// Users are the rows of the table auth_user, or of the Options.Model, and what belongs to
// them: groups and permissions. Make one with [New]; it is safe for concurrent use.
//
// Errors other than those that the methods name mean that the database could not be
// reached, or did not answer within Options.Timeout. They wrap [session.ErrUnavailable], so
// that session.Abort answers 503. None contains a password hash.
type Users struct {
	db      djangodb.DB
	opts    Options
	table   *table
	maxHash int // characters that the column password holds
	late    lateFloors
}

// New prepares the statements on a table. Its error is [django.ErrNotMigrated] if
// the table does not exist, and says what to write if the model does not fit it. The pools
// stay the caller's: close the users, then the pools. The options may be nil.
func New(ctx context.Context, db django.Database, o *Options) (*Users, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	u := &Users{opts: o.withDefaults()}
	var err error
	if u.db, err = djangodb.New(db); err != nil {
		return nil, fmt.Errorf("sqlusers: %w", err)
	}
	if u.table, err = describe(ctx, u.db, u.opts.Model); err != nil {
		return nil, u.hinted(ctx, err)
	}
	u.maxHash = cmp.Or(u.table.fields["password"].Width(), maxHash)
	if err := u.prepare(ctx); err != nil {
		return nil, wrap(ctx, "prepare", err)
	}
	return u, nil
}

// hinted says of a table that is missing whether Django has made another.
func (u *Users) hinted(ctx context.Context, err error) error {
	if !errors.Is(err, django.ErrNotMigrated) {
		return err
	}
	_, planned := u.db.Plan(ctx, djangodb.ContentTypes, djangodb.Auth)
	if errors.Is(planned, djangodb.ErrOtherUsers) {
		return fmt.Errorf("%w: %w", err, planned)
	}
	return err
}

// A manager asks for the room that there is for its hashes, and for names.
func init() {
	username.Room = func(users any) int {
		if u, ok := users.(*Users); ok {
			return u.table.width("username")
		}
		return username.StockLength
	}
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
// also is an ErrUserNotFound, if the text is not a key of this model: a number, a UUID in any of the
// forms that Django takes, or a text. The ID of the user who is returned has the form that a session holds.
func (u *Users) ByID(ctx context.Context, id string) (auth.User, error) {
	args, err := u.table.key.args(id)
	if err != nil {
		return auth.User{}, err
	}
	return u.one(ctx, u.asked(ctx).byID, args)
}

func (u *Users) one(ctx context.Context, stmt *djangodb.Stmt, args []any) (auth.User, error) {
	found, err := u.all(ctx, stmt, args...)
	if err == nil && len(found) == 0 {
		err = auth.ErrUserNotFound
	}
	if err != nil {
		return auth.User{}, err
	}
	return found[0], nil
}

func (u *Users) all(ctx context.Context, stmt *djangodb.Stmt, args ...any) ([]auth.User, error) {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	rows, err := stmt.Query(ctx, args...)
	found, err := collect(rows, err, u.scan)
	return found, wrap(ctx, "read", err)
}

// SetPassword replaces the encoded hash of a user, and changes nothing else.
// That ends all sessions of the user. Its error is [auth.ErrUserNotFound] if
// there is no such user, and wraps [auth.ErrInvalidUser] if encoded is not an encoded
// hash.
func (u *Users) SetPassword(ctx context.Context, id, encoded string) error {
	if err := u.checkPassword(encoded); err != nil {
		return err
	}
	key, err := u.table.key.args(id)
	if err != nil {
		return err
	}
	n, err := u.change(ctx, "set password", u.asked(ctx).setPassword, append([]any{encoded}, key...)...)
	if err == nil && n == 0 {
		return auth.ErrUserNotFound
	}
	u.changed(id)
	return err
}

// UpgradePassword replaces the encoded hash old by new, changes nothing else, and reports
// true. If another hash is stored, it changes nothing and reports false. Its error wraps
// [auth.ErrInvalidUser] if new is not an encoded hash.
func (u *Users) UpgradePassword(ctx context.Context, id, old, new string) (bool, error) {
	if err := u.checkPassword(new); err != nil {
		return false, err
	}
	key, err := u.table.key.args(id)
	if err != nil {
		return false, nil // it is stored for nobody
	}
	args := append(append([]any{new}, key...), old)
	n, err := u.change(ctx, "upgrade password", u.asked(ctx).upgradePassword, args...)
	return n > 0, err
}

// TouchLastLogin stores the time of a login, and changes nothing else. Its
// error is [auth.ErrUserNotFound] if there is no such user. A model without
// last_login has nowhere to store it, and it does nothing.
func (u *Users) TouchLastLogin(ctx context.Context, id string, at time.Time) error {
	key, err := u.table.key.args(id)
	if err != nil {
		return err
	}
	if !u.table.has("last_login") {
		return nil
	}
	args := append([]any{u.bindTime(u.table.fields["last_login"].Field, at)}, key...)
	n, err := u.change(ctx, "touch last login", u.asked(ctx).touchLastLogin, args...)
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
func (u *Users) scan(row *sql.Rows) (auth.User, error) { return u.scanWith(row) }

// scanWith is scan for a row with more columns after these.
func (u *Users) scanWith(row *sql.Rows, more ...any) (auth.User, error) {
	var user auth.User
	lastLogin, dateJoined := u.db.Time(), u.db.Time()
	var own, all sql.NullInt64 // floors
	id := keyText{kind: u.table.key.kind}
	into := []any{
		&id, &user.Password, &lastLogin, &user.IsSuperuser,
		&user.Username, &user.FirstName, &user.LastName, &user.Email,
		&user.IsStaff, &user.IsActive, &dateJoined, &own, &all,
	}
	var made func() any
	if u.table.extra != nil {
		var further []any
		further, made = u.table.extra.scan(u.db)
		into = append(into, further...)
	}
	if err := row.Scan(append(into, more...)...); err != nil {
		return auth.User{}, err
	}
	user.ID = id.text
	user.LoginFloor = floorTime(own, all)
	user.LastLogin, user.DateJoined = lastLogin.At, dateJoined.At
	if made != nil {
		user.Custom = made()
	}
	return user, nil
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
