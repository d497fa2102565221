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

// allauthTable is where django-allauth lists sessions, if its usersessions are installed.
const allauthTable = "usersessions_usersession"

// Delete removes a user, with the user's permissions, memberships in groups, and what
// Django's admin has logged of the user, in one transaction. The user's sessions are
// anonymous from then on. Rows of other tables stay: Django knows from its models which
// rows to delete with a user; this package does not.
//
// Its error is [auth.ErrUserNotFound] if there is no such user, and
// [ErrReferenced] if the database says that a row of another table needs the
// user.
func (u *Users) Delete(ctx context.Context, id string) error {
	user, err := u.user(id)
	if err != nil {
		return err
	}
	of := end{table: u.table.quoted, id: u.table.key.column, missing: auth.ErrUserNotFound}
	devices, err := u.hasDevices(ctx)
	if err != nil {
		return wrap(ctx, "delete", err)
	}
	then := func(ctx context.Context, tx *sql.Conn) error {
		if !devices {
			return nil
		}
		return u.endDevices(ctx, tx, id) // a later user may have the same ID
	}
	defer u.changed(id)
	return u.erase(ctx, of, user, []child{
		{u.table.groups.table, u.table.groups.left.column},
		{u.table.permissions.table, u.table.permissions.left.column},
		{logTable, "user_id"},
		{allauthTable, "user_id"},
	}, then)
}

// A child is a table whose rows refer to another by a column. Without a name there is none.
type child struct{ table, column string }

// erase deletes a row of a table and those that refer to it, and does what else belongs to that.
func (u *Users) erase(
	ctx context.Context, of end, row side, children []child,
	then ...func(context.Context, *sql.Conn) error,
) error {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	err := u.db.Transact(ctx, func(tx *sql.Conn) error {
		for _, c := range children {
			if _, err := u.eraseWhere(ctx, tx, c, row); err != nil {
				return err
			}
		}
		n, err := u.eraseWhere(ctx, tx, child{of.table, of.id}, row)
		if err == nil && n == 0 {
			err = of.missing
		}
		for _, do := range then {
			if err == nil {
				err = do(ctx, tx)
			}
		}
		return err
	})
	switch {
	case errors.Is(err, of.missing):
		return of.missing
	case u.db.Dialect.IsForeign(err):
		return ErrReferenced
	default:
		return wrap(ctx, "delete", err)
	}
}

// eraseWhere deletes the rows of a table that refer to a row, and returns
// how many there were. Those of Django's apps need not exist.
func (u *Users) eraseWhere(ctx context.Context, tx *sql.Conn, c child, row side) (int64, error) {
	d := u.db.Dialect
	switch c.table {
	case "":
		return 0, nil
	case logTable, allauthTable:
		columns, err := d.Columns(ctx, tx, c.table)
		if err != nil || len(columns) == 0 {
			return 0, err
		}
	}
	query := "DELETE FROM " + c.table + " WHERE " + row.is(c.column)
	result, err := tx.ExecContext(ctx, d.Rebind(query), row.args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
