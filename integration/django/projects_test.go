package django

import (
	"strings"
	"testing"
)

// A project of testdata/projects says which models a Django site has.
type project struct {
	name string

	// userModel is AUTH_USER_MODEL in lower case; empty is the stock one.
	userModel string

	// byEmail: users have their address as the name.
	byEmail bool

	// sessionTable is the table of the session model; empty is the stock one.
	sessionTable string

	// custom is User.Custom of new users.
	custom any
}

// users is the model of users in lower case.
func (p *project) users() string {
	if p == nil || p.userModel == "" {
		return "auth.user"
	}
	return p.userModel
}

// sessions is the table of sessions.
func (p *project) sessions() string {
	if p == nil || p.sessionTable == "" {
		return "django_session"
	}
	return p.sessionTable
}

func (p *project) namesByEmail() bool { return p != nil && p.byEmail }

var uuidKey = &project{
	name: "uuidkey", userModel: "crew.member", byEmail: true,
	custom: map[string]any{"full_name": "Ann Bee"}, // a column that must have a value
}

var ownSessions = &project{name: "ownsessions", sessionTable: "mysessions_customsession"}

// What the models of a project have to do with.
var (
	withUsers = []string{
		"login", "logout", "admin login", "password change", "deactivation", "end of all sessions",
		"permissions", "hash upgrades", "reset link",
	}
	withSessions = []string{
		"anonymous data", "login", "logout", "end of all sessions", "set_expiry", "clearsessions", accounts,
	}
)

// accounts is the scenario of a session model of the site's own.
const accounts = "account_id"

var ofProjects = []engine{
	{name: "UUID key on SQLite", engine: "db", place: onSQLite, project: uuidKey, tries: withUsers},
	{name: "UUID key on PostgreSQL", engine: "db", place: onPostgres, project: uuidKey, tries: withUsers},
	{name: "UUID key on MariaDB", engine: "db", place: onMariaDB, project: uuidKey, tries: withUsers},
	{name: "own session model", engine: "db", place: onPostgres, project: ownSessions, tries: withSessions},
}

// openProject starts a pair whose Go side has the settings that the command writes for the
// Django site.
func openProject(t *testing.T, e engine) *pair {
	t.Helper()
	p := &pair{engine: e, place: e.place(t)}
	told := newTold(t)
	p.django = startDjango(t, p.config(nil), "SITE_PROJECT="+e.project.name, "SITE_FACTS="+told.script)
	results.ran(p.django)
	loaded := told.settings(t, "default")
	p.site, p.golang = startLoaded(t, loaded, nil, e.project.custom)
	return p
}

// tryAccounts: the column of the model says whose a session is, whichever side has saved
// it, and follows its login and logout.
func tryAccounts(t *testing.T, x exchange) {
	name := x.newUser(t, x.to)
	b := newBrowser(t)
	b.post(x.from, "/items", "items", `{"a":1}`)
	sessionsOf := func() string { t.Helper(); return newBrowser(t).get(x.django, "/of-account?username="+name) }
	is(t, "before the login", sessionsOf(), "")
	b.post(x.from, "/login", "username", name, "password", password)
	is(t, "after the login", sessionsOf(), b.cookie("sessionid"))
	b.post(x.to, "/items", "items", `{"a":2}`)
	is(t, "saved by "+x.to.name, sessionsOf(), b.cookie("sessionid"))
	other := logIn(t, x.to, name)
	for _, key := range []string{b.cookie("sessionid"), other.cookie("sessionid")} {
		if !strings.Contains(sessionsOf(), key) {
			t.Errorf("a session is missing: %s", sessionsOf())
		}
	}
	b.post(x.from, "/logout")
	is(t, "after one logout", sessionsOf(), other.cookie("sessionid"))
	other.post(x.from, "/logout")
	is(t, "after both", sessionsOf(), "")
}
