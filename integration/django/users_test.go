package django

import (
	"regexp"
	"strings"
	"testing"

	hashing "github.com/jamsession/jamsession/auth/password"
)

const newPassword = "eleven purple canoes"

// tryPassword: a password that is changed on one side ends the user's other
// sessions on both, and keeps the one that changed it.
func tryPassword(t *testing.T, x exchange) {
	name := x.newUser(t, x.from)
	b, other := logIn(t, x.from, name), logIn(t, x.to, name)
	is(t, "change", b.post(x.from, "/password", "old", password, "new", newPassword), "changed")
	for _, at := range x.sides() {
		is(t, "who changed it, at "+at.name, b.get(at, "/me"), name)
		is(t, "another session, at "+at.name, copyOf(other).get(at, "/me"), "nobody")
		b.refused(at, name, password)
		is(t, "new password at "+at.name, newBrowser(t).post(at, "/login",
			"username", name, "password", newPassword), name)
	}
}

// tryDeactivation: a user who is deactivated on one side is out on both. When
// the user is active again, a session that Go has seen meanwhile is gone on
// both; one that it has not seen works at Django, and at Go unless Go has
// changed the user.
func tryDeactivation(t *testing.T, x exchange) {
	name := x.newUser(t, x.to)
	b, unseen, admin := logIn(t, x.from, name), logIn(t, x.from, name), newBrowser(t)
	admin.post(x.to, "/user", "username", name, "active", "0")
	for _, at := range x.sides() {
		is(t, "deactivated, at "+at.name, b.get(at, "/me"), "nobody")
		admin.refused(at, name, password)
	}
	admin.post(x.to, "/user", "username", name, "active", "1")
	for _, at := range x.sides() {
		is(t, "reactivated, at "+at.name, b.get(at, "/me"), "nobody")
	}
	for _, at := range x.sides() {
		want := name
		if at.name == "Go" && x.to.name == "Go" {
			want = "nobody"
		}
		is(t, "reactivated, not seen meanwhile, at "+at.name, copyOf(unseen).get(at, "/me"), want)
	}
}

// tryEnding: when Go ends all sessions of a user, they are dead at Go on every
// engine, and at Django where the engine can list them. A later login at Django
// is not believed at Go, which ends it; one at Go works on both.
func tryEnding(t *testing.T, x exchange) {
	name := x.newUser(t, x.to)
	sessions := []*browser{logIn(t, x.from, name), logIn(t, x.to, name)}
	user, err := x.site.Users().ByUsername(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	ended, err := x.site.Auth.EndSessions(t.Context(), x.site.Sessions, user)
	lists := x.engine.engine != "signed_cookies" && x.engine.name != "cache on Memcached"
	if err != nil || lists && ended != len(sessions) || !lists && ended != 0 {
		t.Errorf("ended %+v, error %v", ended, err)
	}
	for _, b := range sessions {
		want := "nobody"
		if !lists {
			want = name
		}
		is(t, "ended, at Django", copyOf(b).get(x.django, "/me"), want)
		is(t, "ended, at Go", copyOf(b).get(x.golang, "/me"), "nobody")
	}
	later := logIn(t, x.django, name)
	is(t, "logged in at Django again, at Django", later.get(x.django, "/me"), name)
	is(t, "logged in at Django again, at Go", later.get(x.golang, "/me"), "nobody")
	is(t, "after that, at Django", later.get(x.django, "/me"), "nobody")
	good := logIn(t, x.golang, name)
	for _, at := range x.sides() {
		is(t, "logged in at Go again, at "+at.name, good.get(at, "/me"), name)
	}
}

// tryPermissions: the other side knows at the next request what one has
// granted to the user or a group, or taken away.
func tryPermissions(t *testing.T, x exchange) {
	name := x.newUser(t, x.to)
	b, admin := logIn(t, x.to, name), newBrowser(t)
	may := func(when, perm, want string) {
		t.Helper()
		for _, at := range x.sides() {
			is(t, when+", at "+at.name, b.get(at, "/me?perm="+perm), name+want)
		}
	}
	app, model, _ := strings.Cut(x.engine.project.users(), ".")
	view := app + ".view_" + model
	may("at first", view, " may not")
	admin.post(x.from, "/user", "username", name, "grant", view)
	may("granted", view, " may")
	may("another", app+".delete_"+model, " may not")
	admin.post(x.from, "/user", "username", name, "join", newName())
	may("in a group", "auth.view_group", " may")
	admin.post(x.from, "/user", "username", name, "revoke", view)
	may("revoked", view, " may not")
	may("in a group still", "auth.view_group", " may")
	admin.post(x.from, "/user", "username", name, "leave", "all")
	may("out of the group", "auth.view_group", " may not")
}

// tryHashes: logins leave a hash of the common cost as it is. One of another
// cost is replaced once, by whichever side sees it first.
func tryHashes(t *testing.T, x exchange) {
	name := x.newUser(t, x.from)
	hash := func() string { t.Helper(); return newBrowser(t).get(x.to, "/hash?username="+name) }
	first := hash()
	var in []*browser
	for _, at := range []*side{x.to, x.from, x.to} {
		in = append(in, logIn(t, at, name))
		is(t, "hash after a login at "+at.name, hash(), first)
	}
	for _, b := range in {
		is(t, "still logged in", b.get(x.from, "/me")+b.get(x.to, "/me"), name+name)
	}
	cheaper, err := hashing.PBKDF2SHA256(iterations / 2)
	if err != nil {
		t.Fatal(err)
	}
	old, err := cheaper.Encode(password)
	if err != nil {
		t.Fatal(err)
	}
	newBrowser(t).post(x.from, "/user", "username", name, "hash", old)
	logIn(t, x.from, name)
	second := hash()
	if second == old || !strings.HasPrefix(second, "pbkdf2_sha256$1000$") {
		t.Errorf("the login at %s did not upgrade the hash", x.from)
	}
	for _, at := range []*side{x.to, x.from} {
		logIn(t, at, name)
		is(t, "upgraded hash after a login at "+at.name, hash(), second)
	}
}

var resetLink = regexp.MustCompile(`/accounts/reset/[^/\s]+/[^/\s]+/`)

// tryReset: a link that one side mails sets the password on the other, once.
func tryReset(t *testing.T, x exchange) {
	name := x.newUser(t, x.to)
	in := logIn(t, x.to, name)
	b := newBrowser(t)
	link := resetLink.FindString(x.mailTo(x.from, b, name))
	if link == "" {
		t.Fatalf("%s mails no link", x.from)
	}
	forged := strings.TrimSuffix(link, "/") + "0/"
	for at, path := range map[*side]string{x.to: forged, x.from: forged} {
		if text := b.get(at, path); strings.Contains(text, "new_password1") {
			t.Errorf("%s accepts a forged link", at)
		}
	}
	if text := b.get(x.to, link); !strings.Contains(text, "new_password1") {
		t.Fatalf("%s refuses the link of %s: %.400s", x.to, x.from, text)
	}
	path := b.last.Request.URL.Path
	if !strings.HasSuffix(path, "/set-password/") {
		t.Errorf("the token stays in the URL: %s", path)
	}
	b.post(x.to, path, "new_password1", newPassword, "new_password2", newPassword)
	for _, at := range x.sides() {
		is(t, "old session at "+at.name, copyOf(in).get(at, "/me"), "nobody")
		is(t, "new password at "+at.name, newBrowser(t).post(at, "/login",
			"username", name, "password", newPassword), name)
		if text := newBrowser(t).get(at, link); strings.Contains(text, "new_password1") {
			t.Errorf("%s: the link is valid twice", at)
		}
	}
}
