package django

import (
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/djangotest"
)

// databases are the engines with a database each.
func databases() []engine {
	return slices.DeleteFunc(slices.Clone(allEngines), func(e engine) bool { return !strings.HasPrefix(e.name, "db ") })
}

// plain returns a Django project with the shared applications only.
func plain(t *testing.T, file string, lines []string) *djangotest.Project {
	t.Helper()
	return djangotest.Site(t, file, secretKey, lines...)
}

// nothingToDo fails unless neither side would change the tables.
func nothingToDo(t *testing.T, python *djangotest.Project, h *home) {
	t.Helper()
	python.Manage("migrate", "--check")
	python.Manage("makemigrations", "--check", "--dry-run")
	if plan, err := h.MigrationPlan(t.Context()); err != nil || len(plan) > 0 {
		t.Errorf("Go would apply %q, error %v", plan, err)
	}
}

// TestDjangoMigratesFirst: Go finds Django's tables as they should be, and
// adds its own alone.
func TestDjangoMigratesFirst(t *testing.T) {
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			file := t.TempDir() + "/site.db"
			lines, flags := e.open(t)
			python := plain(t, file, lines)
			python.Manage("migrate", "-v0")
			before := python.Manage("showmigrations")
			openHome(t, file, flags)
			if after := python.Manage("showmigrations"); after != before {
				t.Errorf("Go changed what Django has recorded:\n%s", after)
			}
			flags["LOGIN_LIMIT_STORE"] = "db"
			nothingToDo(t, python, openHome(t, file, flags))
		})
	}
}

func TestGoMigratesFirst(t *testing.T) {
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			file := t.TempDir() + "/site.db"
			lines, flags := e.open(t)
			flags["LOGIN_LIMIT_STORE"] = "db"
			h := openHome(t, file, flags)
			python := plain(t, file, lines)
			nothingToDo(t, python, h)
			if out := python.Manage("migrate"); !strings.Contains(out, "No migrations to apply.") {
				t.Errorf("Django did %s", out)
			}
		})
	}
}

// TestBothMigrateAtOnce: one of them may have to be started again, as with two
// Djangos, and then all is as it should be.
func TestBothMigrateAtOnce(t *testing.T) {
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			file := t.TempDir() + "/site.db"
			lines, flags := e.open(t)
			python := plain(t, file, lines)
			failed := make(chan error, 1)
			go func() { failed <- python.Try("migrate", "-v0") }()
			h := openHome(t, file, flags)
			if err := <-failed; err != nil {
				t.Logf("Django has to be started again: %.300v", err)
			}
			python.Manage("migrate", "-v0")
			nothingToDo(t, python, h)
			var n int
			err := h.DB.QueryRowContext(t.Context(), "SELECT count(*) FROM auth_permission").Scan(&n)
			if err != nil || n != 20 { // of five models
				t.Errorf("%d permissions, error %v", n, err)
			}
		})
	}
}
