package sqlusers

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"

	"github.com/jamsession/jamsession/auth"
)

// Update calls change with the user as the table has it, stores the fields that
// it has changed, and returns the user as it is stored then. The other fields
// keep what others store in them meanwhile. Usernames and addresses are
// normalized and checked as [Users.Create] does.
//
// Username, FirstName, LastName, Email, IsActive, IsStaff and IsSuperuser can be
// changed. For the password there is [Users.SetPassword].
//
// Its error is [auth.ErrUserNotFound] if there is no such user, [auth.ErrUserExists]
// if the new username is taken, and wraps [auth.ErrInvalidUser] if a field does not
// fit or cannot be changed here.
func (u *Users) Update(ctx context.Context, id string, change func(*auth.User)) (auth.User, error) {
	row, err := parseID(id)
	if err != nil {
		return auth.User{}, err
	}
	before, err := u.one(ctx, u.asked(ctx).inserted, row) // the writer has the newest row
	if err != nil {
		return auth.User{}, err
	}
	after := before
	change(&after)
	if err := checkUnchanged(before, after); err != nil {
		return auth.User{}, err
	}
	columns, args, err := changes(before, after)
	if err != nil {
		return auth.User{}, err
	}
	if name := NormalizeUsername(after.Username); after.Username != before.Username {
		if err := u.checkFree(ctx, name, before.ID); err != nil {
			return auth.User{}, err
		}
	}
	if len(columns) == 0 {
		return before, nil
	}
	var active *bool
	if after.IsActive != before.IsActive {
		active = &after.IsActive
	}
	err = u.update(ctx, row, active, "UPDATE auth_user SET "+strings.Join(columns, ", ")+
		" WHERE id = "+u.db.Dialect.BigInt(), append(args, row)...)
	if u.db.Dialect.IsUnique(err) {
		return auth.User{}, errUserExists
	}
	if err != nil {
		return auth.User{}, wrap(ctx, "update", err)
	}
	return u.one(ctx, u.asked(ctx).inserted, row)
}

// update runs an UPDATE of one user. If that activates or deactivates the user,
// it raises the floor of logins in the same transaction.
func (u *Users) update(ctx context.Context, id int64, active *bool, query string, args ...any) error {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	has := false
	if active != nil {
		var err error
		if has, err = u.hasFloors(ctx); err != nil {
			return err
		}
	}
	if !has {
		_, err := u.exec(ctx, query, args...)
		return err
	}
	d := u.db.Dialect
	flag, values := "UPDATE auth_user SET is_active = ? WHERE id = "+d.BigInt(), []any{*active, id}
	if *active { // if active already, the sessions stay; new users have none
		flag, values = flag+" AND is_active = ? AND last_login IS NOT NULL", append(values, false)
	}
	return u.db.Transact(ctx, func(tx *sql.Conn) error {
		raise, err := matches(tx.ExecContext(ctx, d.Rebind(flag), values...))
		if err != nil {
			return err
		}
		if raise {
			if _, err := u.raise(ctx, tx, strconv.FormatInt(id, 10)); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, d.Rebind(query), args...)
		return err
	})
}

// SetActive allows a user to log in, or ends all sessions of the user at their
// next request and forbids further logins. Sessions from before stay dead when
// the user is active again: both changes raise the [auth.User.LoginFloor].
// Django recommends deactivating users rather than deleting them. Its error is
// [auth.ErrUserNotFound] if there is no such user.
//
// While the table jamsession_login_floor does not exist, and if Django does
// both the deactivating and the reactivating, a session that made no request
// meanwhile is the user's again. At a Django site it always is, unless its
// record was deleted, by a request here or by [auth.Manager.EndSessions].
func (u *Users) SetActive(ctx context.Context, id string, active bool) error {
	row, err := parseID(id)
	if err != nil {
		return err
	}
	err = u.update(ctx, row, &active, "UPDATE auth_user SET is_active = ? WHERE id = "+
		u.db.Dialect.BigInt(), active, row)
	if err != nil {
		return wrap(ctx, "update", err)
	}
	_, err = u.one(ctx, u.asked(ctx).inserted, row) // MySQL counts no row that has the value already
	return err
}

// checkUnchanged names a column that Update does not write. Backend and Custom
// are not columns.
func checkUnchanged(before, after auth.User) error {
	const fault = "cannot be changed by Update"
	switch {
	case after.ID != before.ID:
		return invalid("id", fault)
	case after.Password != before.Password:
		return invalid("password", fault+"; call SetPassword")
	case !after.LastLogin.Equal(before.LastLogin):
		return invalid("last login", fault+"; call TouchLastLogin")
	case !after.DateJoined.Equal(before.DateJoined):
		return invalid("date joined", fault)
	case !after.LoginFloor.Equal(before.LoginFloor):
		return invalid("login floor", fault+"; call RaiseLoginFloor")
	}
	return nil
}

// changes returns the assignments for an UPDATE, and the values to bind for
// them.
func changes(before, after auth.User) (columns []string, args []any, err error) {
	text := func(column, old, value string, normalize func(string) string, check func(string) error) {
		if value == old {
			return
		}
		stored := normalize(value)
		columns, args = append(columns, column+" = ?"), append(args, stored)
		err = errors.Join(err, check(stored))
	}
	flag := func(column string, old, value bool) {
		if value != old {
			columns, args = append(columns, column+" = ?"), append(args, value)
		}
	}
	same := func(s string) string { return s }
	text("username", before.Username, after.Username, NormalizeUsername, checkUsername)
	text("first_name", before.FirstName, after.FirstName, same, checkFirstName)
	text("last_name", before.LastName, after.LastName, same, checkLastName)
	text("email", before.Email, after.Email, normalizeEmail, checkEmail)
	flag("is_active", before.IsActive, after.IsActive)
	flag("is_staff", before.IsStaff, after.IsStaff)
	flag("is_superuser", before.IsSuperuser, after.IsSuperuser)
	return columns, args, err
}
