package sqlusers_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/internal/djangotest"
)

// TestCheckNewReturnsCreatesErrors: it stores nothing.
func TestCheckNewReturnsCreatesErrors(t *testing.T) {
	users, _ := open(t, tempFile(t))
	create(t, users, auth.User{Username: "alice"})
	for _, user := range []auth.User{
		{Username: "\uff41\uff42", Email: "a@EXAMPLE.com", FirstName: "A", IsActive: true},
		{Username: "\uff41lice"},
		{Username: "ALICE"},
		{Username: ""},
		{Username: "a b"},
		{Username: strings.Repeat("x", 151)},
		{Username: strings.Repeat("x", 5000)},
		{Username: "bob", Email: strings.Repeat("x", 255)},
		{Username: "bob", FirstName: "\xff"},
		{Username: "bob", LastName: "a\x00"},
		{Username: "bob", ID: "7"},
	} {
		checked, err := users.CheckNew(t.Context(), user)
		if list := names(t, users); list != "alice" {
			t.Fatalf("%.20q: the users are %s", user.Username, list)
		}
		user.DateJoined = checked.DateJoined
		created, want := users.Create(t.Context(), user)
		if (err == nil) != (want == nil) || err != nil && err.Error() != want.Error() {
			t.Errorf("%.20q: error %v, want %v", user.Username, err, want)
		}
		if want != nil {
			continue
		}
		checked.ID, checked.Password = created.ID, created.Password
		checked.DateJoined = created.DateJoined // to the microsecond
		if diff := cmp.Diff(fields(created), fields(checked)); diff != "" {
			t.Errorf("-created +checked\n%s", diff)
		}
		if err := users.Delete(t.Context(), created.ID); err != nil {
			t.Fatal(err)
		}
	}
}

// names returns all users.
func names(t *testing.T, users *sqlusers.Users) string {
	t.Helper()
	var list []string
	for user, err := range users.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, user.Username)
	}
	return strings.Join(list, ",")
}

// TestCheckNewFindsNamesThatTheDatabaseTakesForTaken: on MariaDB ALICE cannot
// be stored beside alice, and that is found without a write.
func TestCheckNewFindsNamesThatTheDatabaseTakesForTaken(t *testing.T) {
	forEachServer(t, func(t *testing.T, users *sqlusers.Users, _ *djangotest.Project) {
		create(t, users, auth.User{Username: "alice"})
		for _, name := range []string{"alice", "ALICE", "bob"} {
			_, err := users.CheckNew(t.Context(), auth.User{Username: name})
			_, want := users.Create(t.Context(), auth.User{Username: name})
			if !errors.Is(err, want) {
				t.Errorf("%s: error %v, want %v", name, err, want)
			}
		}
	})
}

// TestErrorsAreAuthErrors: a program that knows only package auth can test
// for them.
func TestErrorsAreAuthErrors(t *testing.T) {
	if !errors.Is(sqlusers.ErrUserExists, auth.ErrUserExists) || !errors.Is(sqlusers.ErrInvalid, auth.ErrInvalidUser) ||
		errors.Is(sqlusers.ErrInvalid, auth.ErrUserExists) || errors.Is(sqlusers.ErrUserExists, auth.ErrInvalidUser) {
		t.Error("the errors of sqlusers are not those of auth")
	}
}
