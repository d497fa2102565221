package sqlusers_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/django"
)

// A profile is what a program has of a member beside auth.User.
type profile struct {
	FullName string     `db:"full_name"`
	Born     *time.Time `db:"born"`
	Points   int        `db:"points"`

	Cached string // not a column
}

// A userModel is one of testdata/models/models.py, as the options say it.
type userModel struct {
	sqlusers.Model

	user    func(name string) auth.User // a new one
	table   string                      // as SQL has it on SQLite and PostgreSQL
	links   []string                    // likewise
	invalid []string                    // texts that are not keys
	of      func(id string) []string    // spellings of a key
}

func onlySpelling(id string) []string { return []string{id} }

// uuidSpellings are those that Django takes, too.
func uuidSpellings(id string) []string {
	return []string{id, strings.ToUpper(id), strings.ReplaceAll(id, "-", "")}
}

var userModels = []userModel{
	{
		Model: sqlusers.Model{
			Name: "crew.Member", Columns: map[string]string{"id": "member_no", "username": "email"},
			KeyType: "uuid", Extra: profile{},
		},
		user: func(name string) auth.User {
			return auth.User{Username: name + "@example.com", IsActive: true, Custom: profile{FullName: "Jo"}}
		},
		table: `"crew_member"`,
		links: []string{`"crew_member_groups"`, `"crew_member_user_permissions"`},
		invalid: []string{
			"", "1", "x", "550e8400-e29b-41d4-a716-44665544000g", "550e8400e29b-41d4-a716-446655440000",
			"{550e8400-e29b-41d4-a716-446655440000}", "\x00", "\xff", "550e8400-e29b-41d4-a716-446655440000\n",
		},
		of: uuidSpellings,
	},
	{
		Model: sqlusers.Model{Name: "crew.Account", Columns: map[string]string{"username": "phone", "is_active": ""}},
		user:  func(name string) auth.User { return auth.User{Username: "+49 " + name, IsActive: true} },
		table: `"crew_account"`, invalid: []string{"", "x", "9223372036854775808"}, of: onlySpelling,
	},
	{
		Model: sqlusers.Model{
			Name: "crew.Person", Table: "Select",
			Columns: map[string]string{"id": "order", "username": "order", "date_joined": "joined"},
		},
		user:  func(name string) auth.User { return auth.User{Username: name, IsActive: true} },
		table: `"Select"`, links: []string{`"Select_groups"`, `"Select_user_permissions"`},
		invalid: []string{"", "\x00", "\xff", strings.Repeat("x", 256)}, of: onlySpelling,
	},
}

// recorded are the tables that Django has made, by database. MariaDB has two: Django 5 knows its UUIDs.
var recorded = []struct {
	file string
	backend
}{{"sqlite", sqliteFile}, {"postgresql", backends[0]}, {"mysql", backends[1]}, {"mariadb", backends[1]}}

// forEachModel runs a test for each model, on a database of each kind as Django leaves it for such a
// model: without auth_user.
func forEachModel(t *testing.T, test func(t *testing.T, d database, m userModel)) {
	t.Helper()
	for _, r := range recorded {
		t.Run(r.file, func(t *testing.T) {
			d, _ := r.connect(t)
			d.file = r.file
			d.migrate(t)
			d.exec(t, "DROP TABLE auth_user_groups", "DROP TABLE auth_user_user_permissions", "DROP TABLE auth_user")
			d.exec(t, statements(t, r.file)...)
			for _, m := range userModels {
				t.Run(m.Name, func(t *testing.T) {
					if _, err := sqlusers.Migrate(t.Context(), d.site(), &sqlusers.Options{Model: m.Model}); err != nil {
						t.Fatal(err)
					}
					d.Users = d.open(t, &sqlusers.Options{Model: m.Model})
					test(t, d, m)
				})
			}
		})
	}
}

// statements are those of a file of testdata.
func statements(t *testing.T, file string) (all []string) {
	t.Helper()
	text, err := os.ReadFile("testdata/models/" + file + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if statement, ok := strings.CutSuffix(strings.TrimSpace(line), ";"); ok {
			all = append(all, statement)
		}
	}
	return all
}

// dash is what a UUID has between its digits in the database.
func (d database) dash() string {
	if d.file == "postgresql" || d.file == "mariadb" {
		return "-"
	}
	return ""
}

// sql is a statement in the database's own quotes.
func (d database) sql(statement string) string {
	if d.dialect == django.MySQL {
		return strings.ReplaceAll(statement, `"`, "`")
	}
	return statement
}
