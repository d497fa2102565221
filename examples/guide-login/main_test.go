package main

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/authtest"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
)

// openTest opens the site on a database of the test, with a user.
func openTest(t *testing.T) (*site.Site, auth.User) {
	t.Helper()
	s, err := settings.Load(settings.Sources{File: "jamsession.toml", Flags: map[string]string{
		"SECRET_KEY":   "only-for-tests-q8Zr5Vd2Lx6Nb3Ms9Kc4Jh1GfTaUoWiXyRl",
		"DATABASE_URL": "sqlite:///" + filepath.Join(t.TempDir(), "test.sqlite3"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	here, err := open(t.Context(), s, &site.Options{Hashers: authtest.Hashers()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = here.Close() })
	hash, err := here.Hashers.Hash(t.Context(), "four odd words here")
	if err != nil {
		t.Fatal(err)
	}
	ann, err := here.Users().Create(t.Context(), auth.User{Username: "ann", Password: hash, IsActive: true})
	if err != nil {
		t.Fatal(err)
	}
	return here, ann
}

func TestPrivatePageIsForUsers(t *testing.T) {
	here, ann := openTest(t)
	c := authtest.NewClient(t, handler(here), here.Handler)
	if got := c.Get("/private"); got.Header.Get("Location") != "/login?next=/private" {
		t.Errorf("a stranger gets %d, %s", got.StatusCode, got.Header.Get("Location"))
	}
	c.Login(here.Auth, ann)
	if got := c.Get("/private"); !strings.Contains(got.Text, "you are ann") {
		t.Errorf("a user gets %d: %s", got.StatusCode, got.Text)
	}
}

func TestLoginAndLogout(t *testing.T) {
	here, _ := openTest(t)
	c := authtest.NewClient(t, handler(here), here.Handler)
	wrong := c.Post("/login", url.Values{"username": {"ann"}, "password": {"guess"}})
	if !strings.Contains(wrong.Text, "Wrong username or password.") {
		t.Errorf("a wrong password gets %d: %s", wrong.StatusCode, wrong.Text)
	}
	right := c.Post("/login?next=/private", url.Values{"username": {"ann"}, "password": {"four odd words here"}})
	if right.StatusCode != http.StatusSeeOther || right.Header.Get("Location") != "/private" {
		t.Errorf("the right one gets %d: %s", right.StatusCode, right.Text)
	}
	c.Post("/logout", nil)
	if got := c.Get("/"); strings.Contains(got.Text, "Log out") {
		t.Errorf("after the logout: %s", got.Text)
	}
}
