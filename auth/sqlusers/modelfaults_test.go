package sqlusers_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/session"
)

// club is a table as some programs have it: nearly everything may be NULL, the name is not unique, and
// the key is chosen by the program.
const club = `CREATE TABLE club_guest (id bigint NOT NULL PRIMARY KEY, password varchar(128) NOT NULL,
	username varchar(30) NULL, email varchar(50) NULL, first_name text NULL, is_active bool NULL,
	is_staff bool NULL, is_superuser bool NULL, last_login datetime NULL, flag blob, hex char(32) NULL)`

// guests opens the table with a row of NULLs and two users of one name.
func guests(t *testing.T, m sqlusers.Model) (database, *sqlusers.Users) {
	t.Helper()
	d, _ := sqliteFile.connect(t)
	d.exec(t, club, "INSERT INTO club_guest (id, password) VALUES (1, '!')",
		"INSERT INTO club_guest (id, password, username, is_active) VALUES (2, '!', 'ann', 1), (3, '!', 'ann', 1)",
		"INSERT INTO club_guest (id, password, username, is_active) VALUES (4, '!', 'bob', 1)")
	m.Name = "club.Guest"
	return d, d.open(t, &sqlusers.Options{Model: m})
}

// TestNULLIsNothing: who is NULL may do nothing, and has no name.
func TestNULLIsNothing(t *testing.T) {
	_, users := guests(t, sqlusers.Model{})
	user, err := users.ByID(t.Context(), "1")
	if want := (auth.User{ID: "1", Password: "!"}); err != nil || user != want {
		t.Errorf("the row of NULLs is %v, %v", fields(user), err)
	}
	if user, err := users.ByUsername(t.Context(), ""); !errors.Is(err, auth.ErrUserNotFound) {
		t.Errorf("without a name: %v, %v", fields(user), err)
	}
}

// TestNameOfSeveralIsNobodys, where the column is not unique.
func TestNameOfSeveralIsNobodys(t *testing.T) {
	_, users := guests(t, sqlusers.Model{})
	for name, want := range map[string]string{"ann": "", "bob": "bob"} {
		if got := named(t, users, name); got != want {
			t.Errorf("%q is %q", name, got)
		}
	}
	if _, err := users.Create(t.Context(), auth.User{ID: "9", Username: "ann"}); !errors.Is(err, auth.ErrUserExists) {
		t.Errorf("a third one: %v", err)
	}
}

// TestKeyThatTheProgramChooses must be given, and fit.
func TestKeyThatTheProgramChooses(t *testing.T) {
	_, users := guests(t, sqlusers.Model{})
	for id, fault := range map[string]string{"": "id is missing", "x": "does not fit", "1.5": "does not fit"} {
		_, err := users.Create(t.Context(), auth.User{ID: id, Username: "carl"})
		if !errors.Is(err, auth.ErrInvalidUser) || !strings.Contains(err.Error(), fault) {
			t.Errorf("%q: %v, want %s", id, err, fault)
		}
	}
	if carl, err := users.Create(t.Context(), auth.User{ID: "007", Username: "carl"}); err != nil || carl.ID != "7" {
		t.Errorf("carl is %v, %v", fields(carl), err)
	}
	if _, err := users.Create(t.Context(), auth.User{ID: "7", Username: "dora"}); !errors.Is(err, auth.ErrUserExists) {
		t.Errorf("a key that is taken: %v", err)
	}
}

// TestLowerNames: they are stored and looked up in lower case.
func TestLowerNames(t *testing.T) {
	_, users := guests(t, sqlusers.Model{LowerNames: true, Columns: map[string]string{"username": "email", "email": "email"}})
	user := create(t, users, auth.User{ID: "9", Username: "Ann@Example.COM", IsActive: true})
	if user.Username != "ann@example.com" || user.Email != user.Username {
		t.Errorf("stored as %v", fields(user))
	}
	for _, typed := range []string{"ann@example.com", "ANN@example.com", "Ann@EXAMPLE.com"} {
		if got := named(t, users, typed); got != "ann@example.com" {
			t.Errorf("%q is %q", typed, got)
		}
	}
	user, err := users.Update(t.Context(), "9", func(u *auth.User) { u.Email = "ANNA@example.com" })
	if err != nil || user.Username != "anna@example.com" || user.Email != user.Username {
		t.Errorf("after an update: %v, %v", fields(user), err)
	}
	_, err = users.Update(t.Context(), "9", func(u *auth.User) { u.Username, u.Email = "a@b.c", "d@e.f" })
	if !errors.Is(err, auth.ErrInvalidUser) {
		t.Errorf("two addresses for one column: %v", err)
	}
}

// TestNamesOfAModel: Django's rule for usernames is that of auth.User only.
func TestNamesOfAModel(t *testing.T) {
	_, users := guests(t, sqlusers.Model{})
	for name, fault := range map[string]string{
		"": "is empty", " x": "has spaces around it", "x\n": "has spaces around it", "a\x00": "control character",
		strings.Repeat("é", 31): "longer than 30", "\xff": "not UTF-8",
	} {
		_, err := users.CheckNew(t.Context(), auth.User{ID: "9", Username: name})
		if !errors.Is(err, auth.ErrInvalidUser) || !strings.Contains(err.Error(), fault) {
			t.Errorf("%q: %v, want %s", name, err, fault)
		}
	}
	for _, name := range []string{"+49 (30) 1", "O'Neill, Ann", strings.Repeat("é", 30)} {
		if _, err := users.CheckNew(t.Context(), auth.User{ID: "9", Username: name}); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestModelThatDoesNotFit is refused at the start, in words that say what to write.
func TestModelThatDoesNotFit(t *testing.T) {
	type (
		untagged struct{ FullName string }
		twice    struct {
			Name string `db:"username"`
		}
		unknown struct {
			Name string `db:"nick"`
		}
		hidden struct {
			name string `db:"flag"`
		}
	)
	_ = hidden{}.name
	columns := func(pairs ...string) map[string]string {
		c := make(map[string]string)
		for i := 0; i < len(pairs); i += 2 {
			c[pairs[i]] = pairs[i+1]
		}
		return c
	}
	d, _ := guests(t, sqlusers.Model{})
	d.exec(t, "CREATE TABLE club_link (guest bigint, grp integer)", "CREATE TABLE club_bare (no integer PRIMARY KEY, password varchar(128))",
		"CREATE TABLE club_open (id integer PRIMARY KEY, password varchar(128), username text, active bool)")
	for want, m := range map[string]sqlusers.Model{
		`has no Name: write AUTH_USER_MODEL`:                                      {Table: "club_guest"},
		`AUTH_USER_MODEL): want app.Model`:                                        {Name: "guest"},
		`club_host, of AUTH_USER_MODEL club.Host, which manage.py migrate makes`:  {Name: "club.Host"},
		`AUTH_USER_TABLE): want `:                                                 {Name: "club.Guest", Table: `x"; DROP TABLE club_guest; --`},
		`has no column "id": write id=column in AUTH_USER_COLUMNS`:                {Name: "club.Bare"},
		`has no column "username": write username=column`:                         {Name: "club.Bare", Columns: columns("id", "no")},
		`no column "nr", which is said to be its id; it has id, password`:         {Name: "club.Guest", Columns: columns("id", "nr")},
		`club_open has no column is_active, and nobody could be kept out: write`:  {Name: "club.Open"},
		`there is no field "phone"`:                                               {Name: "club.Guest", Columns: columns("phone", "x")},
		`password needs a column`:                                                 {Name: "club.Guest", Columns: columns("password", "")},
		`the column flag of club_guest is of type blob, which no email can have`:  {Name: "club.Guest", Columns: columns("email", "flag")},
		`is of type bigint, not "uuid": correct AUTH_USER_KEY_TYPE`:               {Name: "club.Guest", KeyType: "uuid"},
		`is of type bigint, not "guid"`:                                           {Name: "club.Guest", KeyType: "guid"},
		`char(32), which is a UUID or a text: write uuid or text as AUTH_USER_KE`: {Name: "club.Guest", Columns: columns("id", "hex")},
		`is of type char(32), not "integer"`:                                      {Name: "club.Guest", Columns: columns("id", "hex"), KeyType: "integer"},
		`AUTH_USER_GROUPS: want table(`:                                           {Name: "club.Guest", Groups: "club_link"},
		`there is no table club_groups: correct AUTH_USER_GROUPS`:                 {Name: "club.Guest", Groups: "club_groups(a,b)"},
		`club_link has no column group_id: write AUTH_USER_PERMISSIONS as table`:  {Name: "club.Guest", Permissions: "club_link(guest,group_id)"},
		`Model.Extra is a *sqlusers_test.untagged; want a struct`:                 {Name: "club.Guest", Extra: &untagged{}},
		"no field of sqlusers_test.untagged has a tag":                            {Name: "club.Guest", Extra: untagged{}},
		"the column username is in auth.User already":                             {Name: "club.Guest", Extra: twice{}},
		`club_guest has no column "nick" for the field Name`:                      {Name: "club.Guest", Extra: unknown{}},
		"the field name needs a capital letter":                                   {Name: "club.Guest", Extra: hidden{}},
	} {
		o := &sqlusers.Options{Model: m}
		_, opened := sqlusers.New(t.Context(), d.site(), o)
		_, migrated := sqlusers.Migrate(t.Context(), d.site(), o)
		_, planned := sqlusers.Plan(t.Context(), d.site(), o)
		for _, err := range []error{opened, migrated, planned} {
			if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "sqlusers: ") {
				t.Errorf("%v\nwant %s", err, want)
			}
		}
		if missing := strings.Contains(want, "manage.py"); missing != errors.Is(opened, django.ErrNotMigrated) {
			t.Errorf("%s is ErrNotMigrated: %v", want, !missing)
		}
	}
	if n := d.count(t, "sqlite_master WHERE name LIKE 'auth%' OR name LIKE 'django%' OR name LIKE 'jam%'"); n > 0 {
		t.Errorf("Migrate made %d tables and indexes beside its errors", n)
	}
}

// TestColumnsOfOtherTypes: a table of auth.User that some other program has made is good as long as the
// database takes the values.
func TestColumnsOfOtherTypes(t *testing.T) {
	d, _ := sqliteFile.connect(t)
	d.migrate(t)
	d.exec(t, "DROP TABLE auth_user", `CREATE TABLE auth_user (id integer PRIMARY KEY, password clob,
		last_login, is_superuser tinyint(4), username nvarchar(150), first_name nvarchar(150), last_name blob,
		email email_address, is_staff numeric, is_active int, date_joined)`)
	users := d.open(t, nil)
	ann := create(t, users, auth.User{Username: "ann", Email: "ann@example.com", IsActive: true})
	if err := users.SetActive(t.Context(), ann.ID, false); err != nil {
		t.Fatal(err)
	}
	if got, err := users.ByID(t.Context(), ann.ID); err != nil || got.IsActive || got.Email != "ann@example.com" {
		t.Errorf("ann is %v, %v", fields(got), err)
	}
}

// TestRulesOfATable: what they refuse is the caller's mistake, and not that of the database.
func TestRulesOfATable(t *testing.T) {
	d, _ := sqliteFile.connect(t)
	d.exec(t, "CREATE TABLE club_team (id integer PRIMARY KEY)", "INSERT INTO club_team VALUES (1)",
		`CREATE TABLE club_member (id integer PRIMARY KEY, password varchar(128), username text UNIQUE, is_active int,
		age int CHECK (age > 0), team_id int REFERENCES club_team (id))`)
	users := d.open(t, &sqlusers.Options{Model: sqlusers.Model{
		Name: "club.Member", Extra: struct {
			Age  *int `db:"age"`
			Team *int `db:"team_id"`
		}{},
	}})
	ann := create(t, users, auth.User{Username: "ann", IsActive: true, Custom: map[string]any{"age": 7, "team_id": 1}})
	for _, custom := range []map[string]any{{"age": -7}, {"team_id": 2}} {
		_, created := users.Create(t.Context(), auth.User{Username: "bob", IsActive: true, Custom: custom})
		_, updated := users.Update(t.Context(), ann.ID, func(u *auth.User) { u.Custom = custom })
		for _, err := range []error{created, updated} {
			if !errors.Is(err, auth.ErrInvalidUser) || errors.Is(err, session.ErrUnavailable) {
				t.Errorf("%v: %v", custom, err)
			}
		}
	}
}
