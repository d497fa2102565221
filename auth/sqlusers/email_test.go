package sqlusers_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/internal/djangotest"
)

// testByEmail runs on each database, whose idea of equal texts is another one.
func testByEmail(t *testing.T, users *sqlusers.Users) {
	t.Helper()
	for name, email := range map[string]string{
		"mike": "mike@example.org", "mike2": "MIKE@example.org", "dotless": "mıke@example.org",
		"accent": "mikè@example.org", "nobody": "", "other": "other@example.org", "umlaut": "Ünal@example.org",
	} {
		create(t, users, auth.User{Username: name, Email: email, IsActive: true})
	}
	create(t, users, auth.User{Username: "inactive", Email: "mike@example.org"})
	for email, want := range map[string][]string{
		"mike@example.org": {"mike", "mike2"},
		"Mike@EXAMPLE.org": {"mike", "mike2"},
		"mıke@example.org": {"dotless"},
		"mikè@example.org": {"accent"},
		"Ünal@example.org": {"umlaut"},
		"mik%@example.org": nil,
		"mike@example.or":  nil,
		"":                 nil,
		" ":                nil,
		"a\x00b@x":         nil,
		"\xff@x":           nil,
		strings.Repeat("x", 300) + "@example.org": nil,
	} {
		found, err := users.ByEmail(t.Context(), email)
		if err != nil {
			t.Errorf("%.20q: %v", email, err)
		}
		var names []string
		for _, user := range found {
			names = append(names, user.Username)
		}
		slices.Sort(names)
		if !slices.Equal(names, want) {
			t.Errorf("%.20q: %q, want %q", email, names, want)
		}
	}
}

// TestByEmailGivesMailToNoLookAlike: CVE-2019-19844.
func TestByEmailGivesMailToNoLookAlike(t *testing.T) {
	users, _ := open(t, tempFile(t), sqlusers.Options{})
	testByEmail(t, users)
	if err := users.Close(); err != nil {
		t.Fatal(err)
	}
	if found, err := users.ByEmail(t.Context(), "mike@example.org"); err == nil {
		t.Errorf("after Close: %v, want an error", found)
	}
}

func TestServerByEmail(t *testing.T) {
	forEachServer(t, func(t *testing.T, users *sqlusers.Users, _ *djangotest.Project) {
		testByEmail(t, users)
	})
}
