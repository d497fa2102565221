package sqlusers_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/internal/djangotest"
)

const key = "a-secret-key-for-the-tests-only-0123456789-abcdef"

// TestWithDjango: each reads and checks the users of the other.
func TestWithDjango(t *testing.T) {
	path := tempFile(t)
	project := djangotest.Site(t, path, key)
	users, _ := open(t, path)
	project.Manage("migrate", "--run-syncdb")

	project.Run(`
from django.contrib.auth.models import User
User.objects.create_superuser("django", "D@EXAMPLE.com", "secret from django", first_name="Jo")
`)
	hashers := must(password.New(nil))
	theirs, err := users.ByUsername(t.Context(), "django")
	if err != nil {
		t.Fatal(err)
	}
	if theirs.Email != "D@example.com" || theirs.FirstName != "Jo" || !theirs.IsSuperuser ||
		!theirs.IsStaff || !theirs.IsActive || !theirs.LastLogin.IsZero() ||
		time.Since(theirs.DateJoined) > time.Minute || time.Until(theirs.DateJoined) > 0 {
		t.Errorf("read %v", fields(theirs))
	}
	if ok, _, err := hashers.Verify(t.Context(), "secret from django", theirs.Password); !ok || err != nil {
		t.Errorf("Verify = %v, %v", ok, err)
	}

	encoded, err := hashers.Hash(t.Context(), "secret from Go")
	if err != nil {
		t.Fatal(err)
	}
	joined := time.Date(2025, 1, 2, 3, 4, 5, 678_000, time.UTC)
	ours := create(t, users, auth.User{
		Username: "go", Email: "g@example.com", Password: encoded, LastName: "Pher",
		IsActive: true, DateJoined: joined,
	})
	if err := users.TouchLastLogin(t.Context(), ours.ID, joined.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	out := project.Run(`
from django.contrib.auth import authenticate
print(authenticate(username="go", password="wrong"))
u = authenticate(username="go", password="secret from Go")
print(u.pk, u.username, u.email, u.last_name, u.is_active, u.is_staff, u.is_superuser)
print(u.date_joined.isoformat(), u.last_login.isoformat())
print(u.has_perm("auth.add_user"))
`)
	want := "None\n2 go g@example.com Pher True False False\n" +
		"2025-01-02T03:04:05.000678+00:00 2025-01-02T04:04:05.000678+00:00\nFalse\n"
	if out != want {
		t.Errorf("Django reads %q, want %q", out, want)
	}
}

// TestPasswordChangeByDjango: what Django stores is what counts next.
func TestPasswordChangeByDjango(t *testing.T) {
	path := tempFile(t)
	project := djangotest.Site(t, path, key,
		`PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]`)
	users, _ := open(t, path)
	user := create(t, users, auth.User{Username: "go", Password: encoded, IsActive: true})
	out := project.Run(`
from django.contrib.auth.models import User
u = User.objects.get()
u.set_password("changed")
u.save()
print(u.password)
`)
	got, err := users.ByID(t.Context(), user.ID)
	if err != nil || got.Password != strings.TrimSpace(out) {
		t.Errorf("the password is %q, %v; Django stored %q", got.Password, err, out)
	}
	if ok, err := users.UpgradePassword(t.Context(), user.ID, encoded, encoded); ok || err != nil {
		t.Errorf("UpgradePassword after Django's change = %v, %v", ok, err)
	}
}

// TestWithDjangoLocalTime: a site without USE_TZ keeps wall clock time.
func TestWithDjangoLocalTime(t *testing.T) {
	path := tempFile(t)
	project := djangotest.Site(t, path, key, "USE_TZ = False", `TIME_ZONE = "Asia/Tokyo"`)
	users, _ := openIn(t, path, time.FixedZone("Tokyo", 9*3600))
	joined := time.Date(2025, 1, 2, 20, 4, 5, 0, time.UTC)
	user := create(t, users, auth.User{Username: "go", DateJoined: joined})
	if !user.DateJoined.Equal(joined) {
		t.Errorf("DateJoined is %v, want %v", user.DateJoined, joined)
	}
	out := project.Run("from django.contrib.auth.models import User\nprint(User.objects.get().date_joined.isoformat())")
	if want := "2025-01-03T05:04:05\n"; out != want {
		t.Errorf("Django reads %q, want %q", out, want)
	}
}
