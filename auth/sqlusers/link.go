package sqlusers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A join is a table of pairs: which row belongs to which.
type join struct {
	table       string // empty: there is none
	left, right end
	required    string // further columns without which there can be no row
}

// An end is what a column of a join refers to.
type end struct {
	column, table, id string // id is the key of the table
	missing           error  // says that there is no such row
}

var (
	groupEnd      = end{"group_id", "auth_group", "id", ErrGroupNotFound}
	permissionEnd = end{"permission_id", "auth_permission", "id", ErrPermissionNotFound}

	groupPermissions = join{"auth_group_permissions", groupEnd, permissionEnd, ""}
)

// A side is one end of a pair: the condition that a column is the row's key, and what to bind for it.
type side struct {
	is   func(column string) string
	args []any
}

// number is a row of a table of which Django's auth app chooses the keys.
func (u *Users) number(id int64) side {
	return side{func(column string) string { return column + " = " + u.db.Dialect.BigInt() }, []any{id}}
}

// user is a row of the table of users.
func (u *Users) user(id string) (side, error) {
	args, err := u.table.key.args(id)
	return side{u.table.key.is, args}, err
}

// link stores a pair, unless it is there. It asks for both ends, since SQLite
// does not enforce the reference unless it is told to.
func (u *Users) link(ctx context.Context, j join, left side, right int64) error {
	other := u.number(right)
	if err := u.canLink(j); err != nil {
		return err
	}
	return u.pair(ctx, "link", j, left, []any{right}, other,
		"INSERT INTO "+j.table+" ("+j.left.column+", "+j.right.column+")"+
			" SELECT l."+j.left.id+", r."+j.right.id+" FROM "+j.left.table+" l, "+j.right.table+" r"+
			" WHERE "+left.is("l."+j.left.id)+" AND "+other.is("r."+j.right.id)+
			" AND NOT EXISTS (SELECT 1 FROM "+j.table+
			" p WHERE p."+j.left.column+" = l."+j.left.id+" AND p."+j.right.column+" = r."+j.right.id+")")
}

// canLink refuses what only Django can store.
func (u *Users) canLink(j join) error {
	switch {
	case j.table == "":
		return fmt.Errorf("sqlusers: %s has no table of groups, or of permissions: see AUTH_USER_GROUPS and"+
			" AUTH_USER_PERMISSIONS", u.table.model.Name)
	case j.required != "":
		return fmt.Errorf("sqlusers: rows of %s need more than a pair: %s; store them with Django",
			j.table, j.required)
	}
	return nil
}

// unlink deletes the pairs of one with each of the others, if they are
// there.
func (u *Users) unlink(ctx context.Context, j join, left side, rights ...int64) error {
	if j.table == "" {
		return u.canLink(j)
	}
	id := u.db.Dialect.BigInt()
	in := strings.TrimSuffix(strings.Repeat(id+", ", len(rights)), ", ")
	args := make([]any, len(rights))
	for i, right := range rights {
		args[i] = right
	}
	return u.pair(ctx, "unlink", j, left, args, u.number(rights[0]), "DELETE FROM "+j.table+
		" WHERE "+left.is(j.left.column)+" AND "+j.right.column+" IN ("+in+")")
}

// pair runs a statement on pairs. If it changes nothing, one of the ends may
// be missing.
func (u *Users) pair(
	ctx context.Context, op string, j join, left side, rights []any, right side, query string,
) error {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	args := append(slices.Clone(left.args), rights...)
	var n int64
	err := u.db.Transact(ctx, func(tx *sql.Conn) error {
		result, err := tx.ExecContext(ctx, u.db.Dialect.Rebind(query), args...)
		if err != nil {
			return err
		}
		n, err = result.RowsAffected()
		return err
	})
	if err != nil || n > 0 {
		return wrap(ctx, op, err)
	}
	if err := u.mustExist(ctx, j.left, left); err != nil {
		return err
	}
	return u.mustExist(ctx, j.right, right)
}

// mustExist returns the end's error if it has no such row. It asks
// the writer, which is sure to see what was just written.
func (u *Users) mustExist(ctx context.Context, e end, row side) error {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	var one int
	query := "SELECT 1 FROM " + e.table + " WHERE " + row.is(e.id)
	err := u.db.Writer(query).One(ctx, row.args, &one)
	if errors.Is(err, sql.ErrNoRows) {
		return e.missing
	}
	return wrap(ctx, "read", err)
}
