package djangodb_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/djangotest"
)

const key = "a-secret-key-for-the-tests-only-0123456789-abcdef"

func TestSchemaIsDjangos(t *testing.T) {
	theirs := tempFile(t)
	djangotest.Site(t, theirs, key).Manage("migrate")
	ours := open(t, tempFile(t))
	migrate(t, ours, site...)
	for _, query := range []string{
		schema,
		"SELECT id, app, name FROM django_migrations ORDER BY id",
		"SELECT id, app_label, model FROM django_content_type ORDER BY id",
		"SELECT id, content_type_id, codename, name FROM auth_permission ORDER BY id",
	} {
		got, want := lines(t, ours, query), lines(t, open(t, theirs), query)
		if !slices.Equal(got, want) {
			t.Errorf("%s:\ngot\n%s\nwant\n%s", query, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestDjangoHasNothingToDo(t *testing.T) {
	path := tempFile(t)
	project := djangotest.Site(t, path, key)
	db := open(t, path)
	migrate(t, db, site...)
	described := "SELECT codename FROM auth_permission"
	before := lines(t, db, described)
	project.Manage("migrate", "--check")
	if out := project.Manage("migrate"); !strings.Contains(out, "No migrations to apply.") {
		t.Errorf("manage.py migrate printed %q", out)
	}
	if after := lines(t, db, described); !slices.Equal(before, after) {
		t.Errorf("manage.py migrate made permissions: %q, before: %q", after, before)
	}
}

func TestNothingToDoAfterDjango(t *testing.T) {
	path := tempFile(t)
	djangotest.Site(t, path, key).Manage("migrate")
	if steps := migrate(t, open(t, path), site...); steps != nil {
		t.Errorf("applied %q after Django", steps)
	}
}

// TestDjangoFirstInPart: Django has migrated some apps and we do the rest.
func TestDjangoFirstInPart(t *testing.T) {
	for _, app := range []string{"sessions", "contenttypes", "auth"} {
		t.Run(app, func(t *testing.T) {
			path := tempFile(t)
			project := djangotest.Site(t, path, key)
			project.Manage("migrate", app)
			steps := migrate(t, open(t, path), site...)
			if slices.ContainsFunc(steps, func(s string) bool { return strings.HasPrefix(s, app+".") }) {
				t.Errorf("applied %q after Django", steps)
			}
			project.Manage("migrate", "--check")
			if n := strings.TrimSpace(project.Run("from django.contrib.auth.models import Permission\n" +
				"print(Permission.objects.count())")); n != "20" {
				t.Errorf("Django sees %s permissions, want 20", n)
			}
		})
	}
}

func TestHalfMigratedByDjango(t *testing.T) {
	path := tempFile(t)
	djangotest.Site(t, path, key).Manage("migrate", "auth", "0008")
	_, err := open(t, path).Migrate(t.Context(), djangodb.ContentTypes, djangodb.Auth)
	if err == nil || !strings.Contains(err.Error(), "auth.0009_alter_user_last_name_max_length is missing") {
		t.Errorf("Migrate: error %v", err)
	}
}
