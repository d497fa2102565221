package sqlusers_test

import (
	"errors"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
)

// open opens the users again, with these options.
func (d database) open(t *testing.T, o *sqlusers.Options) *sqlusers.Users {
	t.Helper()
	users := noerror.In(sqlusers.New(t.Context(), d.site(), o))
	t.Cleanup(func() { _ = users.Close() })
	return users
}

// named returns the name of the user whom a typed text means, "" for nobody.
func named(t *testing.T, users *sqlusers.Users, typed string) string {
	t.Helper()
	user, err := users.ByUsername(t.Context(), typed)
	if err != nil && !errors.Is(err, auth.ErrUserNotFound) {
		t.Errorf("%q: %v", typed, err)
	}
	return user.Username
}

// lookAlikes of the names "Ann" and "Kass", which collations and normal forms take for it.
var lookAlikes = []string{
	"Änn", "änn", "A\u0308nn", "ann ", " ann", "Ａｎｎ", "ａｎｎ", "an\u200bn", "ańn", "ann\u00a0", "anñ",
	"\u212aass", "Kaſs", "kaſS",
}

// TestUsernamesInAnotherCase: as Django on the same table, so that nobody is locked out who moves; with the
// option, on each database. A look-alike is nobody.
func TestUsernamesInAnotherCase(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		create(t, d.Users, auth.User{Username: "Ann", IsActive: true})
		create(t, d.Users, auth.User{Username: "Łukasz-Öz", IsActive: true})
		create(t, d.Users, auth.User{Username: "Kass", IsActive: true})
		ignoring := d.open(t, &sqlusers.Options{IgnoreCase: true})
		for stored, all := range map[string][]string{
			"Ann": {"ann", "ANN", "aNN"}, "Łukasz-Öz": {"łukasz-öz", "ŁUKASZ-ÖZ"},
		} {
			for _, typed := range append(all, stored) {
				if got := named(t, ignoring, typed); got != stored {
					t.Errorf("%q is %q with IgnoreCase, want %q", typed, got, stored)
				}
				want := ""
				if typed == stored || d.dialect == django.MySQL {
					want = stored
				}
				if got := named(t, d.Users, typed); got != want {
					t.Errorf("%q is %q, want %q", typed, got, want)
				}
			}
		}
		for _, users := range []*sqlusers.Users{d.Users, ignoring} {
			for _, typed := range lookAlikes {
				if got := named(t, users, typed); got != "" {
					t.Errorf("%+q is %q", typed, got)
				}
			}
		}
	})
}

// TestSameNameInAnotherCaseIsTaken by whoever has it, for a new user and for a new name.
func TestSameNameInAnotherCaseIsTaken(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		create(t, d.Users, auth.User{Username: "admin"})
		create(t, d.Users, auth.User{Username: "McDonald"})
		bob := create(t, d.Users, auth.User{Username: "bob"})
		for _, name := range []string{"admin", "Admin", "ADMIN", "aDmIn", "Ａdmin", "mcdonald", "mCdONALD"} {
			user := auth.User{Username: name}
			_, checked := d.CheckNew(t.Context(), user)
			_, created := d.Create(t.Context(), user)
			_, renamed := d.Update(t.Context(), bob.ID, func(u *auth.User) { u.Username = name })
			for what, err := range map[string]error{"CheckNew": checked, "Create": created, "Update": renamed} {
				if !errors.Is(err, auth.ErrUserExists) {
					t.Errorf("%s of %q: %v", what, name, err)
				}
			}
		}
		user, err := d.Update(t.Context(), bob.ID, func(u *auth.User) { u.Username = "Bob" })
		if err != nil || user.Username != "Bob" {
			t.Errorf("the own name in another case: %v, %v", user, err)
		}
		if _, err := d.Create(t.Context(), auth.User{Username: "admins"}); err != nil {
			t.Errorf("another name: %v", err)
		}
	})
}

// TestTwoNamesThatDifferInCase, which Django's code has stored, stay two users.
func TestTwoNamesThatDifferInCase(t *testing.T) {
	d, _ := sqliteFile.connect(t)
	d = d.migrate(t)
	create(t, d.Users, auth.User{Username: "ann"})
	d.exec(t, "INSERT INTO auth_user (username, password, is_superuser, first_name, last_name, email, is_staff,"+
		" is_active, date_joined) SELECT 'Ann', password, 0, '', '', '', 0, 1, date_joined FROM auth_user")
	users := d.open(t, &sqlusers.Options{IgnoreCase: true})
	for typed, want := range map[string]string{"ann": "ann", "Ann": "Ann", "ANN": "", "aNN": ""} {
		if got := named(t, users, typed); got != want {
			t.Errorf("%q is %q, want %q", typed, got, want)
		}
	}
}

// TestLoginByEmail: an address that one user has is as good as the name, where the option says so.
func TestLoginByEmail(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		users := d.open(t, &sqlusers.Options{LoginByEmail: true})
		for _, user := range []auth.User{
			{Username: "ann", Email: "Ann@example.com", IsActive: true},
			{Username: "eve1", Email: "two@example.com", IsActive: true},
			{Username: "eve2", Email: "two@example.com", IsActive: true},
			{Username: "gone", Email: "gone@example.com"},
			{Username: "bob@example.com", Email: "other@example.com", IsActive: true},
			{Username: "mallory", Email: "bob@example.com", IsActive: true},
		} {
			user.Password = encoded
			create(t, users, user)
		}
		for typed, want := range map[string]string{
			"Ann@example.com": "ann", "ann@EXAMPLE.com": "ann", "ann": "ann",
			"two@example.com": "", "gone@example.com": "", "änn@example.com": "", "@example.com": "", "": "",
			"bob@example.com": "bob@example.com", "other@example.com": "bob@example.com",
		} {
			if got := named(t, users, typed); got != want {
				t.Errorf("%q is %q, want %q", typed, got, want)
			}
			if got := named(t, d.Users, typed); got != want && got != "" || got == "ann" && typed != "ann" {
				t.Errorf("%q is %q without the option", typed, got)
			}
		}
	})
}
