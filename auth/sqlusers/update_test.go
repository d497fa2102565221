package sqlusers_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
)

func TestUpdate(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		user := create(t, d.Users, auth.User{
			Username: "john", Password: encoded, FirstName: "John", LastName: "Doe",
			Email: "j@example.com", IsActive: true, IsSuperuser: true,
		})
		other := create(t, d.Users, auth.User{Username: "jane", Password: encoded})
		for _, c := range []struct {
			name    string
			changes sqlusers.Changes
			want    func(*auth.User)
		}{
			{"nothing", sqlusers.Changes{}, func(*auth.User) {}},
			{"username", sqlusers.Changes{Username: new("\uff41\uff42")}, func(u *auth.User) {
				u.Username = "ab"
			}},
			{"first name", sqlusers.Changes{FirstName: new("Jöhn")}, func(u *auth.User) { u.FirstName = "Jöhn" }},
			{"last name", sqlusers.Changes{LastName: new("")}, func(u *auth.User) { u.LastName = "" }},
			{"email", sqlusers.Changes{Email: new(" J@EXAMPLE.com ")}, func(u *auth.User) {
				u.Email = "J@example.com"
			}},
			{"active", sqlusers.Changes{IsActive: new(false)}, func(u *auth.User) { u.IsActive = false }},
			{"staff", sqlusers.Changes{IsStaff: new(true)}, func(u *auth.User) { u.IsStaff = true }},
			{"superuser", sqlusers.Changes{IsSuperuser: new(false)}, func(u *auth.User) { u.IsSuperuser = false }},
			{"several", sqlusers.Changes{Username: new("john"), IsActive: new(true)}, func(u *auth.User) {
				u.Username, u.IsActive = "john", true
			}},
		} {
			c.want(&user)
			for range 2 { // the second time it changes nothing
				got, err := d.Update(t.Context(), user.ID, c.changes)
				if diff := cmp.Diff(fields(user), fields(got)); diff != "" || err != nil {
					t.Errorf("%s: error %v, -want +got\n%s", c.name, err, diff)
				}
			}
		}
		if got, err := d.ByID(t.Context(), other.ID); err != nil || got != other {
			t.Errorf("the other user became %v, %v", fields(got), err)
		}
		for _, id := range nobodies {
			for _, changes := range []sqlusers.Changes{{}, {IsStaff: new(true)}} {
				if _, err := d.Update(t.Context(), id, changes); !errors.Is(err, auth.ErrUserNotFound) {
					t.Errorf("user %q: %v", id, err)
				}
			}
		}
		_, err := d.Update(t.Context(), user.ID, sqlusers.Changes{Username: new("jane"), IsStaff: new(false)})
		if got, _ := d.ByID(t.Context(), user.ID); !errors.Is(err, sqlusers.ErrUserExists) ||
			!cmp.Equal(fields(got), fields(user)) {
			t.Errorf("to the name of another: %v, %v", err, fields(got))
		}
	})
}

func TestUpdateChecksAsCreateDoes(t *testing.T) {
	users, _ := open(t, tempFile(t))
	user := create(t, users, auth.User{Username: "john", Password: encoded})
	for _, c := range []struct {
		changes sqlusers.Changes
		want    string
	}{
		{sqlusers.Changes{Username: new("")}, "username is empty"},
		{sqlusers.Changes{Username: new("a b")}, "username may have"},
		{sqlusers.Changes{Username: new(strings.Repeat("é", 151))}, "username is longer than 150"},
		{sqlusers.Changes{FirstName: new(strings.Repeat("x", 151))}, "first name is longer than 150"},
		{sqlusers.Changes{LastName: new("a\xff")}, "last name is not UTF-8"},
		{sqlusers.Changes{Email: new(strings.Repeat("x", 255))}, "email is longer than 254"},
		{sqlusers.Changes{IsStaff: new(true), Email: new("a\r\nBcc: b")}, "email has a control character"},
	} {
		_, err := users.Update(t.Context(), user.ID, c.changes)
		if !errors.Is(err, sqlusers.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want ErrInvalid: %s", err, c.want)
		}
	}
	if got, err := users.ByID(t.Context(), user.ID); err != nil || got != user {
		t.Errorf("the user became %v, %v", fields(got), err)
	}
}

// TestUpdatesOfOtherFieldsCount: updates of different fields at once all count.
func TestUpdatesOfOtherFieldsCount(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		user := create(t, d.Users, auth.User{Username: "john", Password: encoded})
		want := user
		want.FirstName, want.LastName, want.Email = "J", "D", "j@example.com"
		want.IsStaff, want.IsActive, want.Password = true, true, encoded+"2"
		var wg sync.WaitGroup
		for _, changes := range []sqlusers.Changes{
			{FirstName: new("J")},
			{LastName: new("D")},
			{Email: new("j@example.com")},
			{IsStaff: new(true)},
			{IsActive: new(true)},
		} {
			wg.Go(func() {
				if _, err := d.Update(t.Context(), user.ID, changes); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Go(func() {
			if err := d.SetPassword(t.Context(), user.ID, encoded+"2"); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		if got, err := d.ByID(t.Context(), user.ID); err != nil || !cmp.Equal(fields(got), fields(want)) {
			t.Errorf("-want +got\n%s%v", cmp.Diff(fields(want), fields(got)), err)
		}
	})
}

func TestSetActive(t *testing.T) {
	users, _ := open(t, tempFile(t))
	user := create(t, users, auth.User{Username: "john", Password: encoded, IsStaff: true})
	for _, active := range []bool{true, true, false, false} {
		if err := users.SetActive(t.Context(), user.ID, active); err != nil {
			t.Error(err)
		}
		user.IsActive = active
		if got, err := users.ByID(t.Context(), user.ID); err != nil || !cmp.Equal(fields(got), fields(user)) {
			t.Errorf("SetActive(%v): %v, %v", active, fields(got), err)
		}
	}
	if err := users.SetActive(t.Context(), "99", true); !errors.Is(err, auth.ErrUserNotFound) {
		t.Errorf("SetActive of nobody: %v", err)
	}
}
