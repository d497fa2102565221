package django

import (
	"net/http"
	"strings"
	"testing"
)

const password = "correct horse battery staple"

// newUser makes a user on one side and returns the name.
func (x exchange) newUser(t *testing.T, at *side, fields ...string) string {
	t.Helper()
	name := newName()
	if x.engine.project.namesByEmail() {
		name = address(name)
	}
	newBrowser(t).post(at, "/user", append([]string{"username", name, "password", password}, fields...)...)
	return name
}

// address returns the email of a user.
func address(name string) string {
	if strings.Contains(name, "@") {
		return name
	}
	return name + "@example.com"
}

// logIn logs a user in on one side.
func logIn(t *testing.T, at *side, name string) *browser {
	t.Helper()
	b := newBrowser(t)
	is(t, "login at "+at.name, b.post(at, "/login", "username", name, "password", password), name)
	return b
}

// refused fails the test if the password works for a login.
func (b *browser) refused(at *side, name, password string) {
	b.t.Helper()
	status, _ := b.send(at, "/login", "username", name, "password", password)
	if status != http.StatusUnauthorized {
		b.t.Errorf("login at %s: %d, want 401", at, status)
	}
}

// tryLogin: a visitor who logs in on one side is logged in on the other, too,
// and the anonymous visitor's items stay. A wrong password is wrong on both.
func tryLogin(t *testing.T, x exchange) {
	name := x.newUser(t, x.from)
	b := newBrowser(t)
	b.post(x.to, "/items", "items", `{"cart":[1.0]}`)
	for _, at := range x.sides() {
		b.refused(at, name, "wrong")
	}
	before := b.cookie("sessionid")
	b.post(x.from, "/login", "username", name, "password", password)
	if b.cookie("sessionid") == before {
		t.Error("the login kept the key of the session")
	}
	for range 2 {
		is(t, "seen by "+x.to.name, b.get(x.to, "/me"), name)
		is(t, "seen by "+x.from.name, b.get(x.from, "/me"), name)
	}
	if got := b.get(x.to, "/items"); !strings.Contains(got, `"cart":[1.0]`) {
		t.Errorf("the items after the login: %s", got)
	}
}

// tryLogout: a logout on one side is one on the other, even for a copy of the
// cookie. A signed cookie cannot be taken back: anyone with a copy stays in.
func tryLogout(t *testing.T, x exchange) {
	name := x.newUser(t, x.to)
	b := logIn(t, x.from, name)
	thief := copyOf(b)
	is(t, "before the logout", thief.get(x.from, "/me"), name)
	b.post(x.to, "/logout")
	want := "nobody"
	if x.engine.inCookie() {
		want = name
	}
	for _, at := range x.sides() {
		is(t, "seen by "+at.name, b.get(at, "/me"), "nobody")
		is(t, "a copy of the cookie at "+at.name, copyOf(thief).get(at, "/me"), want)
	}
}

// tryAdmin: an administrator whom one side has made, and who has logged in on
// one side, can use Django's admin.
func tryAdmin(t *testing.T, x exchange) {
	name := x.newUser(t, x.from, "staff", "1", "superuser", "1")
	b := logIn(t, x.golang, name)
	list := "/admin/" + strings.ReplaceAll(x.engine.project.users(), ".", "/") + "/"
	if text := b.get(x.django, list); !strings.Contains(text, name+"</a>") {
		t.Errorf("the admin's list of users has no %s", name)
	}
	plain := x.newUser(t, x.from)
	c := logIn(t, x.to, plain)
	if text := c.get(x.django, "/admin/"); !strings.Contains(text, "not authorized") {
		t.Errorf("a user who is not staff gets %.300s", text)
	}
	d := newBrowser(t)
	d.get(x.django, "/admin/login/")
	text := d.post(x.django, "/admin/login/?next=/admin/", "username", name, "password", password)
	if !strings.Contains(text, "Site administration") {
		t.Errorf("login at the admin: %.300s", text)
	}
	is(t, "the admin's login seen by Go", d.get(x.golang, "/me"), name)
}
