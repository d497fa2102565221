package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/facts"
	"github.com/jamsession/jamsession/internal/djangotest"
)

var update = flag.Bool("update", false, "write the files in testdata/facts")

// factsOf runs the script in a project, whose tables it makes first, and returns what it
// prints. One process does both, since each takes a second to start.
func factsOf(t *testing.T, projects, project string, database ...string) string {
	t.Helper()
	script := filepath.Join(t.TempDir(), "facts.py")
	if err := os.WriteFile(script, []byte(facts.Script), 0o600); err != nil {
		t.Fatal(err)
	}
	env := append([]string{"SECRET_KEY=" + testKey, "FACTS=" + script}, database...)
	django := djangotest.Named(t, projects, project, env...)
	return django.Manage("shell", "-c", withLogin)
}

// withLogin makes the tables, a user and a login of theirs, and runs the script.
const withLogin = `
import os
from importlib import import_module
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core.management import call_command

call_command("migrate", verbosity=0)
User = get_user_model()
ann = User(**{User.USERNAME_FIELD: "ann@example.com"})
ann.password = make_password("four odd words here", hasher="pbkdf2_sha256")
if hasattr(ann, "full_name"):
    ann.full_name = "Ann"
ann.save()
session = import_module(settings.SESSION_ENGINE).SessionStore()
session["_auth_user_id"] = User._meta.pk.value_to_string(ann)
session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
session["_auth_user_hash"] = ann.get_session_auth_hash()
session.save()
exec(open(os.environ["FACTS"]).read())
` + oddModels

// oddModels tries the script on models whose users are not all that their table says.
const oddModels = `
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
class Some(BaseUserManager):
    def get_queryset(self):
        return super().get_queryset().filter(deleted=False)
class Plain(AbstractBaseUser):
    admin = models.BooleanField(default=False)
    is_staff = property(lambda self: self.admin)
    Meta = type("Meta", (), {"app_label": "odd"})
class Odd(AbstractBaseUser):
    state = models.TextField(default="good")
    enabled = models.BooleanField(default=True)
    deleted = models.BooleanField(default=False)
    is_active = property(lambda self: self.enabled and not self.deleted)
    is_staff = property(lambda self: self.state != "bad")
    is_superuser = property(lambda self: not self.deleted)
    objects = Some()
    Meta = type("Meta", (), {"app_label": "odd"})
class Heir(Plain):
    is_active = models.BooleanField(default=True)
    objects = BaseUserManager()
    Meta = type("Meta", (), {"app_label": "odd"})
Proxy = type("Proxy", (Plain,), {"__module__": "odd", "Meta": type("Meta", (), {"app_label": "odd", "proxy": True})})
for model, owner, active, staff, superuser, all_rows in [
    (Plain, Plain, {"value": True}, {"column": "admin"}, {"value": False}, True),
    (Odd, Odd, None, None, None, False),
    (Heir, Plain, None, {"column": "admin"}, {"value": False}, False),
    (Proxy, Plain, {"value": True}, {"column": "admin"}, {"value": False}, True),
]:
    got = [flag(model, "is_active"), flag(model, "is_staff"), flag(model, "is_superuser"), has_all_rows(model, owner)]
    assert got == [active, staff, superuser, all_rows], (model, got)
`

// TestFactsOfEachKindOfProject are those in testdata/facts, of Django 3.2. They hold no
// secret, init makes of them the settings that are beside them, and check finds no error.
// By these settings Django's user is found, and so is their session.
func TestFactsOfEachKindOfProject(t *testing.T) {
	at, projects := absolute(t, "testdata/facts"), absolute(t, "../../integration/django/testdata/projects")
	for _, project := range []string{"stock", "emailname", "uuidkey", "ownsessions", "cookiecutter"} {
		t.Run(project, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			t.Setenv("SECRET_KEY", "")
			database := filepath.Join(dir, "db.sqlite3")
			printed := factsOf(t, projects, project, "DATABASE_NAME="+database)
			if strings.Contains(printed, testKey) || strings.Contains(printed, "do-not-show") {
				t.Errorf("the facts hold a secret: %s", printed)
			}
			if err := os.WriteFile("facts.json", []byte("a banner\n"+printed+"\n>>> \n"), 0o600); err != nil {
				t.Fatal(err)
			}
			stable := strings.ReplaceAll(printed[strings.IndexByte(printed, '{'):], database, "/srv/site/db.sqlite3")
			stable = regexp.MustCompile(`"(python|version)": "[\d.]+"`).ReplaceAllString(stable, `"$1": ""`)
			isDjango32 := strings.Contains(printed, `"django": "3.2.`)
			if isDjango32 {
				golden(t, filepath.Join(at, project+".json"),
					regexp.MustCompile(`"django": "[\d.]+"`).ReplaceAllString(stable, `"django": "3.2.25"`))
			}

			written := share(t)
			if project != "cookiecutter" { // whose sessions are in Redis
				listed := jamsession(t, "", "sessions", "list", "--user", "ann@example.com", "--json")
				if strings.Count(listed, `"fingerprint"`) != 1 || !strings.Contains(listed, `"name":"ann@example.com"`) {
					t.Errorf("listed are %s", listed)
				}
				jamsession(t, "", "users", "deactivate", "ann@example.com")
			}
			if isDjango32 {
				golden(t, filepath.Join(at, project+".toml"), strings.ReplaceAll(written, database, "/srv/site/db.sqlite3"))
			}
		})
	}
}

// share makes settings of facts.json, gives the site the key, and checks that all is shared.
// It returns the settings.
func share(t *testing.T) string {
	t.Helper()
	var out, errs bytes.Buffer
	status := run(t.Context(), []string{"init", "--settings-only", "--from-django=facts.json"},
		stdio{os.Stdin, &out, &errs})
	written, err := os.ReadFile("jamsession.toml")
	if status != 0 || err != nil {
		t.Fatalf("init: status %d, %v: %s", status, err, &errs)
	}
	if info, err := os.Stat("secret_key"); err != nil || info.Size() != 0 || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the file for the key: %v, %v", info, err)
	}
	if err := os.WriteFile("secret_key", []byte(testKey), 0o600); err != nil {
		t.Fatal(err)
	}
	errs.Reset()
	status = run(t.Context(), []string{"check", "--django", "facts.json"}, stdio{os.Stdin, &out, &errs})
	if status != 0 {
		t.Errorf("check: %s", &errs)
	}
	return string(written)
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// golden compares a text with a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil || got != string(want) {
		t.Errorf("%s (-update writes it): %v, got\n%s", filepath.Base(name), err, got)
	}
}
