package sqlusers_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

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
			changes func(*auth.User)
			want    func(*auth.User)
		}{
			{"nothing", func(*auth.User) {}, func(*auth.User) {}},
			{"username", func(u *auth.User) { u.Username = "\uff41\uff42" }, func(u *auth.User) {
				u.Username = "ab"
			}},
			{"first name", func(u *auth.User) { u.FirstName = "Jöhn" }, func(u *auth.User) { u.FirstName = "Jöhn" }},
			{"last name", func(u *auth.User) { u.LastName = "" }, func(u *auth.User) { u.LastName = "" }},
			{"email", func(u *auth.User) { u.Email = " J@EXAMPLE.com " }, func(u *auth.User) {
				u.Email = "J@example.com"
			}},
			{"active", func(u *auth.User) { u.IsActive = false }, func(u *auth.User) { u.IsActive = false }},
			{"staff", func(u *auth.User) { u.IsStaff = true }, func(u *auth.User) { u.IsStaff = true }},
			{"superuser", func(u *auth.User) { u.IsSuperuser = false }, func(u *auth.User) { u.IsSuperuser = false }},
			{"several", func(u *auth.User) { u.Username, u.IsActive = "john", true }, func(u *auth.User) {
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
			for _, changes := range []func(*auth.User){func(*auth.User) {}, func(u *auth.User) { u.IsStaff = true }} {
				if _, err := d.Update(t.Context(), id, changes); !errors.Is(err, auth.ErrUserNotFound) {
					t.Errorf("user %q: %v", id, err)
				}
			}
		}
		_, err := d.Update(t.Context(), user.ID, func(u *auth.User) { u.Username, u.IsStaff = "jane", false })
		if got, _ := d.ByID(t.Context(), user.ID); !errors.Is(err, sqlusers.ErrUserExists) ||
			!cmp.Equal(fields(got), fields(user)) {
			t.Errorf("to the name of another: %v, %v", err, fields(got))
		}
	})
}

// TestUpdateChangesNoOtherField: a field that has a method of its own, or never
// changes, is named in the error, and nothing is stored.
func TestUpdateChangesNoOtherField(t *testing.T) {
	users, _ := open(t, tempFile(t))
	user := create(t, users, auth.User{Username: "john", Password: encoded})
	for field, change := range map[string]func(*auth.User){
		"id":          func(u *auth.User) { u.ID = "2" },
		"password":    func(u *auth.User) { u.Password = encoded + "2" },
		"last login":  func(u *auth.User) { u.LastLogin = time.Now() },
		"date joined": func(u *auth.User) { u.DateJoined = time.Time{} },
		"login floor": func(u *auth.User) { u.LoginFloor = time.Now() },
	} {
		_, err := users.Update(t.Context(), user.ID, func(u *auth.User) {
			u.IsStaff = true
			change(u)
		})
		if !errors.Is(err, auth.ErrInvalidUser) || !strings.Contains(err.Error(), field+" cannot be changed") {
			t.Errorf("%s: %v", field, err)
		}
	}
	if got, err := users.ByID(t.Context(), user.ID); err != nil || got != user {
		t.Errorf("the user became %v, %v", fields(got), err)
	}
}

func TestUpdateChecksAsCreateDoes(t *testing.T) {
	users, _ := open(t, tempFile(t))
	user := create(t, users, auth.User{Username: "john", Password: encoded})
	for _, c := range []struct {
		changes func(*auth.User)
		want    string
	}{
		{func(u *auth.User) { u.Username = "" }, "username is empty"},
		{func(u *auth.User) { u.Username = "a b" }, "username may have"},
		{func(u *auth.User) { u.Username = strings.Repeat("é", 151) }, "username is longer than 150"},
		{func(u *auth.User) { u.FirstName = strings.Repeat("x", 151) }, "first name is longer than 150"},
		{func(u *auth.User) { u.LastName = "a\xff" }, "last name is not UTF-8"},
		{func(u *auth.User) { u.Email = strings.Repeat("x", 255) }, "email is longer than 254"},
		{func(u *auth.User) { u.IsStaff, u.Email = true, "a\r\nBcc: b" }, "email has a control character"},
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
		for _, changes := range []func(*auth.User){
			func(u *auth.User) { u.FirstName = "J" },
			func(u *auth.User) { u.LastName = "D" },
			func(u *auth.User) { u.Email = "j@example.com" },
			func(u *auth.User) { u.IsStaff = true },
			func(u *auth.User) { u.IsActive = true },
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
