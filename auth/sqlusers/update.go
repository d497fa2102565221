package sqlusers

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/devicekeeper"
)

// Update calls change with the user as the table has it, stores the fields that
// it has changed, and returns the user as it is stored then. The other fields
// keep what others store in them meanwhile. Usernames and addresses are
// normalized and checked as [Users.Create] does.
//
// Username, FirstName, LastName, Email, IsActive, IsStaff and IsSuperuser can be
// changed, and with Model.Extra the columns in Custom. For the password there is
// [Users.SetPassword].
//
// Its error is [auth.ErrUserNotFound] if there is no such user, [auth.ErrUserExists]
// if the new username is taken, and wraps [auth.ErrInvalidUser] if a field does not
// fit or cannot be changed here.
func (u *Users) Update(ctx context.Context, id string, change func(*auth.User)) (auth.User, error) {
	key, err := u.table.key.args(id)
	if err != nil {
		return auth.User{}, err
	}
	before, err := u.one(ctx, u.asked(ctx).inserted, key) // the writer has the newest row
	if err != nil {
		return auth.User{}, err
	}
	after := before
	change(&after)
	if err := checkUnchanged(before, after); err != nil {
		return auth.User{}, err
	}
	changed, err := u.changes(before, &after)
	if err != nil {
		return auth.User{}, err
	}
	if after.Username != before.Username {
		if err := u.checkFree(ctx, after.Username, before.ID); err != nil {
			return auth.User{}, err
		}
	}
	if len(changed) == 0 {
		return before, nil
	}
	var active *bool
	if after.IsActive != before.IsActive {
		active = &after.IsActive
	}
	err = u.update(ctx, before.ID, key, active, changed)
	if err != nil {
		return auth.User{}, u.notStored(ctx, "update", err)
	}
	return u.one(ctx, u.asked(ctx).inserted, key)
}

// update runs an UPDATE of one user. If that activates or deactivates the user,
// it raises the floor of logins in the same transaction.
func (u *Users) update(ctx context.Context, id string, key []any, active *bool, changed []setting) error {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	has, devices := false, false
	if active != nil {
		defer u.changed(id)
		var err error
		if has, err = u.hasFloors(ctx); err != nil {
			return err
		}
		if devices, err = u.hasDevices(ctx); err != nil {
			return err
		}
	}
	query, args := u.updateOf(key, changed...)
	if !has {
		_, err := u.exec(ctx, query, args...)
		return err
	}
	d := u.db.Dialect
	isActive := u.table.fields["is_active"]
	flag, values := u.updateOf(key, setting{isActive.Field, isActive.column, *active})
	if *active { // if active already, the sessions stay; new users have none
		flag, values = flag+" AND "+isActive.column+" = ?"+u.hasLoggedIn(), append(values, false)
	}
	return u.db.Transact(ctx, func(tx *sql.Conn) error {
		raise, err := matches(tx.ExecContext(ctx, d.Rebind(flag), values...))
		if err != nil {
			return err
		}
		if raise {
			if _, err := u.raise(ctx, tx, id); err != nil {
				return err
			}
			if err := devicekeeper.End(ctx, u.db.DB, tx, id); err != nil {
				return err
			}
		}
		if raise && devices {
			if err := u.endDevices(ctx, tx, id); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, d.Rebind(query), args...)
		return err
	})
}

// updateOf returns an UPDATE of one user, and what to bind for it.
func (u *Users) updateOf(key []any, changed ...setting) (query string, args []any) {
	var assignments []string
	for _, s := range changed {
		assignments, args = append(assignments, s.quoted+" = ?"), append(args, s.value)
	}
	t := u.table
	query = t.update(strings.Join(assignments, ", ")) + " WHERE " + t.key.is(t.key.column)
	return query, append(args, key...)
}

// hasLoggedIn is the end of a condition that a user has logged in before, as far as that is known.
func (u *Users) hasLoggedIn() string {
	if !u.table.has("last_login") {
		return ""
	}
	return " AND " + u.table.fields["last_login"].column + " IS NOT NULL"
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
	key, err := u.table.key.args(id)
	if err != nil {
		return err
	}
	if isActive, ok := u.table.fields["is_active"]; ok {
		to := []setting{{isActive.Field, isActive.column, active}}
		err = u.update(ctx, u.table.key.canonical(id), key, &active, to)
	} else if !active {
		return u.noColumn("is_active")
	}
	if err != nil {
		return wrap(ctx, "update", err)
	}
	_, err = u.one(ctx, u.asked(ctx).inserted, key) // MySQL counts no row that has the value already
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

// changes returns the assignments for an UPDATE. It sets the name and the address of after to what
// is stored of them.
func (u *Users) changes(before auth.User, after *auth.User) (changed []setting, err error) {
	if err := u.rename(before, after); err != nil {
		return nil, err
	}
	set := func(name string, differs bool, value any) {
		f, ok := u.table.fields[name]
		switch {
		case !differs:
		case !ok:
			err = errors.Join(err, u.noColumn(name))
		case has(changed, f.Name):
		default:
			changed = append(changed, setting{f.Field, f.column, value})
		}
	}
	text := func(name, old, value string) {
		if value != old {
			err = errors.Join(err, u.checkField(name, value))
		}
		set(name, value != old, u.orNull(name, value))
	}
	text("username", before.Username, after.Username)
	text("first_name", before.FirstName, after.FirstName)
	text("last_name", before.LastName, after.LastName)
	text("email", before.Email, after.Email)
	set("is_active", before.IsActive != after.IsActive, after.IsActive)
	set("is_staff", before.IsStaff != after.IsStaff, after.IsStaff)
	set("is_superuser", before.IsSuperuser != after.IsSuperuser, after.IsSuperuser)
	further, failed := u.ofCustom(after.Custom, before.Custom)
	return append(changed, further...), errors.Join(err, failed)
}

// rename sets the name and the address to what is stored of them, if they have changed. In a model
// that has both in one column, either may be changed.
func (u *Users) rename(before auth.User, after *auth.User) error {
	name, email := after.Username != before.Username, after.Email != before.Email
	if u.table.sameColumn("email", "username") {
		switch {
		case name && !email:
			after.Email = after.Username
		case email && !name:
			after.Username = after.Email
		}
		name, email = name || email, name || email
	}
	if name && u.table.sameColumn("id", "username") {
		return invalid("username", "is the key, and cannot be changed")
	}
	stored, address, err := u.names(after.Username, after.Email)
	if err != nil {
		return err
	}
	if name {
		after.Username = stored
	}
	if email {
		after.Email = address
	}
	return nil
}
