package load

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/servertest"
)

var (
	//go:embed django/settings.py
	djangoSettings string

	//go:embed django/urls.py
	djangoURLs string
)

// djangoThreads is how many each worker has: its threads keep connections
// open, which gunicorn's plain workers do not.
const djangoThreads = 4

// startDjango serves the pages by Django on an engine until the end of t,
// which is skipped if something that this needs is not installed.
func startDjango(t testing.TB, on bed) *process {
	python := djangotest.Python(t)
	if _, err := djangoVersions(python); err != nil {
		servertest.Missing(t, "gunicorn, psycopg2 or django-redis for "+python)
	}
	dir := t.TempDir()
	settings := djangoSettings + strings.Join(on.django, "\n") + "\n"
	for name, text := range map[string]string{"settings.py": settings, "urls.py": djangoURLs} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(settings, "DATABASES") {
		if out, err := inProject(dir, python, "-m", "django", "migrate").CombinedOutput(); err != nil {
			t.Fatalf("migrate: %v\n%s", err, out)
		}
	}
	return start(t, inProject(dir, python, "-m", "gunicorn", "django.core.wsgi:get_wsgi_application()",
		"--bind", fmt.Sprintf("fd://%d", inherited), "--workers", strconv.Itoa(contest.Processors()),
		"--worker-class", "gthread", "--threads", strconv.Itoa(djangoThreads),
		"--keep-alive", "60", "--log-level", "warning"))
}

// inProject is a command of Python in a project's folder.
func inProject(dir, python string, args ...string) *exec.Cmd {
	cmd := exec.Command(python, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "DJANGO_SETTINGS_MODULE=settings", "PYTHONPATH="+dir,
		"PYTHONDONTWRITEBYTECODE=1")
	return cmd
}

// djangoVersions tells what Django is served with. It fails if a part is missing.
func djangoVersions(python string) (string, error) {
	cmd := exec.Command(python, "-c", "import django, gunicorn, platform, psycopg2, django_redis;"+
		"print('Django', django.__version__, '; gunicorn', gunicorn.__version__,"+
		" '; Python', platform.python_version())")
	cmd.Dir = os.TempDir() // not one with a folder "django"
	out, err := cmd.Output()
	return strings.ReplaceAll(strings.TrimSpace(string(out)), " ;", ";"), err
}
