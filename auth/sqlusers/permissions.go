package sqlusers

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/internal/djangodb"
)

// ErrPermissionNotFound says that there is no permission of this name.
var ErrPermissionNotFound = errors.New("sqlusers: no such permission")

// A Permission is a row of auth_permission: something that users may be
// allowed to do with the objects of a model. See [Users.RegisterModel].
type Permission struct {
	ID       int64  // the primary key
	AppLabel string // of the app, such as "shop"
	Model    string // in lower case, such as "order"
	Codename string // such as "add_order", unique in the model
	Name     string // for people: "Can add order"
}

// String returns the name that programs use: "shop.add_order".
func (p Permission) String() string { return p.AppLabel + "." + p.Codename }

// Permissions returns all permissions that there are, sorted by app, model and
// codename.
func (u *Users) Permissions(ctx context.Context) ([]Permission, error) {
	return u.permissions(ctx, u.db.Reader, "")
}

// UserPermissions returns the permissions that were granted to a user
// directly, without those of groups, sorted by app, model and codename; none
// if there is no such user. (Django: user.user_permissions.)
func (u *Users) UserPermissions(ctx context.Context, userID string) ([]Permission, error) {
	user, err := u.user(userID)
	j := u.table.permissions
	if err != nil || j.table == "" {
		return nil, nil
	}
	return u.permissions(ctx, u.db.Reader, " JOIN "+j.table+" j ON j."+j.right.column+" = p.id"+
		" WHERE "+user.is("j."+j.left.column), user.args...)
}

// GroupPermissions returns the permissions of a group, sorted by app, model
// and codename; none if there is no such group.
func (u *Users) GroupPermissions(ctx context.Context, groupID int64) ([]Permission, error) {
	return u.permissions(ctx, u.db.Reader,
		" JOIN auth_group_permissions j ON j.permission_id = p.id"+
			" WHERE j.group_id = "+u.db.Dialect.BigInt(), groupID)
}

// EffectivePermissions returns what a user may do, directly and by groups,
// each as "app_label.codename", sorted; none if there is no such user. It does
// not ask whether the user is active or a superuser: [auth.HasPerm] does.
// (Django: ModelBackend.get_all_permissions.)
func (u *Users) EffectivePermissions(ctx context.Context, userID string) ([]string, error) {
	args, err := u.table.key.args(userID)
	stmt := u.asked(ctx).effective
	if err != nil || stmt == nil {
		return nil, nil
	}
	if u.table.permissions.table != "" && u.table.groups.table != "" {
		args = append(args, args...)
	}
	ctx, cancel := u.limit(ctx)
	defer cancel()
	rows, err := stmt.Query(ctx, args...)
	names, err := collect(rows, err, func(rows *sql.Rows) (string, error) {
		var p Permission
		err := rows.Scan(&p.AppLabel, &p.Codename)
		return p.String(), err
	})
	if err != nil {
		return nil, wrap(ctx, "read permissions", err)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// byName returns the permissions with exactly this name, "app_label.codename".
// There is usually one; two models of an app may have permissions of the same
// codename, which [auth.HasPerm] does not tell apart.
func (u *Users) byName(ctx context.Context, name string) ([]Permission, error) {
	app, codename, _ := strings.Cut(name, ".")
	if checkLabel("app label", app) != nil || checkText("codename", codename, maxCodename) != nil {
		return nil, ErrPermissionNotFound
	}
	d := u.db.Dialect
	found, err := u.permissions(ctx, u.db.Writer,
		" WHERE "+d.SameKey("c.app_label")+" AND "+d.SameKey("p.codename"),
		d.KeyArgs(d.KeyArgs(nil, app), codename)...)
	if err == nil && len(found) == 0 {
		err = ErrPermissionNotFound
	}
	return found, err
}

// permissions returns those to which the end of a SELECT applies.
func (u *Users) permissions(
	ctx context.Context, on func(query string) *djangodb.Stmt, where string, args ...any,
) ([]Permission, error) {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	rows, err := on("SELECT p.id, c.app_label, c.model, p.codename, p.name FROM auth_permission p"+
		" JOIN django_content_type c ON c.id = p.content_type_id"+where).Query(ctx, args...)
	found, err := collect(rows, err, func(rows *sql.Rows) (p Permission, err error) {
		err = rows.Scan(&p.ID, &p.AppLabel, &p.Model, &p.Codename, &p.Name)
		return p, err
	})
	slices.SortFunc(found, func(a, b Permission) int {
		return cmp.Or(cmp.Compare(a.AppLabel, b.AppLabel), cmp.Compare(a.Model, b.Model),
			cmp.Compare(a.Codename, b.Codename))
	})
	return found, wrap(ctx, "list permissions", err)
}
