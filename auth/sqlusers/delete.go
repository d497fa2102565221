package sqlusers

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jamsession/jamsession/auth"
)

// ErrReferenced says that a row of a table that is not Django's own refers to
// the user or group, so that it cannot be deleted. [Users.SetActive] does what
// most programs want.
var ErrReferenced = errors.New("sqlusers: a row of another table refers to it")

// logTable is where Django's admin records who did what, if it is installed.
const logTable = "django_admin_log"

// Delete removes a user, with the user's permissions, memberships in groups, and what
// Django's admin has logged of the user, in one transaction. The user's sessions are
// anonymous from then on. Rows of other tables stay: Django knows from its models which
// rows to delete with a user; this package does not.
//
// Its error is [auth.ErrUserNotFound] if there is no such user, and
// [ErrReferenced] if the database says that a row of another table needs the
// user.
func (u *Users) Delete(ctx context.Context, id string) error {
	row, err := parseID(id)
	if err != nil {
		return err
	}
	return u.erase(ctx, row, "auth_user", "user_id", auth.ErrUserNotFound,
		[]string{"auth_user_groups", "auth_user_user_permissions", logTable})
}

// erase deletes a row and those that refer to it by a column of children.
func (u *Users) erase(
	ctx context.Context, id int64, table, column string, missing error, children []string,
) error {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	d := u.db.Dialect
	err := u.db.Transact(ctx, func(tx *sql.Conn) error {
		for _, child := range children {
			if _, err := u.eraseWhere(ctx, tx, child, column, id); err != nil {
				return err
			}
		}
		n, err := u.eraseWhere(ctx, tx, table, "id", id)
		if err == nil && n == 0 {
			err = missing
		}
		return err
	})
	switch {
	case errors.Is(err, missing):
		return missing
	case d.IsForeign(err):
		return ErrReferenced
	default:
		return wrap(ctx, "delete", err)
	}
}

// eraseWhere deletes the rows of a table that have id in a column, and returns
// how many there were. The log need not exist.
func (u *Users) eraseWhere(
	ctx context.Context, tx *sql.Conn, table, column string, id int64,
) (int64, error) {
	d := u.db.Dialect
	if table == logTable {
		columns, err := d.Columns(ctx, tx, table)
		if err != nil || len(columns) == 0 {
			return 0, err
		}
	}
	result, err := tx.ExecContext(ctx,
		d.Rebind("DELETE FROM "+table+" WHERE "+column+" = "+d.BigInt()), id)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
