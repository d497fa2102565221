package sqlusers

import "context"

// GrantToUser gives a user a permission, named "app_label.codename", unless it was
// granted to the user directly before. It applies from the user's next request on. If
// several models of the app have this codename, the first one's is granted; for
// [auth.HasPerm] they are the same.
//
// Its error is [auth.ErrUserNotFound] or [ErrPermissionNotFound] if there is
// no such user or permission. See [Users.RegisterPermission].
func (u *Users) GrantToUser(ctx context.Context, userID, name string) error {
	user, err := u.user(userID)
	if err != nil {
		return err
	}
	return u.grant(ctx, u.table.permissions, user, name)
}

// GrantToGroup gives a group a permission, as [Users.GrantToUser] does to a
// user. Its error is [ErrGroupNotFound] or [ErrPermissionNotFound] if there is
// no such group or permission.
func (u *Users) GrantToGroup(ctx context.Context, groupID int64, name string) error {
	return u.grant(ctx, groupPermissions, u.number(groupID), name)
}

// RevokeFromUser takes a permission, named "app_label.codename", from a user
// to whom it was granted directly, for all models of the app. Permissions of
// groups stay. Its errors are those of [Users.GrantToUser].
func (u *Users) RevokeFromUser(ctx context.Context, userID, name string) error {
	user, err := u.user(userID)
	if err != nil {
		return err
	}
	return u.revoke(ctx, u.table.permissions, user, name)
}

// RevokeFromGroup takes a permission from a group, as [Users.RevokeFromUser]
// does from a user. Its errors are those of [Users.GrantToGroup].
func (u *Users) RevokeFromGroup(ctx context.Context, groupID int64, name string) error {
	return u.revoke(ctx, groupPermissions, u.number(groupID), name)
}

func (u *Users) grant(ctx context.Context, j join, to side, name string) error {
	found, err := u.byName(ctx, name)
	if err != nil {
		return err
	}
	return u.link(ctx, j, to, found[0].ID)
}

func (u *Users) revoke(ctx context.Context, j join, from side, name string) error {
	found, err := u.byName(ctx, name)
	if err != nil {
		return err
	}
	ids := make([]int64, len(found))
	for i, p := range found {
		ids[i] = p.ID
	}
	return u.unlink(ctx, j, from, ids...)
}
