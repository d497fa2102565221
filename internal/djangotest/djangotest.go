// Package djangotest runs a real Django beside a test, so that both can use
// one database.
//
// Tests skip where there is no Django, unless JAMSESSION_REQUIRE_SERVICES is
// 1: then they fail.
package djangotest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A Project is a minimal Django project with the apps auth, contenttypes and
// sessions on one SQLite file.
type Project struct {
	t      testing.TB
	python string
	dir    string
	env    []string
}

// Python returns an interpreter that can import Django: the one that
// DJANGO_PYTHON names, or else python3 or /usr/bin/python3. It skips the test
// if there is none.
func Python(t testing.TB) string {
	t.Helper()
	python, err := find()
	switch {
	case err == nil:
	case os.Getenv("JAMSESSION_REQUIRE_SERVICES") == "1":
		t.Fatalf("Django is required: %v", err)
	default:
		t.Skipf("not run: %v", err)
	}
	return python
}

var find = sync.OnceValues(func() (string, error) {
	candidates := []string{"python3", "/usr/bin/python3"}
	if named := os.Getenv("DJANGO_PYTHON"); named != "" {
		candidates = []string{named}
	}
	for _, python := range candidates {
		// -c puts the working directory on the path, and a folder named django
		// there would be imported. An empty package has no VERSION.
		cmd := exec.Command(python, "-c", "import django; django.VERSION")
		cmd.Dir = os.TempDir()
		if cmd.Run() == nil {
			return python, nil
		}
	}
	return "", fmt.Errorf("no Django in %s", strings.Join(candidates, ", "))
})

// Site makes a project whose database is the file at dbPath, which need not
// exist. It skips the test if there is no Django. Each further setting is a
// line of Python for the end of the settings module, such as
// "USE_TZ = False".
func Site(t testing.TB, dbPath, secretKey string, settings ...string) *Project {
	t.Helper()
	p := &Project{t: t, python: Python(t), dir: t.TempDir()}
	dbPath, err := filepath.Abs(dbPath)
	if err != nil {
		t.Fatal(err)
	}
	p.write("site_settings.py", fmt.Sprintf(settingsModule, secretKey, dbPath)+
		strings.Join(settings, "\n")+"\n")
	p.write("site_urls.py", "urlpatterns = []\n")
	p.write("manage.py", manage)
	return p
}

// Named returns the project of this name in the folder projects, where its manage.py
// is, too. It reads its key and its database from the environment: see base.py there.
func Named(t testing.TB, projects, name string, env ...string) *Project {
	t.Helper()
	env = append([]string{"DJANGO_SETTINGS_MODULE=" + name + ".settings"}, env...)
	return &Project{t: t, python: Python(t), dir: projects, env: env}
}

// Manage runs manage.py with these arguments and returns what it printed. It
// fails the test if the exit status is not 0.
func (p *Project) Manage(args ...string) string {
	p.t.Helper()
	return p.run(append([]string{"manage.py"}, args...)...)
}

// Run runs Python code in the project, after django.setup, and returns what
// it printed. It fails the test if the code raises an exception.
func (p *Project) Run(script string) string {
	p.t.Helper()
	p.write("script.py", "import os, django\n"+
		"os.environ['DJANGO_SETTINGS_MODULE'] = 'site_settings'\n"+
		"django.setup()\n"+script)
	return p.run("script.py")
}

func (p *Project) run(args ...string) string {
	p.t.Helper()
	env := append(os.Environ(), noBytecode, "DJANGO_SETTINGS_MODULE=")
	env = append(env, p.env...)
	run := p.runAlone
	if f, err := startForks(); err == nil && canFork(env) {
		run = f.run
	}
	stdout, stderr, err := run(p.dir, env, args)
	if err != nil {
		p.t.Fatalf("%s: %v\n%s%s", strings.Join(args, " "), err, stdout, stderr)
	}
	return stdout
}

// runAlone starts an interpreter.
func (p *Project) runAlone(dir string, env, args []string) (stdout, stderr string, err error) {
	var out, problems strings.Builder
	cmd := exec.CommandContext(p.t.Context(), p.python, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, &out, &problems
	err = cmd.Run()
	return out.String(), problems.String(), err
}

// Write adds a file to the project, such as "people/models.py" of an app.
func (p *Project) Write(name, text string) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(p.dir, name)), 0o700); err != nil {
		p.t.Fatal(err)
	}
	p.write(name, text)
}

func (p *Project) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// settingsModule takes the secret key and the path of the database. Go's %q
// is Python's string, too, for the characters that occur in them.
const settingsModule = `
SECRET_KEY = %q
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": %q}}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "site_urls"
ALLOWED_HOSTS = ["*"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
TIME_ZONE = "UTC"
USE_TZ = True
`

const manage = `
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "site_settings"
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
`
