package sqlusers

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"

	"github.com/jamsession/jamsession/auth"
)

// Changes are what [Users.Update] changes of a user. A field that is nil
// stays as it is; new("text") and new(true) are pointers to a value.
type Changes struct {
	Username, FirstName, LastName, Email *string
	IsActive, IsStaff, IsSuperuser       *bool
}

// Update changes the named fields of a user, and returns the user as it is
// stored then. What others change meanwhile in other fields stays. Usernames
// and addresses are normalized and checked as [Users.Create] does.
//
// Its error is [auth.ErrUserNotFound] if there is no such user, [auth.ErrUserExists]
// if the new username is taken, and wraps [auth.ErrInvalidUser] if a field does not fit.
func (u *Users) Update(ctx context.Context, id string, c Changes) (auth.User, error) {
	columns, args, err := c.columns()
	if err != nil {
		return auth.User{}, err
	}
	row, err := parseID(id)
	if err != nil {
		return auth.User{}, err
	}
	if len(columns) > 0 {
		err := u.update(ctx, row, c.IsActive, "UPDATE auth_user SET "+strings.Join(columns, ", ")+
			" WHERE id = "+u.db.Dialect.BigInt(), append(args, row)...)
		if u.db.Dialect.IsUnique(err) {
			return auth.User{}, errUserExists
		}
		if err != nil {
			return auth.User{}, wrap(ctx, "update", err)
		}
	}
	return u.one(ctx, u.asked(ctx).inserted, row) // the writer is sure to see it
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
	_, err := u.Update(ctx, id, Changes{IsActive: &active})
	return err
}

// columns returns the assignments for an UPDATE, and what to bind for them.
func (c Changes) columns() (columns []string, args []any, err error) {
	text := func(column string, value *string, normalize func(string) string, check func(string) error) {
		if value == nil {
			return
		}
		stored := normalize(*value)
		columns, args = append(columns, column+" = ?"), append(args, stored)
		err = errors.Join(err, check(stored))
	}
	flag := func(column string, value *bool) {
		if value != nil {
			columns, args = append(columns, column+" = ?"), append(args, *value)
		}
	}
	same := func(s string) string { return s }
	text("username", c.Username, NormalizeUsername, checkUsername)
	text("first_name", c.FirstName, same, checkFirstName)
	text("last_name", c.LastName, same, checkLastName)
	text("email", c.Email, NormalizeEmail, checkEmail)
	flag("is_active", c.IsActive)
	flag("is_staff", c.IsStaff)
	flag("is_superuser", c.IsSuperuser)
	return columns, args, err
}
