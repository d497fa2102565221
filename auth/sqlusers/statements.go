package sqlusers

import (
	"context"
	"errors"
	"strings"

	"github.com/jamsession/jamsession/internal/djangodb"
)

// statements are what Users asks of the database often, prepared once. Those
// that only read belong to the readers' pool. What the model has no column or table
// for is nil.
type statements struct {
	byID, byUsername, anyCase, list              *djangodb.Stmt
	byEmail, lastByEmail                         *djangodb.Stmt
	effective                                    *djangodb.Stmt
	inserted                                     *djangodb.Stmt
	setPassword, upgradePassword, touchLastLogin *djangodb.Stmt

	floors bool // the table of the floors of logins is there

	onDevice lateStatement   // byID, with the state of a device
	states   *djangodb.Batch // of many users
}

// prepare prepares them, with the floors of logins if their table is there.
func prepare(ctx context.Context, on djangodb.DB, t *table, floors bool) (*statements, error) {
	s := &statements{floors: floors, states: t.states(on, floors)}
	reads, writes, d := on.PrepareReader, on.Prepare, on.Dialect
	row, byKey := t.selectRow(floors), " WHERE "+t.key.is(t.key.column)
	name, hash := t.fields["username"].column, t.fields["password"].column
	for _, p := range []struct {
		stmt **djangodb.Stmt
		how  func(context.Context, string) (*djangodb.Stmt, error)
		text string
	}{
		{&s.byID, reads, row + byKey},
		{&s.byUsername, reads, row + " WHERE " + name + " = ? LIMIT 100"},
		{&s.anyCase, reads, row + " WHERE UPPER(" + name + ") IN (UPPER(?), UPPER(?), UPPER(?))" +
			" ORDER BY " + t.key.column + " LIMIT 100"},
		{&s.byEmail, reads, t.selectByEmail(floors)},
		{&s.lastByEmail, reads, t.selectLastByEmail()},
		{&s.effective, reads, t.effectivePermissions()},
		{&s.list, reads, row + " WHERE " + t.key.column + " >= " + t.key.param() +
			" ORDER BY " + t.key.column + " LIMIT ?"},
		{&s.inserted, writes, row + byKey},
		{&s.setPassword, writes, t.update(hash+" = ?") + byKey},
		{&s.upgradePassword, writes, t.update(hash+" = ?") + byKey + " AND " + d.SameBytes(hash)},
		{&s.touchLastLogin, writes, t.updateLastLogin(byKey)},
	} {
		if p.text == "" {
			continue
		}
		stmt, err := p.how(ctx, p.text)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		*p.stmt = stmt
	}
	return s, nil
}

// update is an UPDATE up to its WHERE.
func (t *table) update(assignments string) string {
	return "UPDATE " + t.quoted + " SET " + assignments
}

func (t *table) updateLastLogin(byKey string) string {
	if !t.has("last_login") {
		return ""
	}
	return t.update(t.fields["last_login"].column+" = ?") + byKey
}

// selectRow selects what Users.scan reads.
func (t *table) selectRow(floors bool) string {
	return "SELECT " + t.key.read() + ", " + t.text("password") + ", " + t.time("last_login") + ", " +
		t.flag("is_superuser", "FALSE") + ", " + t.text("username") + ", " + t.text("first_name") + ", " +
		t.text("last_name") + ", " + t.text("email") + ", " + t.flag("is_staff", "FALSE") + ", " +
		t.flag("is_active", "TRUE") + ", " + t.time("date_joined") + ", " + t.floorColumns(floors) +
		t.extra.columns(t.on) + " FROM " + t.quoted
}

// selectByEmail reads no row that it does not return: with the index, it goes
// to the first row of an address, and reads on from there.
func (t *table) selectByEmail(floors bool) string {
	if !t.has("email") {
		return ""
	}
	return t.selectRow(floors) + " WHERE " + t.on.SameText(t.fields["email"].column) + " AND " +
		t.key.column + " >= " + t.key.param() + " ORDER BY " + t.key.column + " LIMIT ?"
}

func (t *table) selectLastByEmail() string {
	if !t.has("email") {
		return ""
	}
	return "SELECT " + t.key.read() + " FROM " + t.quoted + " WHERE " +
		t.on.SameText(t.fields["email"].column) + " ORDER BY " + t.key.column + " DESC LIMIT 1"
}

// close releases the statements that were prepared.
func (s *statements) close() error {
	var errs []error
	for _, stmt := range []*djangodb.Stmt{
		s.byID, s.byUsername, s.anyCase, s.byEmail, s.lastByEmail, s.list, s.effective, s.inserted,
		s.setPassword, s.upgradePassword, s.touchLastLogin,
	} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(append(errs, s.onDevice.close(), s.states.Close())...)
}

// effectivePermissions selects what a user may do, directly and by groups, and binds the key
// once for each table that the model has. It keeps duplicates, since some databases treat names
// in another case as the same.
func (t *table) effectivePermissions() string {
	const named = "SELECT c.app_label, p.codename FROM auth_permission p" +
		" JOIN django_content_type c ON c.id = p.content_type_id"
	var parts []string
	if own := t.permissions; own.table != "" {
		parts = append(parts, named+" JOIN "+own.table+" up ON up."+own.right.column+" = p.id WHERE "+
			t.key.is("up."+own.left.column))
	}
	if groups := t.groups; groups.table != "" {
		parts = append(parts, named+" JOIN auth_group_permissions gp ON gp.permission_id = p.id"+
			" JOIN "+groups.table+" ug ON ug."+groups.right.column+" = gp.group_id WHERE "+
			t.key.is("ug."+groups.left.column))
	}
	return strings.Join(parts, " UNION ALL ")
}
