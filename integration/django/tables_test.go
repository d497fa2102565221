package django

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
)

// onDB: the engines by whose names all three databases are tried.
func onDB(e engine) bool { return e.engine == "db" }

// An empty database, and what both sides say about it.
type empty struct {
	golang map[string]string
	django map[string]any
}

// newDatabase returns an empty database of the engine's kind, for sites
// without Django's admin, whose tables Go does not have.
func (x exchange) newDatabase(t *testing.T) empty {
	t.Helper()
	at := x.engine.place(t)
	e := empty{maps.Clone(at.golang), maps.Clone(at.django)}
	e.golang["SECRET_KEY"] = secretKey
	e.django["SECRET_KEY"] = secretKey
	e.django["INSTALLED_APPS"] = []string{
		"django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
	}
	e.django["ROOT_URLCONF"] = "no_urls"
	e.django["TEMPLATES"] = []string{}
	return e
}

// manage runs commands of Django.
func (e empty) manage(t *testing.T, commands ...string) error {
	t.Helper()
	return e.manageTo(t, new(buffer), commands...)
}

// manageTo also shows what they print.
func (e empty) manageTo(t *testing.T, out *buffer, commands ...string) error {
	t.Helper()
	cmd := python(t, e.django, append([]string{"manage.py"}, commands...)...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(commands, ", "), err, out)
	}
	return nil
}

// isComplete fails the test unless neither side has anything to do, except for
// tables that Django does not know.
func (e empty) isComplete(t *testing.T, s *settings.Settings) {
	t.Helper()
	plan, err := site.Plan(t.Context(), s, nil)
	plan = slices.DeleteFunc(plan, func(name string) bool { return strings.HasPrefix(name, "jamsession_") })
	if err != nil || len(plan) > 0 {
		t.Errorf("Go would migrate %v, %v", plan, err)
	}
	if err := e.manage(t, "migrate --check", "makemigrations --check --dry-run"); err != nil {
		t.Errorf("Django would migrate: %v", err)
	}
}

// tryTables: one side makes the tables, and the other finds nothing to do.
func tryTables(t *testing.T, x exchange) {
	e := x.newDatabase(t)
	s := loadGo(t, e.golang)
	if x.from == x.golang {
		if err := site.Migrate(t.Context(), s, nil); err != nil {
			t.Fatal(err)
		}
	} else if err := e.manage(t, "migrate"); err != nil {
		t.Fatal(err)
	}
	e.isComplete(t, s)
	for range 2 {
		if err := site.Migrate(t.Context(), s, nil); err != nil {
			t.Errorf("Go's migration that has nothing to do: %v", err)
		}
	}
	if err := e.manage(t, "migrate"); err != nil {
		t.Errorf("Django's migration that has nothing to do: %v", err)
	}
}

// tryTablesAtOnce: both make the tables at the same time: Go starts when Django
// is in the middle, or when Django has seen that there is none but has made
// none yet. Each may find what the other has just made, and fail. Then both
// are started again, twice at most, and nothing is missing.
func tryTablesAtOnce(t *testing.T, x exchange) {
	e := x.newDatabase(t)
	s := loadGo(t, e.golang)
	moment := "Applying contenttypes.0001_initial"
	if x.from == x.golang {
		moment = "Operations to perform"
	}
	out := &buffer{awaited: moment, seen: make(chan struct{})}
	var byDjango error
	var django sync.WaitGroup
	django.Go(func() { byDjango = e.manageTo(t, out, "migrate") })
	<-out.seen
	byGo := site.Migrate(t.Context(), s, nil)
	django.Wait()
	for range 2 {
		if byDjango == nil && byGo == nil {
			break
		}
		t.Logf("Django: %v\nGo: %v", byDjango, byGo)
		byDjango = e.manage(t, "migrate")
		byGo = site.Migrate(t.Context(), s, nil)
	}
	if byDjango != nil || byGo != nil {
		t.Errorf("at last Django: %v\nGo: %v", byDjango, byGo)
	}
	e.isComplete(t, s)
}
