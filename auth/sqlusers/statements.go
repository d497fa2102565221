package sqlusers

import (
	"context"
	"errors"

	"github.com/jamsession/jamsession/internal/djangodb"
)

// statements are what Users asks of the database often, prepared once. Those
// that only read belong to the readers' pool.
type statements struct {
	byID, byUsername, anyCase, list              *djangodb.Stmt
	byEmail, lastByEmail                         *djangodb.Stmt
	effective                                    *djangodb.Stmt
	insert, inserted                             *djangodb.Stmt
	setPassword, upgradePassword, touchLastLogin *djangodb.Stmt

	floors bool // the table of the floors of logins is there
}

// prepare prepares them, with the floors of logins if their table is there.
func prepare(ctx context.Context, on djangodb.DB, floors bool) (*statements, error) {
	s := &statements{floors: floors}
	reads, writes, d := on.PrepareReader, on.Prepare, on.Dialect
	id := d.BigInt() // a session may name a user that the column could not hold
	row := selectRow(d, floors)
	for _, p := range []struct {
		stmt **djangodb.Stmt
		how  func(context.Context, string) (*djangodb.Stmt, error)
		text string
	}{
		{&s.byID, reads, row + " WHERE id = " + id},
		{&s.byUsername, reads, row + " WHERE username = ?"},
		{&s.anyCase, reads, row + " WHERE UPPER(username) IN (UPPER(?), UPPER(?), UPPER(?))" +
			" ORDER BY id LIMIT 100"},
		{&s.byEmail, reads, selectByEmail(d, floors)},
		{&s.lastByEmail, reads, "SELECT id FROM auth_user WHERE " + d.SameText("email") +
			" ORDER BY id DESC LIMIT 1"},
		{&s.effective, reads, effectivePermissions(id)},
		{&s.list, reads, row + " WHERE id > " + id + " ORDER BY id LIMIT ?"},
		{&s.insert, writes, "INSERT INTO auth_user (password, last_login, is_superuser, username," +
			" first_name, last_name, email, is_staff, is_active, date_joined)" +
			" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" + d.Returning("id")},
		{&s.inserted, writes, row + " WHERE id = " + id},
		{&s.setPassword, writes, "UPDATE auth_user SET password = ? WHERE id = " + id},
		{&s.upgradePassword, writes, "UPDATE auth_user SET password = ? WHERE id = " + id +
			" AND " + d.SameBytes("password")},
		{&s.touchLastLogin, writes, "UPDATE auth_user SET last_login = ? WHERE id = " + id},
	} {
		stmt, err := p.how(ctx, p.text)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		*p.stmt = stmt
	}
	return s, nil
}

// selectRow selects what Users.scan reads.
func selectRow(d djangodb.Dialect, floors bool) string {
	return "SELECT id, password, " + d.RawTime("last_login") + ", is_superuser, username," +
		" first_name, last_name, email, is_staff, is_active, " + d.RawTime("date_joined") + ", " +
		floorColumns(d, floors) + " FROM auth_user"
}

// selectByEmail reads no row that it does not return: with the index, it goes
// to the first row of an address, and reads on from there.
func selectByEmail(d djangodb.Dialect, floors bool) string {
	return selectRow(d, floors) + " WHERE " + d.SameText("email") + " AND id >= " + d.BigInt() +
		" ORDER BY id LIMIT ?"
}

// close releases the statements that were prepared.
func (s *statements) close() error {
	var errs []error
	for _, stmt := range []*djangodb.Stmt{
		s.byID, s.byUsername, s.anyCase, s.byEmail, s.lastByEmail, s.list, s.effective, s.insert, s.inserted,
		s.setPassword, s.upgradePassword, s.touchLastLogin,
	} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}

// effectivePermissions selects what a user may do, directly and by groups.
// It keeps duplicates, since some databases treat names in another case as
// the same.
func effectivePermissions(id string) string {
	const named = "SELECT c.app_label, p.codename FROM auth_permission p" +
		" JOIN django_content_type c ON c.id = p.content_type_id"
	return named +
		" JOIN auth_user_user_permissions up ON up.permission_id = p.id WHERE up.user_id = " + id +
		" UNION ALL " + named +
		" JOIN auth_group_permissions gp ON gp.permission_id = p.id" +
		" JOIN auth_user_groups ug ON ug.group_id = gp.group_id WHERE ug.user_id = " + id
}
