package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/djangotest"
)

// TestDjangoAcceptsTheCommandsTables: the tables, the superuser, the changed
// password and the deleted session.
func TestDjangoAcceptsTheCommandsTables(t *testing.T) {
	migrated(t)
	django := djangotest.Site(t, "db.sqlite3", testKey)
	django.Manage("migrate", "--check")
	jamsession(t, "first password", "createsuperuser", "--noinput", "--username", "ann")
	jamsession(t, "second password", "changepassword", "--noinput", "ann")
	key := strings.TrimSpace(django.Run(`
from django.contrib.auth import authenticate
from django.contrib.sessions.backends.db import SessionStore
assert authenticate(username="ann", password="first password") is None
ann = authenticate(username="ann", password="second password")
assert ann.is_superuser and ann.is_staff and ann.is_active
s = SessionStore()
s["_auth_user_id"] = str(ann.pk)
s["cart"] = ["apple"]
s.save()
print(s.session_key)
`))
	if shown := jamsession(t, "", "sessions", "show", "--json", key); !strings.Contains(shown,
		`"items":{"_auth_user_id":"1","cart":["apple"]}`) {
		t.Errorf("shown as %s", shown)
	}
	jamsession(t, "", "sessions", "delete", key)
	django.Run("from django.contrib.sessions.models import Session\n" +
		"assert Session.objects.count() == 0\n")
}

// check runs check --django on what a Django site's diffsettings prints.
func check(t *testing.T, django *djangotest.Project) (status int, said string) {
	t.Helper()
	name := t.TempDir() + "/settings.txt"
	if err := os.WriteFile(name, []byte(django.Manage("diffsettings", "--all")), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	var out bytes.Buffer
	status = run(t.Context(), []string{"check", "--django", "--fail-level", "WARNING"}, stdio{in, &out, &out})
	return status, out.String()
}

// TestCheckDjangoUnderstandsDjango: with a real Django that shares everything
// it finds nothing, and with others what is wrong.
func TestCheckDjangoUnderstandsDjango(t *testing.T) {
	migrated(t)
	if err := os.WriteFile("jamsession.toml", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	secure := []string{"SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True"}
	django := djangotest.Site(t, "db.sqlite3", testKey, secure...)
	password := strings.TrimSpace(django.Run(`
from django.contrib.auth.models import User
print(User.objects.create_user("ann", password="first password").password)
`))
	iterations := strings.Split(password, "$")[1]
	t.Setenv("PBKDF2_ITERATIONS", iterations)
	if status, said := check(t, django); status != 0 {
		t.Errorf("of a site that shares everything: %s", said)
	}
	for setting, id := range map[string]string{
		`SECRET_KEY = "another" * 10`:                                             "E101",
		`SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"`:      "E103",
		`SESSION_COOKIE_NAME = "sid"`:                                             "E106",
		`CSRF_USE_SESSIONS = True`:                                                "E120",
		`DATABASES["default"]["NAME"] += "2"`:                                     "E111",
		`USE_TZ = False`:                                                          "E112",
		`AUTH_USER_MODEL = "auth.Group"`:                                          "E113",
		`PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]`: "E115",
		`SESSION_COOKIE_AGE = 60 * 60`:                                            "W106",
	} {
		django := djangotest.Site(t, "db.sqlite3", testKey, append(secure, setting)...)
		if status, said := check(t, django); status != 1 || !strings.Contains(said, "(jamsession."+id+")") {
			t.Errorf("%s: status %d: %s", setting, status, said)
		}
	}
	t.Setenv("PBKDF2_ITERATIONS", "1000")
	if _, said := check(t, django); !strings.Contains(said, "Set PBKDF2_ITERATIONS = "+iterations+" here") {
		t.Errorf("of other iterations: %s", said)
	}
}
