package sqlusers_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/secrettest"
)

func permissionNames(permissions []sqlusers.Permission) []string {
	var names []string
	for _, p := range permissions {
		names = append(names, p.String())
	}
	return names
}

func TestGrantAndRevoke(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		ctx := t.Context()
		john := create(t, d.Users, auth.User{Username: "john"})
		jane := create(t, d.Users, auth.User{Username: "jane"})
		editors, authors := createGroup(t, d, "editors"), createGroup(t, d, "authors")
		must := func(errs ...error) {
			t.Helper()
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
		}
		expect := func(id string, own, effective []string) {
			t.Helper()
			direct, err := d.UserPermissions(ctx, id)
			if !slices.Equal(permissionNames(direct), own) || err != nil {
				t.Errorf("UserPermissions = %q, %v; want %q", permissionNames(direct), err, own)
			}
			all, err := d.EffectivePermissions(ctx, id)
			if !slices.Equal(all, effective) || err != nil {
				t.Errorf("EffectivePermissions = %q, %v; want %q", all, err, effective)
			}
		}
		expect(john.ID, nil, nil)
		for range 2 { // the second time it is so already
			must(
				d.GrantToUser(ctx, john.ID, "auth.view_user"), d.GrantToUser(ctx, john.ID, "auth.add_user"),
				d.GrantToGroup(ctx, editors.ID, "auth.add_user"),
				d.GrantToGroup(ctx, editors.ID, "contenttypes.delete_contenttype"),
				d.GrantToGroup(ctx, authors.ID, "auth.add_group"),
				d.AddToGroup(ctx, john.ID, editors.ID), d.AddToGroup(ctx, jane.ID, authors.ID),
			)
		}
		expect(john.ID, []string{"auth.add_user", "auth.view_user"},
			[]string{"auth.add_user", "auth.view_user", "contenttypes.delete_contenttype"})
		expect(jane.ID, nil, []string{"auth.add_group"})
		for range 2 {
			must(d.RevokeFromUser(ctx, john.ID, "auth.add_user"), d.RevokeFromUser(ctx, john.ID, "auth.view_user"),
				d.RevokeFromUser(ctx, jane.ID, "auth.add_group"))
		}
		expect(john.ID, nil, []string{"auth.add_user", "contenttypes.delete_contenttype"})
		expect(jane.ID, nil, []string{"auth.add_group"})
		must(d.RevokeFromGroup(ctx, editors.ID, "auth.add_user"))
		expect(john.ID, nil, []string{"contenttypes.delete_contenttype"})
		if got, err := d.GroupPermissions(ctx, editors.ID); err != nil ||
			!slices.Equal(permissionNames(got), []string{"contenttypes.delete_contenttype"}) {
			t.Errorf("GroupPermissions = %v, %v", got, err)
		}
		must(d.RemoveFromGroup(ctx, john.ID, editors.ID))
		expect(john.ID, nil, nil)
		expect(fmt.Sprint(int64(math.MaxInt64)), nil, nil)
	})
}

// named returns the permissions of this name.
func (d database) named(t *testing.T, name string) []sqlusers.Permission {
	t.Helper()
	all, err := d.Permissions(t.Context())
	if err != nil {
		t.Error(err)
	}
	return slices.DeleteFunc(all, func(p sqlusers.Permission) bool { return p.String() != name })
}

// TestDeletePermissionTakesItFromAll, and takes nothing else.
func TestDeletePermissionTakesItFromAll(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		ctx := t.Context()
		john, editors := create(t, d.Users, auth.User{Username: "john"}), createGroup(t, d, "editors")
		ship, err := d.RegisterPermission(ctx, "shop", "order", "ship_order", "Can ship")
		if err := errors.Join(
			err, d.GrantToUser(ctx, john.ID, "shop.ship_order"), d.GrantToUser(ctx, john.ID, "auth.add_user"),
			d.GrantToGroup(ctx, editors.ID, "shop.ship_order"), d.GrantToGroup(ctx, editors.ID, "auth.view_user"),
			d.AddToGroup(ctx, john.ID, editors.ID), d.DeletePermission(ctx, ship.ID),
		); err != nil {
			t.Fatal(err)
		}
		if got, err := d.EffectivePermissions(ctx, john.ID); err != nil ||
			!slices.Equal(got, []string{"auth.add_user", "auth.view_user"}) {
			t.Errorf("EffectivePermissions = %q, %v", got, err)
		}
		for name, err := range map[string]error{
			"DeletePermission again": d.DeletePermission(ctx, ship.ID),
			"GrantToUser":            d.GrantToUser(ctx, john.ID, "shop.ship_order"),
		} {
			if !errors.Is(err, sqlusers.ErrPermissionNotFound) {
				t.Errorf("%s: %v, want ErrPermissionNotFound", name, err)
			}
		}
		if _, err := d.RegisterPermission(ctx, "shop", "order", "ship_order", "Can ship"); err != nil {
			t.Errorf("RegisterPermission after the deletion: %v", err)
		}
	})
}

// group lets a method on a group have its ID as text, as those on users do.
func group(
	do func(ctx context.Context, id int64, name string) error,
) func(ctx context.Context, id, name string) error {
	return func(ctx context.Context, id, name string) error {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return err
		}
		return do(ctx, n, name)
	}
}

func TestGrantToNobody(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		ctx := t.Context()
		john, editors := create(t, d.Users, auth.User{Username: "john"}), createGroup(t, d, "editors")
		for name, c := range map[string]struct {
			change  func(ctx context.Context, id, name string) error
			id      string
			missing error
		}{
			"GrantToUser":     {d.GrantToUser, john.ID, auth.ErrUserNotFound},
			"RevokeFromUser":  {d.RevokeFromUser, john.ID, auth.ErrUserNotFound},
			"GrantToGroup":    {group(d.GrantToGroup), fmt.Sprint(editors.ID), sqlusers.ErrGroupNotFound},
			"RevokeFromGroup": {group(d.RevokeFromGroup), fmt.Sprint(editors.ID), sqlusers.ErrGroupNotFound},
		} {
			for _, id := range []string{"0", "99", fmt.Sprint(int64(math.MaxInt64))} {
				if err := c.change(ctx, id, "auth.add_user"); !errors.Is(err, c.missing) {
					t.Errorf("%s of %q: %v, want %v", name, id, err, c.missing)
				}
			}
			for _, perm := range []string{
				"", ".", "auth", "auth.", ".add_user", "auth.nothing", "AUTH.add_user", "auth.ADD_USER",
				"add_user", "auth.add_user ", "auth.add_user\x00", "auth.\xff", "' OR 1=1 --.x",
			} {
				if err := c.change(ctx, c.id, perm); !errors.Is(err, sqlusers.ErrPermissionNotFound) {
					t.Errorf("%s of %q: %v, want ErrPermissionNotFound", name, perm, err)
				}
			}
		}
	})
}

func TestRegisterModel(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		ctx := t.Context()
		types, before := d.count(t, "django_content_type"), d.count(t, "auth_permission")
		first, err := d.RegisterModel(ctx, "shop", "OrderLine", "order line")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range first {
			got = append(got, fmt.Sprintf("%s %s %q", p, p.Model, p.Name))
		}
		want := []string{
			`shop.add_orderline orderline "Can add order line"`,
			`shop.change_orderline orderline "Can change order line"`,
			`shop.delete_orderline orderline "Can delete order line"`,
			`shop.view_orderline orderline "Can view order line"`,
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		again, err := d.RegisterModel(ctx, "shop", "orderline", "another name")
		if !slices.Equal(again, first) || err != nil {
			t.Errorf("the second time: %v, %v", again, err)
		}
		refund, err := d.RegisterPermission(ctx, "shop", "orderline", "refund.now", "Can refund")
		if err != nil || refund.String() != "shop.refund.now" || refund.ID == 0 {
			t.Errorf("RegisterPermission = %+v, %v", refund, err)
		}
		same, err := d.RegisterPermission(ctx, "shop", "OrderLine", "refund.now", "Another name")
		if same != refund || err != nil {
			t.Errorf("the second time: %+v, %v", same, err)
		}
		if n := d.count(t, "django_content_type") - types; n != 1 {
			t.Errorf("%d content types were made, want 1", n)
		}
		if n := d.count(t, "auth_permission") - before; n != 5 {
			t.Errorf("%d permissions were made, want 5", n)
		}
		all, err := d.Permissions(ctx)
		if err != nil || len(all) != before+5 || !slices.Contains(all, refund) || !slices.Contains(all, first[3]) {
			t.Errorf("Permissions = %v, %v", all, err)
		}
	})
}

// TestRegisterCompletes: what is there in part is made whole.
func TestRegisterCompletes(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		d.exec(t, "INSERT INTO django_content_type (app_label, model) VALUES ('shop', 'order')",
			"INSERT INTO auth_permission (content_type_id, codename, name)"+
				" SELECT id, 'change_order', 'Django''s' FROM django_content_type WHERE model = 'order'")
		got, err := d.RegisterModel(t.Context(), "shop", "Order", "")
		var names []string
		for _, p := range got {
			names = append(names, p.Name)
		}
		want := []string{"Can add order", "Django's", "Can delete order", "Can view order"}
		if !slices.Equal(names, want) || err != nil {
			t.Errorf("%q, %v; want %q", names, err, want)
		}
	})
}

// TestRegisterAtOnce: programs that start together make everything once.
func TestRegisterAtOnce(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		types, before := d.count(t, "django_content_type"), d.count(t, "auth_permission")
		var wg sync.WaitGroup
		start := make(chan struct{})
		for range 8 {
			wg.Go(func() {
				<-start
				for _, model := range []string{"order", "customer", "invoice"} {
					if got, err := d.RegisterModel(t.Context(), "shop", model, model); len(got) != 4 || err != nil {
						t.Errorf("RegisterModel: %v, %v", got, err)
					}
				}
			})
		}
		close(start)
		wg.Wait()
		if n := d.count(t, "django_content_type") - types; n != 3 {
			t.Errorf("%d content types, want 3", n)
		}
		if n := d.count(t, "auth_permission") - before; n != 12 {
			t.Errorf("%d permissions, want 12", n)
		}
	})
}

func TestRegisterInvalid(t *testing.T) {
	users, _ := open(t, tempFile(t))
	long := strings.Repeat("x", 101)
	for _, c := range []struct {
		app, model, codename, name string
		want                       string
	}{
		{"", "order", "c", "n", "app label is empty"},
		{"my.shop", "order", "c", "n", "app label has a dot"},
		{long, "order", "c", "n", "app label is longer than 100"},
		{"shop", "", "c", "n", "model is empty"},
		{"shop", "a.b", "c", "n", "model has a dot"},
		{"shop", long, "c", "n", "model is longer than 100"},
		{"shop", "order", "", "n", "codename is empty"},
		{"shop", "order", long, "n", "codename is longer than 100"},
		{"shop", "order", "a\x00", "n", "codename has a control character"},
		{"shop", "order", "c", strings.Repeat("é", 256), "permission name is longer than 255"},
		{"shop", "order", "c", "\xff", "permission name is not UTF-8"},
	} {
		_, err := users.RegisterPermission(t.Context(), c.app, c.model, c.codename, c.name)
		if !errors.Is(err, sqlusers.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want ErrInvalid: %s", err, c.want)
		}
	}
	if _, err := users.RegisterModel(t.Context(), "shop", long[:97], ""); !errors.Is(err, sqlusers.ErrInvalid) {
		t.Errorf("RegisterModel with a long codename: %v", err)
	}
}

// TestNamesInAnotherCase: MySQL treats "Shop" and "shop" as one name, and the
// others do not. One never stands for the other.
func TestNamesInAnotherCase(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		ctx := t.Context()
		john := create(t, d.Users, auth.User{Username: "john"})
		if _, err := d.RegisterPermission(ctx, "shop", "order", "refund", "Can refund"); err != nil {
			t.Fatal(err)
		}
		_, err := d.RegisterPermission(ctx, "shop", "order", "REFUND", "Can refund")
		if one := d.dialect == django.MySQL; errors.Is(err, sqlusers.ErrInvalid) != one || (err == nil) == one {
			t.Errorf("RegisterPermission in another case: %v", err)
		}
		if _, err := d.RegisterPermission(ctx, "shop", "invoice", "REFUND", "Can refund"); err != nil {
			t.Fatal(err) // of another model, it is another row for all
		}
		for _, name := range []string{"shop.refund", "shop.REFUND"} {
			if err := d.GrantToUser(ctx, john.ID, name); err != nil {
				t.Fatal(err)
			}
		}
		got, err := d.EffectivePermissions(ctx, john.ID)
		if want := []string{"shop.REFUND", "shop.refund"}; !slices.Equal(got, want) || err != nil {
			t.Errorf("EffectivePermissions = %q, %v; want %q", got, err, want)
		}
		if err := d.RevokeFromUser(ctx, john.ID, "shop.REFUND"); err != nil {
			t.Fatal(err)
		}
		got, err = d.EffectivePermissions(ctx, john.ID)
		if want := []string{"shop.refund"}; !slices.Equal(got, want) || err != nil {
			t.Errorf("EffectivePermissions = %q, %v; want %q", got, err, want)
		}
	})
}

// TestOneCodenameOfTwoModels: what HasPerm cannot tell apart is taken away
// together.
func TestOneCodenameOfTwoModels(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		ctx := t.Context()
		john := create(t, d.Users, auth.User{Username: "john"})
		for _, model := range []string{"order", "invoice"} {
			if _, err := d.RegisterPermission(ctx, "shop", model, "refund", "Can refund"); err != nil {
				t.Fatal(err)
			}
		}
		found := d.named(t, "shop.refund")
		if len(found) != 2 || found[0].Model != "invoice" || found[1].Model != "order" {
			t.Fatalf("Permissions = %v", found)
		}
		if err := d.GrantToUser(ctx, john.ID, "shop.refund"); err != nil {
			t.Fatal(err)
		}
		if own, err := d.UserPermissions(ctx, john.ID); !slices.Equal(own, found[:1]) || err != nil {
			t.Errorf("UserPermissions = %v, %v", own, err)
		}
		d.exec(t, fmt.Sprintf("INSERT INTO auth_user_user_permissions (user_id, permission_id) VALUES (%s, %d)",
			john.ID, found[1].ID))
		got, err := d.EffectivePermissions(ctx, john.ID)
		if !slices.Equal(got, []string{"shop.refund"}) || err != nil {
			t.Errorf("EffectivePermissions = %q, %v", got, err)
		}
		if err := d.RevokeFromUser(ctx, john.ID, "shop.refund"); err != nil {
			t.Fatal(err)
		}
		if got, err := d.EffectivePermissions(ctx, john.ID); got != nil || err != nil {
			t.Errorf("EffectivePermissions = %q, %v", got, err)
		}
	})
}

// TestPermissionsAreDjangos: what is granted by either is what both see, for
// users of every kind.
func TestPermissionsAreDjangos(t *testing.T) {
	forEachDatabaseWithDjango(t, func(t *testing.T, d database) {
		ctx := t.Context()
		d.django.Run(`
from django.contrib.auth.models import Group, Permission, User
g = Group.objects.create(name="Rédacteurs 編集者")
g.permissions.add(Permission.objects.get(codename="view_group"))
u = User.objects.create_user("theirs")
u.groups.add(g)
u.user_permissions.add(*Permission.objects.filter(codename__in=["add_user", "delete_user"]))
User.objects.create_superuser("root")
User.objects.create_superuser("gone", is_active=False)
`)
		theirs, err := d.GroupByName(ctx, "Rédacteurs 編集者")
		if err != nil {
			t.Fatal(err)
		}
		user, err := d.ByUsername(ctx, "theirs")
		if err != nil {
			t.Fatal(err)
		}
		ours := create(t, d.Users, auth.User{Username: "ours", IsActive: true})
		inactive := create(t, d.Users, auth.User{Username: "inactive"})
		group := createGroup(t, d, "Grüße")
		if _, err := d.RegisterModel(ctx, "shop", "Order", "order"); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(
			d.GrantToGroup(ctx, theirs.ID, "auth.change_group"),
			d.RevokeFromUser(ctx, user.ID, "auth.delete_user"),
			d.GrantToGroup(ctx, group.ID, "shop.add_order"),
			d.GrantToUser(ctx, ours.ID, "shop.view_order"),
			d.GrantToUser(ctx, inactive.ID, "shop.view_order"),
			d.AddToGroup(ctx, ours.ID, group.ID),
			d.AddToGroup(ctx, ours.ID, theirs.ID),
		); err != nil {
			t.Fatal(err)
		}
		m, err := auth.New(d.Users, secrettest.Keys(key), nil)
		if err != nil {
			t.Fatal(err)
		}
		asked := []string{
			"auth.add_user", "auth.delete_user", "auth.view_group", "auth.change_group",
			"shop.add_order", "shop.view_order", "shop.delete_order", "shop.nothing", "nodot", "",
		}
		modules := []string{"auth", "shop", "sessions", "nothing"}
		type answer struct {
			Perms, Modules []bool
			Groups         []string
		}
		got := map[string]answer{}
		for user, err := range d.List(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			p, err := m.Permissions(ctx, user)
			if err != nil {
				t.Fatal(err)
			}
			groups, err := d.UserGroups(ctx, user.ID)
			if err != nil {
				t.Fatal(err)
			}
			a := answer{Groups: groupNames(groups)}
			for _, name := range asked {
				a.Perms = append(a.Perms, p.Has(name))
			}
			for _, app := range modules {
				a.Modules = append(a.Modules, p.HasModule(app))
			}
			got[user.Username] = a
		}
		question, err := json.Marshal([][]string{asked, modules})
		if err != nil {
			t.Fatal(err)
		}
		out := d.django.Run(`
import json
from django.contrib.auth.models import User
asked, modules = json.loads('''` + string(question) + `''')
print(json.dumps({u.username: {
    "Perms": [u.has_perm(p) for p in asked],
    "Modules": [u.has_module_perms(m) for m in modules],
    "Groups": [g.name for g in u.groups.order_by("id")] or None,
} for u in User.objects.all()}))
`)
		var want map[string]answer
		if err := json.Unmarshal([]byte(out), &want); err != nil {
			t.Fatal(err)
		}
		if len(want) != 5 || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("we say\n%v\nDjango says\n%v", got, want)
		}
		if p := got["ours"].Perms; !slices.Equal(p[:7], []bool{false, false, true, true, true, true, false}) {
			t.Errorf("we may %v", p)
		}
	})
}

// TestRegisterIsDjangos: Django finds that nothing is missing for the models
// that we have registered, and we find nothing missing for its own.
func TestRegisterIsDjangos(t *testing.T) {
	forEachDatabaseWithDjango(t, func(t *testing.T, d database) {
		_, log := d.RegisterModel(t.Context(), "admin", "LogEntry", "log entry")
		_, sessions := d.RegisterModel(t.Context(), "sessions", "Session", "")
		if err := errors.Join(log, sessions); err != nil {
			t.Fatal(err)
		}
		before, err := d.Permissions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		d.django.Manage("migrate")
		after, err := d.Permissions(t.Context())
		if !slices.Equal(before, after) || len(after) != 24 || err != nil {
			t.Errorf("before Django %v, after %v, %v", before, after, err)
		}
		if n := d.count(t, "django_content_type"); n != 6 {
			t.Errorf("%d content types, want 6", n)
		}
	}, admin)
}

// TestRegisterAgainWritesNothing: a program that starts needs no lock for what
// is there already.
func TestRegisterAgainWritesNothing(t *testing.T) {
	users, db := open(t, tempFile(t))
	first, err := users.RegisterModel(t.Context(), "shop", "Order", "order")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("PRAGMA query_only = 1"); err != nil { // the pool has one connection
		t.Fatal(err)
	}
	again, err := users.RegisterModel(t.Context(), "shop", "Order", "order")
	if !slices.Equal(again, first) || err != nil {
		t.Errorf("RegisterModel = %v, %v", again, err)
	}
	if _, err := users.RegisterModel(t.Context(), "shop", "Invoice", "invoice"); err == nil {
		t.Error("a new model was stored without writing")
	}
}
