package sharing

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/facts"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/servertest"
)

// TestFactsOfServers: the types of columns are those of the server, and the settings that
// follow share everything.
func TestFactsOfServers(t *testing.T) {
	projects, err := filepath.Abs("../../../../integration/django/testdata/projects")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, engine, user, key string
		server                  func(testing.TB) servertest.Database
	}{
		{"PostgreSQL", "postgresql", "postgres", "uuid", servertest.Postgres},
		{"MariaDB", "mysql", "root", `char\(32\)|uuid`, servertest.MariaDB}, // uuid from Django 5.0 on
	} {
		t.Run(c.name, func(t *testing.T) {
			at := c.server(t)
			host, port, err := net.SplitHostPort(at.Addr)
			if err != nil {
				t.Fatal(err)
			}
			f := factsOf(t, projects, "uuidkey", "DATABASE_ENGINE="+c.engine, "DATABASE_NAME="+at.Name,
				"DATABASE_USER="+c.user, "DATABASE_HOST="+host, "DATABASE_PORT="+port)
			if key := f.User.Columns[3]; key.Name != "member_no" || !regexp.MustCompile(c.key).MatchString(key.Type) {
				t.Errorf("the key is %+v", key)
			}
			if f.Database.Version == "" || f.User.Case != "exact" || len(f.Problems) > 0 {
				t.Errorf("facts: %+v, %+v, %v", f.Database, f.User, f.Problems)
			}
			file, err := NewFile(FromFacts(f), "")
			if err != nil || strings.Contains(ids(file.Findings), "E") || !strings.Contains(file.Text, at.Addr) {
				t.Errorf("found %v, %v in\n%s", file.Findings, err, file.Text)
			}
		})
	}
}

// factsOf runs the script in a project, whose tables it makes first.
func factsOf(t *testing.T, projects, project string, env ...string) *facts.Facts {
	t.Helper()
	script := filepath.Join(t.TempDir(), "facts.py")
	if err := os.WriteFile(script, []byte(facts.Script), 0o600); err != nil {
		t.Fatal(err)
	}
	django := djangotest.Named(t, projects, project, append([]string{"SECRET_KEY=" + key, "FACTS=" + script}, env...)...)
	f, err := facts.Parse([]byte(django.Manage("shell", "-c", `
import os
from django.core.management import call_command
call_command("migrate", verbosity=0)
exec(open(os.environ["FACTS"]).read())
`)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}
