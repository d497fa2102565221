package djangodb_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
)

// site is what a site with users migrates, apps after those they need.
var site = []djangodb.App{djangodb.ContentTypes, djangodb.Auth, djangodb.Sessions}

// allSteps is what that comes to.
var allSteps = []string{
	"contenttypes.0001_initial",
	"contenttypes.0002_remove_content_type_name",
	"auth.0001_initial",
	"auth.0002_alter_permission_name_max_length",
	"auth.0003_alter_user_email_max_length",
	"auth.0004_alter_user_username_opts",
	"auth.0005_alter_user_last_login_null",
	"auth.0006_require_contenttypes_0002",
	"auth.0007_alter_validators_add_error_messages",
	"auth.0008_alter_user_username_max_length",
	"auth.0009_alter_user_last_name_max_length",
	"auth.0010_alter_group_name_max_length",
	"auth.0011_update_proxy_permissions",
	"auth.0012_alter_user_first_name_max_length",
	"sessions.0001_initial",
}

func tempFile(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "site.db")
}

func open(t *testing.T, path string) djangodb.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_txlock=immediate"+
		"&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return djangodb.DB{DB: db}
}

func exec(t *testing.T, db djangodb.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// lines returns the rows of a query, each as the text of its columns.
func lines(t *testing.T, db djangodb.DB, query string) []string {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for rows.Next() {
		row, dest := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range row {
			dest[i] = &row[i]
		}
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		text := make([]string, len(row))
		for i := range row {
			text[i] = row[i].String
		}
		all = append(all, strings.Join(text, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// schema is the database's own text of every table and index.
const schema = `SELECT type, name, tbl_name, sql FROM sqlite_master
	WHERE name NOT LIKE 'sqlite_%' ORDER BY name`

func migrate(t *testing.T, db djangodb.DB, apps ...djangodb.App) []string {
	t.Helper()
	plan, err := db.Plan(t.Context(), apps...)
	if err != nil {
		t.Fatalf("Plan: %v", err)
	}
	steps, err := db.Migrate(t.Context(), apps...)
	if err != nil {
		t.Fatalf("Migrate: %v", err)
	}
	if !slices.Equal(plan, steps) {
		t.Fatalf("Plan says %q, Migrate applied %q", plan, steps)
	}
	return steps
}

func TestMigrate(t *testing.T) {
	db := open(t, tempFile(t))
	if steps := migrate(t, db, site...); !slices.Equal(steps, allSteps) {
		t.Errorf("applied %q, want %q", steps, allSteps)
	}
	recorded := lines(t, db, "SELECT app || '.' || name FROM django_migrations ORDER BY id")
	if !slices.Equal(recorded, allSteps) {
		t.Errorf("recorded %q, want %q", recorded, allSteps)
	}
	before := lines(t, db, schema)
	if steps := migrate(t, db, site...); steps != nil {
		t.Errorf("the second time it applied %q", steps)
	}
	if after := lines(t, db, schema); !slices.Equal(before, after) {
		t.Error("the second time it changed the schema")
	}
}

func TestPlanChangesNothing(t *testing.T) {
	db := open(t, tempFile(t))
	if _, err := db.Plan(t.Context(), site...); err != nil {
		t.Fatal(err)
	}
	if all := lines(t, db, schema); all != nil {
		t.Errorf("Plan made %q", all)
	}
}

// TestAppByApp: the rows that describe the models are the same in whichever
// order the apps come.
func TestAppByApp(t *testing.T) {
	together := open(t, tempFile(t))
	migrate(t, together, site...)
	sessionsFirst := open(t, tempFile(t))
	migrate(t, sessionsFirst, djangodb.Sessions)
	migrate(t, sessionsFirst, djangodb.ContentTypes, djangodb.Auth)
	sessionsLast := open(t, tempFile(t))
	migrate(t, sessionsLast, djangodb.ContentTypes, djangodb.Auth)
	migrate(t, sessionsLast, djangodb.Sessions)
	const described = `SELECT c.app_label, c.model, p.codename, p.name
		FROM auth_permission p JOIN django_content_type c ON c.id = p.content_type_id
		ORDER BY c.app_label, c.model, p.codename`
	want := lines(t, together, described)
	if len(want) != 20 {
		t.Errorf("%d permissions, want 20", len(want))
	}
	for name, db := range map[string]djangodb.DB{"first": sessionsFirst, "last": sessionsLast} {
		if got := lines(t, db, described); !slices.Equal(got, want) {
			t.Errorf("sessions %s: %q, want %q", name, got, want)
		}
		if got := lines(t, db, schema); !slices.Equal(got, lines(t, together, schema)) {
			t.Errorf("sessions %s: another schema", name)
		}
	}
}

// TestPermissionsNeedAuth: content types alone are not a reason to look for the
// table of permissions.
func TestPermissionsNeedAuth(t *testing.T) {
	db := open(t, tempFile(t))
	migrate(t, db, djangodb.ContentTypes, djangodb.Sessions)
	got := lines(t, db, "SELECT app_label, model FROM django_content_type ORDER BY id")
	if want := []string{"contenttypes|contenttype", "sessions|session"}; !slices.Equal(got, want) {
		t.Errorf("content types %q, want %q", got, want)
	}
}

// TestMigrateAtOnce: programs that start together may all migrate.
func TestMigrateAtOnce(t *testing.T) {
	for range 5 {
		path := tempFile(t)
		var wg sync.WaitGroup
		applied := make(chan []string, 8)
		start := make(chan struct{})
		for range cap(applied) {
			db := open(t, path)
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
			t.Errorf("%d of 8 applied migrations, want 1", workers)
		}
		if n := len(lines(t, open(t, path), "SELECT * FROM django_migrations")); n != len(allSteps) {
			t.Errorf("%d migrations are recorded, want %d", n, len(allSteps))
		}
	}
}

// TestFileIsOpenedByAnother: a new file is refused at once, and not after
// busy_timeout, while another program makes it one with WAL.
func TestFileIsOpenedByAnother(t *testing.T) {
	path := tempFile(t)
	other, err := sql.Open("sqlite", path+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	tx, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := open(t, path).PingContext(t.Context()); err == nil {
		t.Fatal("the driver waits by itself; DB.Migrate need not")
	}
	time.AfterFunc(50*time.Millisecond, func() { _ = tx.Rollback() })
	migrate(t, open(t, path), site...)
}

// TestFailureChangesNothing: the tables come all together or not at all, and
// the pool is usable afterwards.
func TestFailureChangesNothing(t *testing.T) {
	db := open(t, tempFile(t))
	db.SetMaxOpenConns(1)
	exec(t, db, `CREATE TABLE "django_migrations" (id integer NOT NULL PRIMARY KEY, app, name, applied)`,
		`CREATE TRIGGER stop BEFORE INSERT ON django_migrations WHEN NEW.name LIKE '0012%'
		 BEGIN SELECT RAISE(ABORT, 'stop here'); END`)
	before := lines(t, db, schema)
	if _, err := db.Migrate(t.Context(), site...); err == nil || !strings.Contains(err.Error(), "stop here") {
		t.Fatalf("Migrate: error %v", err)
	}
	if after := lines(t, db, schema); !slices.Equal(before, after) {
		t.Errorf("it left %q", after)
	}
	exec(t, db, "DROP TRIGGER stop")
	if steps := migrate(t, db, site...); !slices.Equal(steps, allSteps) {
		t.Errorf("the next time it applied %q", steps)
	}
}

func TestContextDone(t *testing.T) {
	db := open(t, tempFile(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.Migrate(ctx, site...); !errors.Is(err, context.Canceled) {
		t.Errorf("Migrate: error %v, want context.Canceled", err)
	}
	if all := lines(t, db, schema); all != nil {
		t.Errorf("it made %q", all)
	}
}

// TestRefused: what is not Django's, or Django's but half done, is left alone,
// and the error says what to do.
func TestRefused(t *testing.T) {
	migrations := `CREATE TABLE django_migrations (id integer PRIMARY KEY, app, name, applied)`
	for _, c := range []struct {
		name  string
		setup []string
		want  []string
	}{
		{
			"foreign sessions",
			[]string{`CREATE TABLE django_session (session_key text, data blob)`},
			[]string{"django_session", "session_data", "rename or drop"},
		},
		{
			"foreign users",
			[]string{`CREATE TABLE auth_user (id integer, password, username)`},
			[]string{"auth_user", "last_login", "rename or drop"},
		},
		{
			"foreign migrations",
			[]string{`CREATE TABLE django_migrations (version integer)`},
			[]string{"django_migrations", "column id", "rename or drop"},
		},
		{
			"half migrated",
			[]string{migrations, `INSERT INTO django_migrations (app, name) VALUES ('auth', '0001_initial')`},
			[]string{"auth.0002_alter_permission_name_max_length", "manage.py migrate"},
		},
		{
			"recorded but gone",
			[]string{migrations, `INSERT INTO django_migrations (app, name) VALUES ('sessions', '0001_initial')`},
			[]string{"django_session is missing", "restore the table"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := open(t, tempFile(t))
			exec(t, db, c.setup...)
			before := lines(t, db, schema)
			_, planErr := db.Plan(t.Context(), site...)
			_, err := db.Migrate(t.Context(), site...)
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("Migrate: error %q does not say %q", err, want)
				}
			}
			if fmt.Sprint(planErr) != fmt.Sprint(err) {
				t.Errorf("Plan: error %q, Migrate: error %q", planErr, err)
			}
			if after := lines(t, db, schema); !slices.Equal(before, after) {
				t.Errorf("it left %q", after)
			}
		})
	}
}

// TestTablesWithoutRecordsAreAdopted, as by migrate --fake-initial.
func TestTablesWithoutRecordsAreAdopted(t *testing.T) {
	db := open(t, tempFile(t))
	exec(t, db, `CREATE TABLE django_session (session_key varchar(40) PRIMARY KEY, session_data text, expire_date datetime)`,
		`INSERT INTO django_session VALUES ('k', 'd', '2030-01-02 03:04:05')`)
	if steps := migrate(t, db, site...); !slices.Equal(steps, allSteps) {
		t.Errorf("applied %q, want %q", steps, allSteps)
	}
	if rows := lines(t, db, "SELECT * FROM django_session"); len(rows) != 1 {
		t.Errorf("the table holds %q", rows)
	}
	index := lines(t, db, "SELECT name FROM sqlite_master WHERE name = 'django_session_expire_date_a5c62663'")
	if len(index) != 1 {
		t.Error("the index on expire_date was not made")
	}
}

func TestUnknownDialect(t *testing.T) {
	of := django.Database{DB: open(t, tempFile(t)).DB, Dialect: 99}
	if _, err := djangodb.New(of); err == nil || !strings.Contains(err.Error(), "Dialect 99") {
		t.Errorf("New: error %v", err)
	}
}
