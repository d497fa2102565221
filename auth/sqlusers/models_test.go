package sqlusers_test

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/django"
)

// modelTests are what must be true of each user model on each database. Each begins without users.
var modelTests = []struct {
	name string
	test func(*testing.T, database, userModel)
}{
	{"Logins", logins},
	{"FloorsOf", floorsOf},
	{"StatesOf", statesOf},
	{"EveryTextIsAKey", everyTextIsAKey},
	{"PermissionsOf", permissionsOf},
	{"ListOf", listOf},
	{"AddressesOf", addressesOf},
	{"CustomIsReadAndStored", customIsReadAndStored},
	{"NothingOfAUserIsLost", nothingOfAUserIsLost},
	{"MigrateLeavesAModelToDjango", migrateLeavesAModelToDjango},
	{"AnotherIndexIsEnough", anotherIndexIsEnough},
}

// TestAnyModel runs them on as few databases as it can: to make one takes longer than all of them.
func TestAnyModel(t *testing.T) {
	forEachModel(t, func(t *testing.T, d database, m userModel) {
		for _, c := range modelTests {
			t.Run(c.name, func(t *testing.T) {
				for _, table := range append(m.links, m.table) {
					d.exec(t, d.sql("DELETE FROM "+table))
				}
				c.test(t, d, m)
			})
		}
	})
}

// logins: what package auth asks of users works on each, and each spelling of a key is
// the same user.
func logins(t *testing.T, d database, m userModel) {
	ctx := t.Context()
	given := m.user("Jane")
	checked, err := d.CheckNew(ctx, given)
	if err != nil || checked.Username != given.Username {
		t.Fatalf("CheckNew: %v, %v", fields(checked), err)
	}
	jane := create(t, d.Users, checked) // as SignUp does
	if jane.ID == "" || jane.Username != given.Username || !jane.IsActive || jane.IsStaff || jane.IsSuperuser {
		t.Errorf("Create: %v", fields(jane))
	}
	if checked.ID != "" {
		t.Errorf("CheckNew has chosen the ID %q", checked.ID)
	}
	if d.Model().KeyType == "uuid" { // which a program may choose
		chosen := m.user("chosen")
		chosen.ID = "2F79DE82-D9EE-44F3-80DD-708EB1530DA0"
		if user := create(t, d.Users, chosen); user.ID != strings.ToLower(chosen.ID) {
			t.Errorf("%s was chosen, %s is stored", chosen.ID, user.ID)
		}
	}
	if _, err := d.Create(ctx, given); !errors.Is(err, auth.ErrUserExists) {
		t.Errorf("the same name: %v", err)
	}
	if found, err := d.ByUsername(ctx, given.Username); err != nil || found.ID != jane.ID {
		t.Errorf("ByUsername: %v, %v", fields(found), err)
	}
	for _, id := range m.of(jane.ID) {
		if found, err := d.ByID(ctx, id); err != nil || found.ID != jane.ID {
			t.Errorf("ByID %q: %v, %v; want %q", id, fields(found), err, jane.ID)
		}
		if err := d.SetPassword(ctx, id, encoded); err != nil {
			t.Errorf("SetPassword: %v", err)
		}
		if ok, err := d.UpgradePassword(ctx, id, encoded, encoded+"2"); !ok || err != nil {
			t.Errorf("UpgradePassword: %v, %v", ok, err)
		}
		if ok, err := d.UpgradePassword(ctx, id, encoded, encoded+"3"); ok || err != nil {
			t.Errorf("UpgradePassword of another hash: %v, %v", ok, err)
		}
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	if err := d.TouchLastLogin(ctx, jane.ID, at); err != nil {
		t.Error(err)
	}
	found, err := d.ByID(ctx, jane.ID)
	if err != nil || !found.LastLogin.Equal(at) || found.Password != encoded+"2" {
		t.Errorf("the user is %v, %v", fields(found), err)
	}
}

// floorsOf: a floor that is raised by any spelling of a key is the user's, and nobody
// else's.
func floorsOf(t *testing.T, d database, m userModel) {
	ctx := t.Context()
	jane, john := create(t, d.Users, m.user("jane")), create(t, d.Users, m.user("john"))
	var last time.Time
	for _, id := range m.of(jane.ID) {
		floor, err := d.RaiseLoginFloor(ctx, id)
		if err != nil || !floor.After(last) {
			t.Fatalf("RaiseLoginFloor %q: %v, %v", id, floor, err)
		}
		last = floor
		for _, other := range m.of(jane.ID) {
			if known, err := d.LoginFloor(ctx, other); err != nil || !known.Equal(floor) {
				t.Errorf("LoginFloor %q: %v, %v; want %v", other, known, err, floor)
			}
		}
		if found, err := d.ByID(ctx, jane.ID); err != nil || !found.LoginFloor.Equal(floor) {
			t.Errorf("the user's floor is %v, %v; want %v", found.LoginFloor, err, floor)
		}
	}
	if found, err := d.ByID(ctx, john.ID); err != nil || !found.LoginFloor.IsZero() {
		t.Errorf("another's floor is %v, %v", found.LoginFloor, err)
	}
	if d.Model().Columns["is_active"] == "" {
		if err := d.SetActive(ctx, jane.ID, false); !errors.Is(err, auth.ErrInvalidUser) {
			t.Errorf("SetActive without a column: %v", err)
		}
		return
	}
	for _, active := range []bool{false, true} {
		if err := d.SetActive(ctx, jane.ID, active); err != nil {
			t.Fatal(err)
		}
		found, err := d.ByID(ctx, jane.ID)
		if err != nil || found.IsActive != active || !active && !found.LoginFloor.After(last) {
			t.Errorf("SetActive(%v): %v, %v, %v", active, found.IsActive, found.LoginFloor, err)
		}
	}
}

// everyTextIsAKey, as TestEveryTextIsAnID.
func everyTextIsAKey(t *testing.T, d database, m userModel) {
	john := create(t, d.Users, m.user("john"))
	nobody := map[string]string{
		"uuid": "550e8400-e29b-41d4-a716-446655440000", "integer": "99", "text": "JOHN",
	}[d.Model().KeyType]
	d.nobodyHas(t, john, append(slices.Clone(m.invalid), nobody, "1 OR 1=1", strings.ToUpper(john.ID)+" "))
	for _, id := range m.invalid {
		if _, err := d.ByID(t.Context(), id); !errors.Is(err, auth.ErrInvalidUserID) {
			t.Errorf("ByID %q: %v, want ErrInvalidUserID", id, err)
		}
	}
}

// permissionsOf: they are in the model's own tables, and end with the user.
func permissionsOf(t *testing.T, d database, m userModel) {
	ctx := t.Context()
	jane, john := create(t, d.Users, m.user("jane")), create(t, d.Users, m.user("john"))
	g := createGroup(t, d, "editors of "+m.Name)
	if d.Model().Groups == "none" {
		err := errors.Join(d.AddToGroup(ctx, jane.ID, g.ID), d.GrantToUser(ctx, jane.ID, "auth.view_group"))
		if err == nil || !strings.Contains(err.Error(), "AUTH_USER_GROUPS") {
			t.Errorf("a model without groups: %v", err)
		}
		if names, err := d.EffectivePermissions(ctx, jane.ID); len(names) > 0 || err != nil {
			t.Errorf("it may do %v, %v", names, err)
		}
		return
	}
	for range 2 {
		for _, id := range m.of(jane.ID) {
			if err := errors.Join(d.AddToGroup(ctx, id, g.ID), d.GrantToUser(ctx, id, "auth.add_group"),
				d.GrantToGroup(ctx, g.ID, "auth.view_group")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := d.AddToGroup(ctx, john.ID, g.ID); err != nil {
		t.Fatal(err)
	}
	for _, id := range m.of(jane.ID) {
		names, err := d.EffectivePermissions(ctx, id)
		if want := []string{"auth.add_group", "auth.view_group"}; !slices.Equal(names, want) || err != nil {
			t.Errorf("%q may do %v, %v", id, names, err)
		}
		own, err1 := d.UserPermissions(ctx, id)
		groups, err2 := d.UserGroups(ctx, id)
		if err := errors.Join(err1, err2); err != nil || len(own) != 1 || len(groups) != 1 {
			t.Errorf("%q has %v and %v, %v", id, own, groups, err)
		}
	}
	if err := errors.Join(d.RevokeFromUser(ctx, jane.ID, "auth.add_group"), d.Delete(ctx, jane.ID)); err != nil {
		t.Fatal(err)
	}
	if n := d.count(t, d.sql(m.links[0])); n != 1 {
		t.Errorf("%d memberships are left, want the other's one", n)
	}
	if n := d.count(t, d.sql(m.table)); n != 1 {
		t.Errorf("%d users are left", n)
	}
	if err := d.DeleteGroup(ctx, g.ID); err != nil {
		t.Error(err)
	}
	if n := d.count(t, d.sql(m.links[0])); n != 0 {
		t.Errorf("%d memberships are left", n)
	}
}

// inserts begin the statements that store many users.
var inserts = map[string]string{
	"crew.Member":  "INSERT INTO \"crew_member\" (member_no, password, email, full_name, is_superuser, is_active, is_staff) VALUES ",
	"crew.Account": `INSERT INTO "crew_account" (id, password, phone) VALUES `,
	"crew.Person":  `INSERT INTO "Select" ("order", password, is_superuser, is_active) VALUES `,
}

// listOf yields everybody once, in pages; a key may be the lowest that there is.
func listOf(t *testing.T, d database, m userModel) {
	var rows []string
	for i := range 1003 {
		n := strings.Repeat("0", 4-len(strconv.Itoa(i))) + strconv.Itoa(i)
		rows = append(rows, map[string]string{
			"crew.Member": "('00000000" + d.dash() + "0000" + d.dash() + "0000" + d.dash() + "0000" + d.dash() + "00000000" + n +
				"', '!', '" + n + "@example.com', 'x', " + d.bool(false) + ", " + d.bool(true) + ", " + d.bool(false) + ")",
			"crew.Account": "(" + strconv.Itoa(i-1) + ", '!', '" + n + "')",
			"crew.Person":  "('" + n + "', '!', " + d.bool(false) + ", " + d.bool(true) + ")",
		}[m.Name])
	}
	if m.Name == "crew.Account" && d.dialect == django.MySQL {
		rows[1] = strings.Replace(rows[1], "(0,", "(2000,", 1) // 0 asks for the next number
	}
	d.exec(t, d.sql(inserts[m.Name]+strings.Join(rows, ",")))
	seen := map[string]bool{}
	for user, err := range d.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if seen[user.ID] {
			t.Fatalf("%s comes twice", user.ID)
		}
		seen[user.ID] = true
	}
	if len(seen) != 1003 {
		t.Errorf("List yields %d users", len(seen))
	}
}

// addressesOf finds an address in its own column, or in that of the name; of thousands of users
// it finds others each time.
func addressesOf(t *testing.T, d database, m userModel) {
	ctx := t.Context()
	user := m.user("jane")
	user.Password = encoded
	if m.Name == "crew.Person" {
		user.Email = "jane@example.com"
	}
	create(t, d.Users, user)
	found, err := d.ByEmail(ctx, "JANE@example.com")
	if has := d.Model().Columns["email"] != ""; err != nil || (len(found) == 1) != has {
		t.Fatalf("found %v, %v", found, err)
	}
	if m.Name != "crew.Person" {
		return
	}
	var rows []string
	for i := range 2500 {
		rows = append(rows, "('u"+strconv.Itoa(10000+i)+"', '"+encoded+"', 'mob@example.com', "+d.bool(false)+", "+d.bool(true)+")")
	}
	d.exec(t, d.sql(`INSERT INTO "Select" ("order", password, email, is_superuser, is_active) VALUES `+strings.Join(rows, ",")))
	seen := map[string]bool{}
	for range 40 {
		some, err := d.ByEmail(ctx, "mob@example.com")
		if err != nil || len(some) != 1000 {
			t.Fatalf("%d users, %v", len(some), err)
		}
		for _, user := range some {
			seen[user.ID] = true
		}
		if len(seen) == 2500 {
			return
		}
	}
	t.Errorf("%d of 2500 users were found in 40 rounds", len(seen))
}

// customIsReadAndStored: in the program's own type, or as a map.
func customIsReadAndStored(t *testing.T, d database, m userModel) {
	if m.Name != "crew.Member" {
		return
	}
	ctx := t.Context()
	born := time.Date(1990, 5, 17, 0, 0, 0, 0, time.UTC)
	want := profile{FullName: "Jane Doe", Born: &born, Points: 7}
	user := m.user("jane")
	user.Custom = want
	jane := create(t, d.Users, user)
	if diff := cmp.Diff(want, jane.Custom); diff != "" {
		t.Error(diff)
	}
	jane, err := d.Update(ctx, jane.ID, func(u *auth.User) {
		p := u.Custom.(profile)
		p.FullName, p.Born = "Jane Roe", nil
		u.Custom = p
	})
	if diff := cmp.Diff(profile{FullName: "Jane Roe", Points: 7}, jane.Custom); diff != "" || err != nil {
		t.Errorf("Update: %v\n%s", err, diff)
	}
	user = m.user("texts")
	user.Custom = map[string]any{"full_name": "T", "born": "1990-05-17", "points": "", "is_staff": "true"}
	if _, err := d.Create(ctx, user); !errors.Is(err, auth.ErrInvalidUser) || !strings.Contains(err.Error(), `no further column "is_staff"`) {
		t.Errorf("a column that auth.User has: %v", err)
	}
	for bad, values := range map[string]map[string]any{
		"full_name of crew_member must have a value":   {},
		`no further column "password"`:                 {"full_name": "x", "password": "SENTINEL"},
		`no further column "email; DROP"`:              {"full_name": "x", "email; DROP": "SENTINEL"},
		"points wants a whole number":                  {"full_name": "x", "points": "SENTINEL"},
		"whole number that is not too large":           {"full_name": "x", "points": uint64(1 << 63)},
		"born wants a time":                            {"full_name": "x", "born": "SENTINEL"},
		"full_name is longer than 80 characters":       {"full_name": strings.Repeat("x", 81)},
		"full_name has a control character":            {"full_name": "a\x00"},
		"full_name is not UTF-8":                       {"full_name": "\xff"},
		"full_name of crew_member must have a value; ": {"full_name": nil},
	} {
		user.Custom = values
		_, err := d.CheckNew(ctx, user)
		if !errors.Is(err, auth.ErrInvalidUser) || !strings.Contains(err.Error(), bad) || strings.Contains(err.Error(), "SENTINEL") {
			t.Errorf("%v: %v; want %s", slices.Sorted(maps.Keys(values)), err, bad)
		}
	}
	user.Custom = map[string]any{"full_name": "T", "born": "1990-05-17", "points": ""}
	texts := create(t, d.Users, user)
	if diff := cmp.Diff(profile{FullName: "T", Born: &born}, texts.Custom); diff != "" {
		t.Error(diff)
	}
	user.Custom = &want
	if _, err := d.Create(ctx, user); !errors.Is(err, auth.ErrInvalidUser) || !strings.Contains(err.Error(), "is a *sqlusers_test.profile") {
		t.Errorf("another type: %v", err)
	}
}

// nothingOfAUserIsLost: what the model has no column for is refused.
func nothingOfAUserIsLost(t *testing.T, d database, m userModel) {
	columns := d.Model().Columns
	for field, change := range map[string]func(*auth.User){
		"email":      func(u *auth.User) { u.Email = "other@example.com" },
		"first_name": func(u *auth.User) { u.FirstName = "x" }, "last_name": func(u *auth.User) { u.LastName = "x" },
		"is_staff": func(u *auth.User) { u.IsStaff = true }, "is_superuser": func(u *auth.User) { u.IsSuperuser = true },
		"is_active": func(u *auth.User) { u.IsActive = false },
	} {
		user := m.user("of " + field)
		user.Username = strings.ReplaceAll(user.Username, " ", "")
		change(&user)
		_, created := d.Create(t.Context(), user)
		lost := columns[field] == "" || field == "email" && columns["email"] == columns["username"]
		if lost != errors.Is(created, auth.ErrInvalidUser) || !lost && created != nil {
			t.Errorf("Create with %s, in the column %q: %v", field, columns[field], created)
		}
		plain := m.user("p" + field)
		plain = create(t, d.Users, plain)
		_, updated := d.Update(t.Context(), plain.ID, change)
		lost = columns[field] == ""
		if m.Name == "crew.Member" && field == "email" {
			lost = false // it is the name, and changes it
		}
		if lost != errors.Is(updated, auth.ErrInvalidUser) || !lost && updated != nil {
			t.Errorf("Update of %s, in the column %q: %v", field, columns[field], updated)
		}
		if err := d.Delete(t.Context(), plain.ID); err != nil {
			t.Error(err)
		}
		if created == nil {
			d.exec(t, "DELETE FROM "+d.sql(m.table))
		}
	}
}

// migrateLeavesAModelToDjango: it makes an index and its own table, and nothing of Django's.
func migrateLeavesAModelToDjango(t *testing.T, d database, m userModel) {
	ctx, o := t.Context(), &sqlusers.Options{Model: m.Model}
	if plan, err := sqlusers.Plan(ctx, d.site(), o); err != nil || len(plan) > 0 {
		t.Errorf("after Migrate the plan is %q, %v", plan, err)
	}
	d.exec(t, "DROP TABLE jamsession_login_floor")
	plan, err := sqlusers.Plan(ctx, d.site(), o)
	made, failed := sqlusers.Migrate(ctx, d.site(), o)
	if want := []string{"jamsession_login_floor"}; !slices.Equal(plan, want) || !slices.Equal(made, want) ||
		errors.Join(err, failed) != nil {
		t.Errorf("planned %q, made %q; %v, %v", plan, made, err, failed)
	}
	for _, o := range []*sqlusers.Options{nil, {IgnoreCase: true}} {
		_, opened := sqlusers.New(ctx, d.site(), o)
		_, migrated := sqlusers.Migrate(ctx, d.site(), o)
		for _, err := range []error{opened, migrated} {
			if err == nil || !strings.Contains(err.Error(), "AUTH_USER_MODEL") || strings.Contains(err.Error(), "delete") {
				t.Errorf("with auth.User: %v", err)
			}
		}
	}
}

// anotherIndexIsEnough, if a search for an address in any case can use it.
func anotherIndexIsEnough(t *testing.T, d database, m userModel) {
	if m.Name != "crew.Person" {
		return
	}
	ctx, o, on := t.Context(), &sqlusers.Options{Model: m.Model}, ""
	others := map[string]bool{
		`(UPPER("email"))`: true, `(upper("email"), "is_active")`: true, `("email")`: false,
		`(LOWER("email"))`: false, `(UPPER("email")) WHERE "email" <> ''`: false,
		`("is_active", UPPER("email"))`: false, `(UPPER("order"))`: false,
	}
	if d.dialect == django.MySQL { // whose collations know no case
		on = d.sql(` ON "Select"`)
		others = map[string]bool{
			`("email")`: true, `("email", "is_active")`: true, `("email"(10))`: false, `("is_active", "email")`: false,
		}
	}
	const own = "jamsession_2a78025de6aae5e7_email" // a name that every database takes
	for definition, enough := range others {
		d.exec(t, "DROP INDEX "+own+on, d.sql(`CREATE INDEX another ON "Select" `+definition))
		plan, err := sqlusers.Plan(ctx, d.site(), o)
		if want := map[bool]string{false: own}[enough]; err != nil || strings.Join(plan, " ") != want {
			t.Errorf("beside an index on %s the plan is %q, %v; want %q", definition, plan, err, want)
		}
		d.exec(t, "DROP INDEX another"+on)
		if made, err := sqlusers.Migrate(ctx, d.site(), o); err != nil || strings.Join(made, " ") != own {
			t.Errorf("Migrate made %q, %v", made, err)
		}
	}
}
