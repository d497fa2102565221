package sqlusers_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
)

func usernames(users []auth.User) []string {
	names := []string{}
	for _, u := range users {
		names = append(names, u.Username)
	}
	return names
}

// mailUsers makes users with these addresses, and some who must not be found.
func mailUsers(t *testing.T, d database) {
	t.Helper()
	for name, email := range map[string]string{
		"john": "John@Example.com", "unicode": "jöhn@example.com", "dotless": "mıke@example.com",
		"dotted": "mike@example.com", "percent": "100%_x@example.com", "none": "",
	} {
		create(t, d.Users, auth.User{Username: name, Email: email, Password: encoded, IsActive: true})
	}
	create(t, d.Users, auth.User{
		Username: "john2", Email: "JOHN@example.com", Password: encoded, IsActive: true,
	})
	create(t, d.Users, auth.User{Username: "inactive", Email: "john@example.com", Password: encoded})
	create(t, d.Users, auth.User{Username: "unusable", Email: "john@example.com", IsActive: true})
}

// TestByEmailGivesMailToNoLookAlike: CVE-2019-19844.
func TestByEmailGivesMailToNoLookAlike(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		mailUsers(t, d)
		for email, want := range map[string][]string{
			"john@example.com":      {"john", "john2"},
			" JOHN@EXAMPLE.COM ":    {"john", "john2"},
			"jöhn@example.com":      {"unicode"},
			"JöHN@example.com":      {"unicode"},
			"mike@example.com":      {"dotted"},
			"MIKE@EXAMPLE.com":      {"dotted"},
			"mıke@example.com":      {"dotless"},
			"mike@examp\u212ae":     {},
			"john@ex\u00e4mple.com": {}, // the collations of MySQL and MariaDB take ä for a
			"100%_x@example.com":    {"percent"},
			"100%%x@example.com":    {},
			"1%@example.com":        {},
			"jo_n@example.com":      {},
			"john@example.co":       {},
			"":                      {},
			" ":                     {},
			"john@example.com\x00":  {},
			"\xff@example.com":      {},
			strings.Repeat("x", 10_000) + "@example.com": {},
		} {
			got, err := d.ByEmail(t.Context(), email)
			if names := usernames(got); !slices.Equal(slices.Sorted(slices.Values(names)), want) || err != nil {
				t.Errorf("ByEmail(%.40q) = %q, %v; want %q", email, names, err, want)
			}
		}
	})
}

// TestByEmailIsDjangos: the same users get a letter from either.
func TestByEmailIsDjangos(t *testing.T) {
	forEachDatabaseWithDjango(t, func(t *testing.T, d database) {
		mailUsers(t, d)
		asked := []string{
			"john@example.com", "JOHN@EXAMPLE.COM", "jöhn@example.com", "JÖHN@example.com", "johN@example.com",
			"mike@example.com", "MIKE@example.com", "mıke@example.com", "MİKE@example.com", "miKe@example.com",
			"ｊohn@example.com", "100%_x@example.com", "john@example.com ", "nobody@example.com",
		}
		got := [][]string{}
		for _, email := range asked {
			users, err := d.ByEmail(t.Context(), email)
			if err != nil {
				t.Fatal(err)
			}
			names := usernames(users)
			slices.Sort(names)
			got = append(got, names)
		}
		question, err := json.Marshal(asked)
		if err != nil {
			t.Fatal(err)
		}
		out := d.django.Run(`
import json
from django.contrib.auth.forms import PasswordResetForm
f = PasswordResetForm()
print(json.dumps([sorted(u.username for u in f.get_users(f.fields["email"].to_python(e)))
    for e in json.loads('''` + string(question) + `''')]))
`)
		var want [][]string
		if err := json.Unmarshal([]byte(out), &want); err != nil {
			t.Fatal(err)
		}
		for i, email := range asked {
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("%q is %q, Django says %q", email, got[i], want[i])
			}
		}
	})
}

// TestByEmailComparesItself: what the database treats as equal is not enough.
func TestByEmailComparesItself(t *testing.T) {
	users, db := open(t, tempFile(t))
	create(t, users, auth.User{Username: "john", Email: "x@example.com", Password: encoded, IsActive: true})
	_, err := db.Exec("UPDATE auth_user SET email = CAST('X@example.com' || x'00' || 'evil' AS TEXT)")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := users.ByEmail(t.Context(), "x@example.com"); len(got) > 0 || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
}
