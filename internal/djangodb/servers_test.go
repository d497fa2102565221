package djangodb_test

import (
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// A backend is a database that runs as a server.
type backend struct {
	dialect djangodb.Dialect
	driver  string
	engine  string // Django's
	start   func(testing.TB) servertest.Database
	name    func(servertest.Database) string // for the driver

	// schema lists tables, columns, indexes and constraints, one per line.
	schema []string
}

var backends = []backend{
	{
		djangodb.PostgreSQL, "pgx", "postgresql", servertest.Postgres, servertest.Database.PostgresURL,
		[]string{
			`SELECT table_name, column_name, data_type, character_maximum_length, is_nullable
			FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2`,
			`SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1`,
			`SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
			WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2`,
		},
	},
	{
		djangodb.MySQL, "mysql", "mysql", servertest.MariaDB, servertest.Database.MySQLName,
		[]string{
			`SELECT table_name, column_name, column_type, is_nullable, column_key, extra
			FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY 1, 2`,
			`SELECT table_name, index_name, non_unique, seq_in_index, column_name
			FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY 1, 2, 4`,
			`SELECT table_name, constraint_name, constraint_type FROM information_schema.table_constraints
			WHERE table_schema = DATABASE() ORDER BY 1, 2`,
		},
	},
}

// forEachServer runs a test on a new database of each.
func forEachServer(t *testing.T, test func(t *testing.T, b backend, at servertest.Database, db djangodb.DB)) {
	t.Helper()
	for _, b := range backends {
		t.Run(b.dialect.String(), func(t *testing.T) {
			at := b.start(t)
			test(t, b, at, b.open(t, at))
		})
	}
}

func (b backend) open(t *testing.T, at servertest.Database) djangodb.DB {
	t.Helper()
	db, err := sql.Open(b.driver, b.name(at))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return djangodb.DB{DB: db, Dialect: b.dialect}
}

func (b backend) site(t *testing.T, at servertest.Database, settings ...string) *djangotest.Project {
	t.Helper()
	return djangotest.Site(t, tempFile(t), key, append([]string{at.Django(b.engine)}, settings...)...)
}

// describe returns the schema without what Django 3.2 does in the old way:
// it numbers by a sequence of its own, where newer ones have identity columns.
func (b backend) describe(t *testing.T, db djangodb.DB) []string {
	t.Helper()
	var all []string
	for _, query := range b.schema {
		all = append(all, lines(t, db, query)...)
	}
	return all
}

func TestServerSchemaIsDjangos(t *testing.T) {
	forEachServer(t, func(t *testing.T, b backend, _ servertest.Database, ours djangodb.DB) {
		theirsAt := b.start(t)
		b.site(t, theirsAt).Manage("migrate")
		migrate(t, ours, site...)
		theirs := b.open(t, theirsAt)
		got, want := b.describe(t, ours), b.describe(t, theirs)
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		for _, query := range []string{
			"SELECT app, name FROM django_migrations ORDER BY id",
			"SELECT app_label, model FROM django_content_type ORDER BY 1, 2",
			"SELECT codename, name FROM auth_permission ORDER BY 1, 2",
		} {
			got, want := lines(t, ours, query), lines(t, theirs, query)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s: got %q, want %q", query, got, want)
			}
		}
	})
}

func TestServerMigrateTwice(t *testing.T) {
	forEachServer(t, func(t *testing.T, b backend, at servertest.Database, db djangodb.DB) {
		project := b.site(t, at)
		if steps := migrate(t, db, site...); !slices.Equal(steps, allSteps) {
			t.Errorf("applied %q, want %q", steps, allSteps)
		}
		before := b.describe(t, db)
		if steps := migrate(t, db, site...); steps != nil {
			t.Errorf("the second time it applied %q", steps)
		}
		project.Manage("migrate", "--check")
		if out := project.Manage("migrate"); !strings.Contains(out, "No migrations to apply.") {
			t.Errorf("manage.py migrate printed %q", out)
		}
		if after := b.describe(t, db); !slices.Equal(before, after) {
			t.Error("the second time something changed")
		}
	})
}

// TestServerDjangoFirst: in part, and with wide ids.
func TestServerDjangoFirst(t *testing.T) {
	for _, app := range []string{"sessions", "contenttypes", "auth", ""} {
		for _, field := range []string{"AutoField", "BigAutoField"} {
			forEachServer(t, func(t *testing.T, b backend, at servertest.Database, db djangodb.DB) {
				project := b.site(t, at, fmt.Sprintf("DEFAULT_AUTO_FIELD = 'django.db.models.%s'", field))
				if app == "" {
					project.Manage("migrate")
				} else {
					project.Manage("migrate", app)
				}
				steps := migrate(t, db, site...)
				if app == "" && steps != nil ||
					slices.ContainsFunc(steps, func(s string) bool { return app != "" && strings.HasPrefix(s, app+".") }) {
					t.Errorf("applied %q after Django", steps)
				}
				project.Manage("migrate", "--check")
			})
			if app != "" {
				break // one width is enough for a part
			}
		}
	}
}

// TestServerMigrateAtOnce: programs that start together may all migrate.
func TestServerMigrateAtOnce(t *testing.T) {
	forEachServer(t, func(t *testing.T, b backend, at servertest.Database, db djangodb.DB) {
		var wg sync.WaitGroup
		applied := make(chan []string, 6)
		start := make(chan struct{})
		for range cap(applied) {
			db := b.open(t, at)
			wg.Go(func() {
				<-start
				steps, err := db.Migrate(t.Context(), site...)
				if err != nil {
					t.Errorf("Migrate: %v", err)
				}
				applied <- steps
			})
		}
		close(start)
		wg.Wait()
		close(applied)
		workers := 0
		for steps := range applied {
			if steps != nil {
				workers++
			}
		}
		if workers != 1 {
			t.Errorf("%d of 6 applied migrations, want 1", workers)
		}
		if n := len(lines(t, db, "SELECT id FROM django_migrations")); n != len(allSteps) {
			t.Errorf("%d migrations are recorded, want %d", n, len(allSteps))
		}
	})
}

// TestServerCutOff: an attempt that ended half way is continued.
func TestServerCutOff(t *testing.T) {
	forEachServer(t, func(t *testing.T, b backend, at servertest.Database, db djangodb.DB) {
		migrate(t, db, site...)
		exec(t, db, "DROP TABLE auth_user_groups", "DROP TABLE django_session",
			"DELETE FROM django_migrations WHERE app IN ('auth', 'sessions')")
		migrate(t, db, site...)
		b.site(t, at).Manage("migrate", "--check")
		if n := len(lines(t, db, "SELECT * FROM django_session")); n != 0 {
			t.Errorf("%d sessions", n)
		}
	})
}

func TestServerForeignTableIsRefused(t *testing.T) {
	forEachServer(t, func(t *testing.T, _ backend, _ servertest.Database, db djangodb.DB) {
		exec(t, db, "CREATE TABLE django_session (id integer)")
		_, err := db.Migrate(t.Context(), djangodb.Sessions)
		if err == nil || !strings.Contains(err.Error(), "table django_session has no column session_key") {
			t.Errorf("Migrate: error %v", err)
		}
	})
}

// TestPostgreSQLClearsByPlace, or by key where rows have no places: a batch looks for rows
// once, by their expiry, also when the server plans without knowing how small the batch is,
// and whatever its statistics say of how many have expired.
func TestPostgreSQLClearsByPlace(t *testing.T) {
	sessions := noerror.In(djangodb.ParseTableName("django_session"))
	for name, expired := range map[string]int{"half": 5000, "none": 0, "all": 10_000} {
		for relation, place := range map[djangodb.Relation]string{
			djangodb.RelationPlain: "Tid Scan on django_session",
			djangodb.RelationParts: "Scan using django_session_pkey",
		} {
			for _, mode := range []string{"force_generic_plan", "force_custom_plan"} {
				t.Run(fmt.Sprintf("%s/%v/%s", name, relation, mode), func(t *testing.T) {
					db := backends[0].open(t, servertest.Postgres(t))
					migrate(t, db, djangodb.Sessions)
					db.SetMaxOpenConns(1)
					exec(t, db,
						fmt.Sprintf("INSERT INTO django_session SELECT 'k' || n, repeat('x', 300),"+
							" now() + (n - %d) * interval '1 second' FROM generate_series(1, 10000) n", expired),
						"ANALYZE django_session",
						"INSERT INTO django_session SELECT 'more' || n, 'x', now() - interval '1 day'"+
							" FROM generate_series(1, 2000) n",
						"SET plan_cache_mode = "+mode,
						"PREPARE clear (timestamptz, timestamptz, bigint) AS "+db.Dialect.Rebind(
							db.Dialect.ClearExpired(sessions, relation, "session_key", "expire_date")))
					plan := strings.Join(lines(t, db, "EXPLAIN EXECUTE clear (now(), now(), 1000)"), "\n")
					scans := regexp.MustCompile(`\w+ (\w+ )?Scan `).FindAllString(plan, -1)
					if len(scans) != 2 || !strings.Contains(plan, place) {
						t.Errorf("the plan has the scans %q, want one by expiry and %q:\n%s", scans, place, plan)
					}
				})
			}
		}
	}
}

// TestErrorsOfMySQLShowNoValue that was bound.
func TestErrorsOfMySQLShowNoValue(t *testing.T) {
	db := backends[1].open(t, servertest.MariaDB(t))
	migrate(t, db, site...)
	insert := "INSERT INTO django_session VALUES (?, ?, ?)"
	at := db.Dialect.EncodeTime(time.Now(), nil)
	if _, err := db.Exec(insert, "secretkey", "", at); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]any{
		{"secretkey", "", at},
		{"otherkey", "secret\xff", at},
		{"otherkey", "", "secret"},
	} {
		_, err := db.Exec(insert, args...)
		if err == nil || !strings.Contains(err.Error(), "secret") && !strings.Contains(err.Error(), `\xFF`) {
			t.Fatalf("the driver's error is %v: this test is out of date", err)
		}
		wrapped := djangodb.Wrap(t.Context(), "test", err).Error()
		if regexp.MustCompile(`secret|\\xFF`).MatchString(wrapped) || !strings.Contains(wrapped, "MySQL error 1") {
			t.Errorf("Wrap: %s", wrapped)
		}
	}
}
