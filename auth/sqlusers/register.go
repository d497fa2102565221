package sqlusers

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// RegisterModel makes sure that the four permissions exist that Django gives
// each model, and returns them: "add", "change", "delete" and "view". Their
// codenames are "add_order" and so on, their names "Can add order". App and
// model are Django's app_label and model name, which is stored in lower case;
// verbose is what people call the model, the model name if it is empty.
//
// A program calls it when it starts, for each of its models; programs that
// start together may all do so. Permissions that exist stay as they are, and
// if all exist, nothing is written. The error wraps [auth.ErrInvalidUser] if a text
// does not fit.
func (u *Users) RegisterModel(ctx context.Context, app, model, verbose string) ([]Permission, error) {
	model = strings.ToLower(model)
	if verbose == "" {
		verbose = model
	}
	var wanted []Permission
	for _, action := range []string{"add", "change", "delete", "view"} {
		wanted = append(wanted, Permission{
			AppLabel: app, Model: model,
			Codename: action + "_" + model, Name: "Can " + action + " " + verbose,
		})
	}
	return u.register(ctx, wanted)
}

// RegisterPermission makes sure that a permission exists for a model, with its
// content type, and returns it. It is Django's Meta.permissions, and works as
// [Users.RegisterModel] does: a permission that exists keeps its name.
func (u *Users) RegisterPermission(
	ctx context.Context, app, model, codename, name string,
) (Permission, error) {
	stored, err := u.register(ctx, []Permission{{
		AppLabel: app, Model: strings.ToLower(model), Codename: codename, Name: name,
	}})
	if err != nil {
		return Permission{}, err
	}
	return stored[0], nil
}

// DeletePermission removes a permission, and takes it from all who have it, in
// one transaction. The content type of its model stays. Its error is
// [ErrPermissionNotFound] if there is no such permission, and [ErrReferenced]
// if the database says that a row of another table needs it.
func (u *Users) DeletePermission(ctx context.Context, id int64) error {
	return u.erase(ctx, permissionEnd, u.number(id), []child{
		{u.table.permissions.table, u.table.permissions.right.column},
		{groupPermissions.table, groupPermissions.right.column},
	})
}

// register stores permissions of one model, and returns them as they are
// stored.
func (u *Users) register(ctx context.Context, wanted []Permission) ([]Permission, error) {
	for _, p := range wanted {
		if err := p.check(); err != nil {
			return nil, err
		}
	}
	ctx, cancel := u.limit(ctx)
	defer cancel()
	stored, err := u.ofModel(ctx, wanted)
	if err != nil || len(stored) == len(wanted) {
		return stored, err
	}
	err = u.db.Transact(ctx, func(tx *sql.Conn) error {
		if err := u.addContentType(ctx, tx, wanted[0]); err != nil {
			return err
		}
		for _, p := range wanted {
			if err := u.addPermission(ctx, tx, p); err != nil {
				return err
			}
		}
		return nil
	})
	if u.db.Dialect.IsUnique(err) {
		return nil, fmt.Errorf("%w: app label, model or codename exists in another case", errInvalid)
	}
	if err != nil {
		return nil, wrap(ctx, "register permission", err)
	}
	stored, err = u.ofModel(ctx, wanted)
	if err == nil && len(stored) < len(wanted) {
		err = ErrPermissionNotFound // somebody has deleted it meanwhile
	}
	return stored, err
}

// ofModel returns those of the wanted permissions that are stored.
func (u *Users) ofModel(ctx context.Context, wanted []Permission) ([]Permission, error) {
	d := u.db.Dialect
	stored, err := u.permissions(ctx, u.db.Writer,
		" WHERE "+d.SameKey("c.app_label")+" AND "+d.SameKey("c.model"),
		d.KeyArgs(d.KeyArgs(nil, wanted[0].AppLabel), wanted[0].Model)...)
	return slices.DeleteFunc(stored, func(p Permission) bool {
		return !slices.ContainsFunc(wanted, func(w Permission) bool { return w.Codename == p.Codename })
	}), err
}

func (u *Users) addContentType(ctx context.Context, tx *sql.Conn, p Permission) error {
	d := u.db.Dialect
	args := d.KeyArgs(d.KeyArgs([]any{p.AppLabel, p.Model}, p.AppLabel), p.Model)
	_, err := tx.ExecContext(ctx, d.Rebind("INSERT INTO django_content_type (app_label, model)"+
		" SELECT ?, ? FROM (SELECT 1 AS one) one WHERE NOT EXISTS"+
		" (SELECT 1 FROM django_content_type WHERE "+
		d.SameKey("app_label")+" AND "+d.SameKey("model")+")"), args...)
	return err
}

func (u *Users) addPermission(ctx context.Context, tx *sql.Conn, p Permission) error {
	d := u.db.Dialect
	args := d.KeyArgs(d.KeyArgs([]any{p.Codename, p.Name}, p.AppLabel), p.Model)
	args = d.KeyArgs(args, p.Codename)
	_, err := tx.ExecContext(ctx, d.Rebind("INSERT INTO auth_permission (content_type_id, codename, name)"+
		" SELECT c.id, ?, ? FROM django_content_type c"+
		" WHERE "+d.SameKey("c.app_label")+" AND "+d.SameKey("c.model")+
		" AND NOT EXISTS (SELECT 1 FROM auth_permission p"+
		" WHERE p.content_type_id = c.id AND "+d.SameKey("p.codename")+")"), args...)
	return err
}
