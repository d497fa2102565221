package console_test

import (
	"strings"
	"testing"
)

// adminLog is Django's table, as its migrations make it on SQLite.
const adminLog = `CREATE TABLE "django_admin_log" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
	"object_id" text NULL, "object_repr" varchar(200) NOT NULL, "action_flag" smallint unsigned NOT NULL CHECK ("action_flag" >= 0),
	"change_message" text NOT NULL, "content_type_id" integer NULL REFERENCES "django_content_type" ("id"),
	"user_id" integer NOT NULL REFERENCES "auth_user" ("id"), "action_time" datetime NOT NULL)`

// TestActionsAreInTheLogOfDjangosAdmin, about the user, and without a key.
func TestActionsAreInTheLogOfDjangosAdmin(t *testing.T) {
	p := open(t, nil, nil, nil)
	db := p.Database.DB
	if _, err := db.ExecContext(t.Context(), adminLog); err != nil {
		t.Fatal(err)
	}
	v, bob, guest := p.visitor(t, "admin"), p.visitor(t, "bob"), p.visitor(t, "")
	guest.get("/set?a=1")
	at, of := "/users/"+p.ids["bob"]+"/", v.sessionOf(bob)
	keys := []string{bob.cookie("sessionid"), guest.cookie("sessionid"), v.cookie("sessionid")}
	v.post(of + "values/")
	v.acts(of + "end/")
	v.post(v.sessionOf(guest) + "values/")
	v.acts(at + "end-all/")
	v.acts(at + "lift/")
	v.acts("/limits/lift/", "name", "bob")
	v.acts("/limits/lift/", "name", "nobody")
	v.acts("/limits/lift/", "name", "192.0.2.7")
	rows, err := db.QueryContext(t.Context(), `SELECT COALESCE(object_id, 'none'), object_repr, action_flag, change_message,
		COALESCE(c.app_label || '.' || c.model, 'none'), u.username FROM django_admin_log l
		JOIN auth_user u ON u.id = l.user_id LEFT JOIN django_content_type c ON c.id = l.content_type_id ORDER BY l.id`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var got []string
	for rows.Next() {
		var id, repr, flag, message, kind, actor string
		if err := rows.Scan(&id, &repr, &flag, &message, &kind, &actor); err != nil {
			t.Fatal(err)
		}
		if id != "none" {
			id = "bob's"
		}
		got = append(got, strings.Join([]string{
			id, fingerprints.ReplaceAllString(repr, "F"), flag,
			fingerprints.ReplaceAllString(message, "F"), kind, actor,
		}, "|"))
	}
	want := []string{
		"bob's|bob|2|Looked at the values of session F.|auth.user|admin",
		"bob's|bob|3|Ended session F.|auth.user|admin",
		"none|session F|2|Looked at the values of session F.|none|admin",
		"bob's|bob|3|Ended all logins.|auth.user|admin",
		"bob's|bob|2|Lifted the limits of attempts.|auth.user|admin",
		"bob's|bob|2|Lifted the limits of attempts.|auth.user|admin",
		"none|a name that nobody has|2|Lifted the limits of attempts.|none|admin",
		"none|192.0.2.7|2|Lifted the limits of attempts.|none|admin",
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("the log has\n%s\nwant\n%s", g, w)
	}
	for _, key := range keys {
		if strings.Contains(strings.Join(got, ""), key) || strings.Contains(p.log.String(), key) {
			t.Error("a key is in a log")
		}
	}
}

// TestLookIsNotShownUnlessNoted: without a place in the log nobody sees values.
func TestLookIsNotShownUnlessNoted(t *testing.T) {
	p := open(t, nil, nil, nil)
	v, bob := p.visitor(t, "admin"), p.visitor(t, "bob")
	bob.get("/set?color=red")
	broken := strings.Replace(adminLog, `"change_message" text NOT NULL`, `"change_message" text CHECK (change_message = '')`, 1)
	if _, err := p.Database.DB.ExecContext(t.Context(), broken); err != nil {
		t.Fatal(err)
	}
	if got := v.post(v.sessionOf(bob) + "values/"); got.status != 503 || strings.Contains(got.body, "red") {
		t.Errorf("status %d:\n%s", got.status, got.body)
	}
	v.acts("/users/" + p.ids["bob"] + "/end-all/") // it is more important to end them
	if body := v.page("/"); !strings.Contains(body, "could not be written to the log") || bob.get("/who").body != "" {
		t.Errorf("bob is %q:\n%s", bob.get("/who").body, body)
	}
}

// TestWithoutTheAdmin each action is a line of the program's log.
func TestWithoutTheAdmin(t *testing.T) {
	p := open(t, nil, nil, nil)
	v := p.visitor(t, "admin")
	v.acts("/users/" + p.ids["bob"] + "/end-all/")
	if log := p.log.String(); !strings.Contains(log, "Ended all logins.") || !strings.Contains(log, "actor="+p.ids["admin"]) {
		t.Errorf("the log has\n%s", log)
	}
}
