package sqlusers_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
)

func TestDelete(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		ctx := t.Context()
		g := createGroup(t, d, "editors")
		var ids []string
		for _, name := range []string{"john", "jane"} {
			user := create(t, d.Users, auth.User{Username: name})
			ids = append(ids, user.ID)
			if err := errors.Join(d.AddToGroup(ctx, user.ID, g.ID),
				d.GrantToUser(ctx, user.ID, "auth.add_user")); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Delete(ctx, ids[0]); err != nil {
			t.Fatal(err)
		}
		if err := d.Delete(ctx, ids[0]); !errors.Is(err, auth.ErrUserNotFound) {
			t.Errorf("the second time: %v", err)
		}
		if _, err := d.ByID(ctx, ids[0]); !errors.Is(err, auth.ErrUserNotFound) {
			t.Errorf("ByID: %v", err)
		}
		for _, table := range []string{
			"auth_user", "auth_user_groups", "auth_user_user_permissions", "auth_group",
		} {
			if n := d.count(t, table); n != 1 {
				t.Errorf("%s has %d rows, want the other user's one", table, n)
			}
		}
		if got, err := d.EffectivePermissions(ctx, ids[1]); len(got) != 1 || err != nil {
			t.Errorf("the other user may do %q, %v", got, err)
		}
	})
}

// TestDeleteIsAllOrNothing: a table that we do not know refers to the user,
// and then the user's groups stay, too.
func TestDeleteIsAllOrNothing(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		ctx := t.Context()
		user, g := create(t, d.Users, auth.User{Username: "john"}), createGroup(t, d, "editors")
		if err := d.AddToGroup(ctx, user.ID, g.ID); err != nil {
			t.Fatal(err)
		}
		d.exec(t, "CREATE TABLE shop_order (user_id integer NOT NULL, group_id integer NOT NULL,"+
			" FOREIGN KEY (user_id) REFERENCES auth_user (id), FOREIGN KEY (group_id) REFERENCES auth_group (id))",
			"INSERT INTO shop_order (user_id, group_id) SELECT u.id, g.id FROM auth_user u, auth_group g")
		if err := d.Delete(ctx, user.ID); !errors.Is(err, sqlusers.ErrReferenced) {
			t.Errorf("Delete: %v, want ErrReferenced", err)
		}
		if err := d.DeleteGroup(ctx, g.ID); !errors.Is(err, sqlusers.ErrReferenced) {
			t.Errorf("DeleteGroup: %v, want ErrReferenced", err)
		}
		if n := d.count(t, "auth_user_groups"); n != 1 {
			t.Errorf("%d memberships are left, want 1", n)
		}
		d.exec(t, "DELETE FROM shop_order")
		if err := errors.Join(d.Delete(ctx, user.ID), d.DeleteGroup(ctx, g.ID)); err != nil {
			t.Error(err)
		}
	})
}

// TestDeleteWhileAdding: whichever comes first, nothing is left of the
// user, and nobody sees the database's own error.
func TestDeleteWhileAdding(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		g := createGroup(t, d, "editors")
		for range 20 {
			user := create(t, d.Users, auth.User{Username: "john"})
			var wg sync.WaitGroup
			wg.Go(func() {
				if err := d.AddToGroup(t.Context(), user.ID, g.ID); err != nil && !errors.Is(err, auth.ErrUserNotFound) {
					t.Errorf("AddToGroup: %v", err)
				}
			})
			wg.Go(func() {
				if err := d.GrantToUser(t.Context(), user.ID, "auth.add_user"); err != nil &&
					!errors.Is(err, auth.ErrUserNotFound) {
					t.Errorf("GrantToUser: %v", err)
				}
			})
			if err := d.Delete(t.Context(), user.ID); err != nil {
				t.Fatalf("Delete: %v", err)
			}
			wg.Wait()
		}
		for _, table := range []string{"auth_user", "auth_user_groups", "auth_user_user_permissions"} {
			if n := d.count(t, table); n != 0 {
				t.Errorf("%s has %d rows", table, n)
			}
		}
	})
}

// TestDeleteCascadesAsDjangos: what is left in each table is what Django
// leaves after the same deletion.
func TestDeleteCascadesAsDjangos(t *testing.T) {
	forEachDatabaseWithDjango(t, func(t *testing.T, d database) {
		d.django.Manage("migrate")
		d.django.Run(`
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
g = Group.objects.create(name="editors")
g.permissions.add(Permission.objects.get(codename="add_user"))
for name in ["ours", "theirs", "other"]:
    u = User.objects.create_user(name)
    u.groups.add(g)
    u.user_permissions.add(Permission.objects.get(codename="view_user"))
    LogEntry.objects.create(user=u, object_repr="x", action_flag=1)
User.objects.get(username="theirs").delete()
`)
		counts := func() (n []int) {
			for _, table := range []string{
				"auth_user", "auth_user_groups", "auth_user_user_permissions", "django_admin_log", "auth_group",
				"auth_group_permissions", "auth_permission",
			} {
				n = append(n, d.count(t, table))
			}
			return n
		}
		before := counts()
		ours, err := d.ByUsername(t.Context(), "ours")
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Delete(t.Context(), ours.ID); err != nil {
			t.Fatal(err)
		}
		after := counts()
		for i, n := range before {
			want := n
			if i < 4 {
				if n != 2 { // Django has deleted one of three
					t.Errorf("Django left %d", n)
				}
				want = 1
			}
			if after[i] != want {
				t.Errorf("rows before %v, after %v", before, after)
			}
		}
	}, admin)
}

// admin is Django's admin in the settings, without what its pages need.
const admin = `INSTALLED_APPS += ["django.contrib.admin", "django.contrib.messages"]
SILENCED_SYSTEM_CHECKS = ["admin.E403", "admin.E404", "admin.E408", "admin.E409", "admin.E410", "admin.W411"]`
