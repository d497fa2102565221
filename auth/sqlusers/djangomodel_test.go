package sqlusers_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/noerror"
)

// modelsOf returns the file of models with one of them.
func modelsOf(t *testing.T, model string) string {
	t.Helper()
	parts := strings.Split(string(noerror.In(os.ReadFile("testdata/models/models.py"))), "\n\n\nclass ")
	kept := parts[:2]
	for _, part := range parts[2:] {
		if strings.HasPrefix(part, model+"(") {
			kept = append(kept, part)
		}
	}
	if len(kept) != 3 {
		t.Fatalf("no model %s", model)
	}
	return strings.Join(kept, "\n\n\nclass ")
}

// TestModelWithDjango: Django makes the tables of a model with a UUID and an address; each side logs in
// the users of the other, with their permissions, and finds nothing to migrate in what the other did.
func TestModelWithDjango(t *testing.T) {
	for _, b := range append([]backend{sqliteFile}, backends...) {
		t.Run(b.dialect.String(), func(t *testing.T) {
			d, setting := b.connect(t)
			d.django = djangotest.Site(t, tempFile(t), key, setting, `INSTALLED_APPS += ["crew"]`,
				`AUTH_USER_MODEL = "crew.Member"`,
				`PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]`)
			d.django.Write("crew/__init__.py", "")
			d.django.Write("crew/migrations/__init__.py", "")
			d.django.Write("crew/models.py", modelsOf(t, "Member"))
			theirID := strings.TrimSpace(d.django.Run(`
from django.core.management import call_command
call_command("makemigrations", "crew", verbosity=0)
call_command("migrate", verbosity=0)
from crew.models import Member
from django.contrib.auth.models import Group, Permission
u = Member.objects.create_user("Ann@EXAMPLE.com", "secret from django", full_name="Ann", points=3)
g = Group.objects.create(name="editors")
g.permissions.add(Permission.objects.get(codename="change_member"))
u.groups.add(g)
u.user_permissions.add(Permission.objects.get(codename="add_member"))
print(Member._meta.pk.value_to_string(u))
`))
			o := &sqlusers.Options{Model: userModels[0].Model}
			if o.Model.KeyType = ""; b.engine != "postgresql" { // whose column tells
				o.Model.KeyType = "uuid"
			}
			want := "jamsession_crew_member_email jamsession_login_floor"
			if b.engine == "mysql" { // where that the address is unique is an index that finds it
				want = "jamsession_login_floor"
			}
			steps, err := sqlusers.Migrate(t.Context(), d.site(), o)
			if got := strings.Join(steps, " "); err != nil || got != want {
				t.Fatalf("Migrate made %q, %v; want %q", got, err, want)
			}
			d.Users = d.open(t, o)
			d.withDjango(t, theirID)
		})
	}
}

func (d database) withDjango(t *testing.T, theirID string) {
	t.Helper()
	ctx, hashers := t.Context(), noerror.In(password.New(nil))
	ann, err := d.ByUsername(ctx, "Ann@example.com")
	if err != nil || ann.ID != theirID || !ann.IsActive || ann.Custom != (profile{FullName: "Ann", Points: 3}) {
		t.Fatalf("Django's user is %v, %+v, %v; want the ID %s", fields(ann), ann.Custom, err, theirID)
	}
	if ok, _, err := hashers.Verify(ctx, "secret from django", ann.Password); !ok || err != nil {
		t.Errorf("Verify: %v, %v", ok, err)
	}
	may, err := d.EffectivePermissions(ctx, ann.ID)
	if got := strings.Join(may, " "); err != nil || got != "crew.add_member crew.change_member" {
		t.Errorf("Django's user may do %q, %v", got, err)
	}
	bob := create(t, d.Users, auth.User{
		Username: "bob@example.com", IsActive: true, Password: noerror.In(hashers.Hash(ctx, "secret from Go")),
		Custom: profile{FullName: "Bob"},
	})
	if err := d.TouchLastLogin(ctx, bob.ID, time.Date(2026, 1, 2, 3, 4, 5, 678_000, time.UTC)); err != nil {
		t.Error(err)
	}
	groups, err := d.UserGroups(ctx, ann.ID)
	if err != nil || len(groups) != 1 {
		t.Fatalf("groups %v, %v", groups, err)
	}
	if err := d.AddToGroup(ctx, bob.ID, groups[0].ID); err != nil {
		t.Error(err)
	}
	if err := d.GrantToUser(ctx, bob.ID, "crew.delete_member"); err != nil {
		t.Error(err)
	}
	if err := d.Delete(ctx, ann.ID); err != nil {
		t.Error(err)
	}
	out := d.django.Run(`
from django.contrib.auth import authenticate
from django.core.management import call_command
from crew.models import Member
u = authenticate(username="bob@example.com", password="secret from Go")
print(u.pk, u.full_name, u.born, u.points, u.is_staff, u.last_login.isoformat())
print(sorted(u.get_all_permissions()), Member.objects.count())
u.delete()
call_command("makemigrations", check=True, dry_run=True)
call_command("migrate", plan=True)
`)
	want := bob.ID + " Bob None 0 False 2026-01-02T03:04:05.000678+00:00\n" +
		"['crew.change_member', 'crew.delete_member'] 1\nNo changes detected\n"
	if !strings.HasPrefix(out, want) || !strings.Contains(out, "No planned migration operations") {
		t.Errorf("Django prints %q, want %q", out, want)
	}
	if n := d.count(t, "crew_member"); n != 0 {
		t.Errorf("%d users are left", n)
	}
}
