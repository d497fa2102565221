package sqlusers

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"math"
)

// The errors of groups.
var (
	// ErrGroupNotFound: there is no such group.
	ErrGroupNotFound = errors.New("sqlusers: no such group")

	// ErrGroupExists: another group already has this name.
	ErrGroupExists = errors.New("sqlusers: group name is taken")
)

// A Group is a row of auth_group: users who share permissions.
type Group struct {
	ID   int64  // the primary key
	Name string // at most 150 characters, not empty, unique
}

// CreateGroup stores a new group. Its error is [ErrGroupExists] if the name is
// taken, and wraps [auth.ErrInvalidUser] if it does not fit.
func (u *Users) CreateGroup(ctx context.Context, name string) (Group, error) {
	if err := checkGroupName(name); err != nil {
		return Group{}, err
	}
	ctx, cancel := u.limit(ctx)
	defer cancel()
	d := u.db.Dialect
	insert, err := u.db.Prepare(ctx, "INSERT INTO auth_group (name) VALUES (?)"+d.Returning("id"))
	if err != nil {
		return Group{}, wrap(ctx, "create group", err)
	}
	defer func() { _ = insert.Close() }()
	id, err := insert.InsertID(ctx, name)
	if d.IsUnique(err) {
		return Group{}, ErrGroupExists
	}
	if err != nil {
		return Group{}, wrap(ctx, "create group", err)
	}
	return Group{ID: id, Name: name}, nil
}

// RenameGroup changes the name of a group. Its error is [ErrGroupNotFound] if
// there is no such group, [ErrGroupExists] if another one has the name, and
// wraps [auth.ErrInvalidUser] if the name does not fit.
func (u *Users) RenameGroup(ctx context.Context, id int64, name string) error {
	if err := checkGroupName(name); err != nil {
		return err
	}
	n, err := u.exec(ctx, "UPDATE auth_group SET name = ? WHERE id = "+u.db.Dialect.BigInt(), name, id)
	switch {
	case u.db.Dialect.IsUnique(err):
		return ErrGroupExists
	case err == nil && n == 0: // or the name is the old one, which some drivers do not count
		return u.mustExist(ctx, groupEnd, u.number(id))
	default:
		return wrap(ctx, "rename", err)
	}
}

// DeleteGroup removes a group with its permissions and its list of users, in
// one transaction. Its error is [ErrGroupNotFound] if there is no such group,
// and [ErrReferenced] if the database says that a row of another table needs
// it.
func (u *Users) DeleteGroup(ctx context.Context, id int64) error {
	return u.erase(ctx, groupEnd, u.number(id), []child{
		{u.table.groups.table, u.table.groups.right.column},
		{groupPermissions.table, groupPermissions.left.column},
	})
}

// GroupByName returns the group with exactly this name. Its error is
// [ErrGroupNotFound] if there is none.
func (u *Users) GroupByName(ctx context.Context, name string) (Group, error) {
	if checkGroupName(name) != nil {
		return Group{}, ErrGroupNotFound
	}
	d := u.db.Dialect
	found, err := u.groups(ctx, "SELECT id, name FROM auth_group WHERE "+d.SameKey("name"),
		d.KeyArgs(nil, name)...)
	switch {
	case err != nil:
		return Group{}, wrap(ctx, "read group", err)
	case len(found) == 0:
		return Group{}, ErrGroupNotFound
	}
	return found[0], nil
}

// Groups yields all groups in order of their IDs, and an error at most once,
// last. It reads pages, and holds no connection while the loop runs.
func (u *Users) Groups(ctx context.Context) iter.Seq2[Group, error] {
	return func(yield func(Group, error) bool) {
		after := int64(math.MinInt64)
		for {
			page, err := u.groups(ctx, "SELECT id, name FROM auth_group WHERE id > "+
				u.db.Dialect.BigInt()+" ORDER BY id LIMIT ?", after, listPage)
			if err != nil {
				yield(Group{}, wrap(ctx, "list groups", err))
				return
			}
			for _, g := range page {
				if !yield(g, nil) {
					return
				}
				after = g.ID
			}
			if len(page) < listPage {
				return
			}
		}
	}
}

// UserGroups returns the groups of a user in order of their IDs; none if
// there is no such user.
func (u *Users) UserGroups(ctx context.Context, userID string) ([]Group, error) {
	user, err := u.user(userID)
	j := u.table.groups
	if err != nil || j.table == "" {
		return nil, nil
	}
	groups, err := u.groups(ctx, "SELECT g.id, g.name FROM auth_group g JOIN "+j.table+" ug ON ug."+
		j.right.column+" = g.id WHERE "+user.is("ug."+j.left.column)+" ORDER BY g.id", user.args...)
	return groups, wrap(ctx, "list groups", err)
}

func (u *Users) groups(ctx context.Context, query string, args ...any) ([]Group, error) {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	rows, err := u.db.Reader(query).Query(ctx, args...)
	return collect(rows, err, func(rows *sql.Rows) (g Group, err error) {
		err = rows.Scan(&g.ID, &g.Name)
		return g, err
	})
}

// AddToGroup makes a user a member of a group, unless they are one already.
// Its error is [auth.ErrUserNotFound] or [ErrGroupNotFound] if there is no
// such user or group.
func (u *Users) AddToGroup(ctx context.Context, userID string, groupID int64) error {
	user, err := u.user(userID)
	if err != nil {
		return err
	}
	return u.link(ctx, u.table.groups, user, groupID)
}

// RemoveFromGroup ends the membership of a user in a group, if there is one.
// Its errors are those of [Users.AddToGroup].
func (u *Users) RemoveFromGroup(ctx context.Context, userID string, groupID int64) error {
	user, err := u.user(userID)
	if err != nil {
		return err
	}
	return u.unlink(ctx, u.table.groups, user, groupID)
}
