package sqlusers_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
)

// nobodies are IDs that no user has, and some that no user could have: a session
// or a link may name any text.
var nobodies = []string{
	"", "0", "-1", "99", "2147483648", "9223372036854775807", "9223372036854775808",
	"x", "1.0", "1e0", " 1", "1 ", "1 OR 1=1", "1\x00", "\xff", "0x1",
	"550e8400-e29b-41d4-a716-446655440000",
}

// TestEveryTextIsAnID: a text that is not the ID of a user, or of any user, is
// somebody who does not exist. It is never an error of the database.
func TestEveryTextIsAnID(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		d.nobodyHas(t, create(t, d.Users, auth.User{Username: "john"}), nobodies)
	})
}

// nobodyHas tries texts that are nobody's ID, beside one user.
func (d database) nobodyHas(t *testing.T, john auth.User, ids []string) {
	t.Helper()
	ctx, g := t.Context(), createGroup(t, d, "nobodies of "+d.Model().Name)
	linked := d.Model().Groups != "none"
	for _, id := range ids {
		_, byID := d.ByID(ctx, id)
		_, update := d.Update(ctx, id, func(u *auth.User) { u.IsActive = !u.IsActive })
		for name, err := range map[string]error{
			"ByID":            byID,
			"Update":          update,
			"SetPassword":     d.SetPassword(ctx, id, encoded),
			"TouchLastLogin":  d.TouchLastLogin(ctx, id, time.Now()),
			"SetActive":       d.SetActive(ctx, id, d.Model().Columns["is_active"] == ""),
			"Delete":          d.Delete(ctx, id),
			"AddToGroup":      d.AddToGroup(ctx, id, g.ID),
			"RemoveFromGroup": d.RemoveFromGroup(ctx, id, g.ID),
			"GrantToUser":     d.GrantToUser(ctx, id, "auth.add_group"),
			"RevokeFromUser":  d.RevokeFromUser(ctx, id, "auth.add_group"),
		} {
			hasTable := linked || !strings.Contains(name, "Group") && !strings.Contains(name, "User")
			if hasTable && !errors.Is(err, auth.ErrUserNotFound) {
				t.Errorf("%s of %q: %v, want ErrUserNotFound", name, id, err)
			}
		}
		if ok, err := d.UpgradePassword(ctx, id, john.Password, encoded); ok || err != nil {
			t.Errorf("UpgradePassword of %q: %v, %v", id, ok, err)
		}
		groups, err1 := d.UserGroups(ctx, id)
		own, err2 := d.UserPermissions(ctx, id)
		all, err3 := d.EffectivePermissions(ctx, id)
		if err := errors.Join(err1, err2, err3); len(groups)+len(own)+len(all) > 0 || err != nil {
			t.Errorf("%q has %v, %v, %v; %v", id, groups, own, all, err)
		}
	}
	if got, err := d.ByID(ctx, john.ID); err != nil || got != john {
		t.Errorf("john became %v, %v", fields(got), err)
	}
}

// number returns the ID of a user as a number.
func number(t *testing.T, user auth.User) int {
	t.Helper()
	n, err := strconv.Atoi(user.ID)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// must returns what a constructor has made.
func must[T any](made T, err error) T {
	if err != nil {
		panic(err)
	}
	return made
}
