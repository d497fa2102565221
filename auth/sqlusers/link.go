package sqlusers

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/jamsession/jamsession/auth"
)

// A join is a table of pairs: which row belongs to which.
type join struct {
	table       string
	left, right end
}

// An end is what a column of a join refers to.
type end struct {
	column, table string
	missing       error // says that there is no such row
}

var (
	userEnd       = end{"user_id", "auth_user", auth.ErrUserNotFound}
	groupEnd      = end{"group_id", "auth_group", ErrGroupNotFound}
	permissionEnd = end{"permission_id", "auth_permission", ErrPermissionNotFound}

	userGroups       = join{"auth_user_groups", userEnd, groupEnd}
	userPermissions  = join{"auth_user_user_permissions", userEnd, permissionEnd}
	groupPermissions = join{"auth_group_permissions", groupEnd, permissionEnd}
)

// link stores a pair, unless it is there. It asks for both ends, since SQLite
// does not enforce the reference unless it is told to.
func (u *Users) link(ctx context.Context, j join, left, right int64) error {
	id := u.db.Dialect.BigInt()
	return u.pair(ctx, "link", j, left, []int64{right},
		"INSERT INTO "+j.table+" ("+j.left.column+", "+j.right.column+")"+
			" SELECT l.id, r.id FROM "+j.left.table+" l, "+j.right.table+" r"+
			" WHERE l.id = "+id+" AND r.id = "+id+" AND NOT EXISTS (SELECT 1 FROM "+j.table+
			" p WHERE p."+j.left.column+" = l.id AND p."+j.right.column+" = r.id)")
}

// unlink deletes the pairs of one with each of the others, if they are
// there.
func (u *Users) unlink(ctx context.Context, j join, left int64, rights ...int64) error {
	id := u.db.Dialect.BigInt()
	in := strings.TrimSuffix(strings.Repeat(id+", ", len(rights)), ", ")
	return u.pair(ctx, "unlink", j, left, rights, "DELETE FROM "+j.table+
		" WHERE "+j.left.column+" = "+id+" AND "+j.right.column+" IN ("+in+")")
}

// pair runs a statement on pairs. If it changes nothing, one of the ends may
// be missing.
func (u *Users) pair(
	ctx context.Context, op string, j join, left int64, rights []int64, query string,
) error {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	args := []any{left}
	for _, right := range rights {
		args = append(args, right)
	}
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
	return u.mustExist(ctx, j.right, rights[0])
}

// mustExist returns the end's error if it has no row with this ID. It asks
// the writer, which is sure to see what was just written.
func (u *Users) mustExist(ctx context.Context, e end, id int64) error {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	query := "SELECT id FROM " + e.table + " WHERE id = " + u.db.Dialect.BigInt()
	err := u.db.Writer(query).One(ctx, []any{id}, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return e.missing
	}
	return wrap(ctx, "read", err)
}
