package sqlusers_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/servertest"
)

// thousands fills auth_user with 300 000 users who have addresses of their own,
// and the database's knowledge of them.
func (d database) thousands(t *testing.T) {
	t.Helper()
	const insert = "INSERT INTO auth_user (password, is_superuser, username, first_name, last_name," +
		" email, is_staff, is_active, date_joined) SELECT '" + encoded + "', %s, %s, '', '', %s, %[1]s, %[4]s, '2026-01-01 00:00:00' FROM %s"
	switch d.dialect {
	case django.PostgreSQL:
		d.exec(t, fmt.Sprintf(insert, "false", "'u' || n", "'User' || n || '@example.com'", "true",
			"generate_series(1, 300000) n"), "ANALYZE auth_user")
	case django.MySQL:
		d.exec(t, fmt.Sprintf(insert, "0", "concat('u', seq)", "concat('User', seq, '@example.com')", "1",
			"seq_1_to_300000"), "ANALYZE TABLE auth_user")
	default:
		d.exec(t, fmt.Sprintf(insert, "0", "'u' || n", "'User' || n || '@example.com'", "1",
			"(WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 300000) SELECT n FROM s)"),
			"ANALYZE")
	}
}

// plan returns how the database would search for an address.
func (d database) plan(t *testing.T) string {
	t.Helper()
	query := d.SelectByEmail()
	args := []any{"user777@EXAMPLE.com", int64(0), 1001}
	switch d.dialect {
	case django.PostgreSQL: // as it plans for values that it does not know
		d.db.SetMaxOpenConns(1)
		d.exec(t, "SET plan_cache_mode = force_generic_plan", "PREPARE search (text, bigint, bigint) AS "+query)
		query, args = "EXPLAIN EXECUTE search ('user777@EXAMPLE.com', 0, 1001)", nil
	case django.MySQL:
		query = "EXPLAIN " + query
	default:
		query = "EXPLAIN QUERY PLAN " + query
	}
	rows, err := d.db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var plan strings.Builder
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			v := *v.(*any)
			if b, ok := v.([]byte); ok {
				v = string(b)
			}
			fmt.Fprintf(&plan, "%s=%v ", columns[i], v)
		}
		plan.WriteString("\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}

// TestByEmailSearchesByItsIndex: among 300 000 users no database reads the
// table, or sorts what it has found; without the index each of them reads it.
func TestByEmailSearchesByItsIndex(t *testing.T) {
	if testing.Short() {
		t.Skip("not run: it makes 300 000 users in three databases")
	}
	forEachDatabase(t, func(t *testing.T, d database) {
		d.thousands(t)
		plan := d.plan(t)
		if !strings.Contains(plan, "jamsession_auth_user_email") || sorts(plan) {
			t.Errorf("the plan is\n%s", plan)
		}
		got, err := d.ByEmail(t.Context(), "user777@EXAMPLE.com")
		if names := usernames(got); err != nil || !slices.Equal(names, []string{"u777"}) {
			t.Errorf("ByEmail = %q, %v", names, err)
		}
	})
}

func sorts(plan string) bool {
	return strings.Contains(plan, "Sort") || strings.Contains(plan, "filesort") || strings.Contains(plan, "TEMP B-TREE")
}

// TestByEmailIsBounded: of 3000 users with one address it returns some, each
// time others, and after a while everybody was among them.
func TestByEmailIsBounded(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		const insert = "INSERT INTO auth_user (password, is_superuser, username, first_name, last_name," +
			" email, is_staff, is_active, date_joined) VALUES "
		for i := range 30 {
			var rows []string
			for j := range 100 {
				rows = append(rows, fmt.Sprintf("('%s', %s, 'u%d', '', '', 'John@example.com', %[2]s, %[4]s, '2026-01-01 00:00:00')",
					encoded, d.bool(false), i*100+j, d.bool(true)))
			}
			d.exec(t, insert+strings.Join(rows, ","))
		}
		seen := map[string]bool{}
		for round := 0; len(seen) < 3000; round++ {
			users, err := d.ByEmail(t.Context(), "john@example.com")
			if err != nil {
				t.Fatal(err)
			}
			if len(users) != 1000 {
				t.Fatalf("%d users, want 1000", len(users))
			}
			if !slices.IsSortedFunc(users, func(a, b auth.User) int { return number(t, a) - number(t, b) }) {
				t.Fatal("they are not in order of their ids")
			}
			for _, name := range usernames(users) {
				seen[name] = true
			}
			if round == 200 {
				t.Fatalf("after %d times, %d users were among them", round, len(seen))
			}
		}
	})
}

func (d database) bool(v bool) string {
	if d.dialect == django.PostgreSQL {
		return fmt.Sprint(v)
	}
	if v {
		return "1"
	}
	return "0"
}

// TestIndexIsMadeOnceByManyAtOnce: programs that start together all migrate.
func TestIndexIsMadeOnceByManyAtOnce(t *testing.T) {
	for _, b := range append([]backend{sqliteFile}, backends...) {
		t.Run(b.dialect.String(), func(t *testing.T) {
			d, _ := b.connect(t)
			d = d.migrate(t)
			for range 5 {
				d.exec(t, d.dropIndex())
				made := make(chan []string, 8)
				var wg sync.WaitGroup
				start := make(chan struct{})
				for range cap(made) {
					wg.Go(func() {
						<-start
						steps, err := sqlusers.Migrate(t.Context(), d.site(), nil)
						if err != nil {
							t.Error(err)
						}
						made <- steps
					})
				}
				close(start)
				wg.Wait()
				close(made)
				var all []string
				for steps := range made {
					all = append(all, steps...)
				}
				if !slices.Equal(all, []string{"jamsession_auth_user_email"}) {
					t.Fatalf("made were %q", all)
				}
			}
		})
	}
}

func (d database) dropIndex() string {
	if d.dialect == django.MySQL {
		return "DROP INDEX jamsession_auth_user_email ON auth_user"
	}
	return "DROP INDEX jamsession_auth_user_email"
}

// TestIndexThatWasCutOffIsMadeAnew: PostgreSQL keeps one that was not made to
// its end, and does not use it.
func TestIndexThatWasCutOffIsMadeAnew(t *testing.T) {
	d, _ := backends[0].connect(t)
	d = d.migrate(t)
	d.exec(t, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'jamsession_auth_user_email'::regclass")
	plan, err := sqlusers.Plan(t.Context(), d.site(), nil)
	if err != nil || !slices.Equal(plan, []string{"jamsession_auth_user_email"}) {
		t.Errorf("Plan = %q, %v", plan, err)
	}
	if steps, err := sqlusers.Migrate(t.Context(), d.site(), nil); err != nil || !slices.Equal(steps, plan) {
		t.Errorf("Migrate = %q, %v", steps, err)
	}
	if plan, err := sqlusers.Plan(t.Context(), d.site(), nil); err != nil || len(plan) > 0 {
		t.Errorf("afterwards Plan = %q, %v", plan, err)
	}
}

// TestUserWhoMayNotMakeTheIndex can start all the same, and users are found.
// The log says what the owner of the table can do about it.
func TestUserWhoMayNotMakeTheIndex(t *testing.T) {
	for _, b := range append([]backend{sqliteFile}, backends...) {
		t.Run(b.dialect.String(), func(t *testing.T) {
			d := b.asGuest(t)
			var log bytes.Buffer
			o := &sqlusers.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}
			steps, err := sqlusers.Migrate(t.Context(), d.site(), o)
			if err != nil || len(steps) > 0 {
				t.Errorf("Migrate = %q, %v", steps, err)
			}
			if text := log.String(); !strings.Contains(text, "CREATE INDEX") || !strings.Contains(text, "error=") {
				t.Errorf("log %q", text)
			}
			users, err := sqlusers.New(t.Context(), d.site(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = users.Close() }()
			if got, err := users.ByEmail(t.Context(), "john@example.com"); err != nil || len(got) != 1 {
				t.Errorf("ByEmail = %q, %v", usernames(got), err)
			}
			if plan, err := sqlusers.Plan(t.Context(), d.site(), nil); err != nil || !slices.Equal(plan, []string{"jamsession_auth_user_email"}) {
				t.Errorf("Plan = %q, %v", plan, err)
			}
		})
	}
}

// asGuest returns a database with the user john, without the index, that may
// only be read.
func (b backend) asGuest(t *testing.T) database {
	t.Helper()
	var at servertest.Database
	if b.start != nil {
		at = b.start(t)
		b.start = func(testing.TB) servertest.Database { return at }
	}
	d, _ := b.connect(t)
	d = d.migrate(t)
	create(t, d.Users, auth.User{Username: "john", Email: "John@example.com", Password: encoded, IsActive: true})
	d.exec(t, d.dropIndex())
	switch d.dialect {
	case django.SQLite:
		d.db.SetMaxOpenConns(1)
		d.exec(t, "PRAGMA query_only = 1")
		return d
	case django.PostgreSQL:
		d.exec(t, "CREATE ROLE guest LOGIN", "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO guest")
	default:
		d.exec(t, "CREATE USER guest", "GRANT SELECT, INSERT, UPDATE, DELETE ON "+at.Name+".* TO guest")
	}
	at.User = "guest"
	guest, _ := b.connect(t)
	return guest
}

// TestDjangoLeavesTheIndexAlone: it has nothing to migrate, looks at the table,
// and changes its column; then Plan asks for the index again if it is gone.
func TestDjangoLeavesTheIndexAlone(t *testing.T) {
	forEachDatabaseWithDjango(t, func(t *testing.T, d database) {
		d.django.Manage("migrate")
		if plan, err := sqlusers.Plan(t.Context(), d.site(), nil); err != nil || len(plan) > 0 {
			t.Errorf("after Django's migrate, Plan = %q, %v", plan, err)
		}
		d.django.Manage("migrate", "--check")
		d.django.Manage("makemigrations", "--check", "--dry-run")
		if out := d.django.Manage("inspectdb", "auth_user"); !strings.Contains(out, "email = models.CharField(max_length=254)") {
			t.Errorf("inspectdb prints\n%s", out)
		}
		d.django.Run(`
from django.contrib.auth.models import User
from django.db import connection, models
with connection.schema_editor() as editor:
    new = models.EmailField(max_length=300, blank=True)
    new.set_attributes_from_name("email")
    new.model = User
    editor.alter_field(User, User._meta.get_field("email"), new)
User.objects.create(username="john", email="John@example.com", password="` + encoded + `")
assert User.objects.get(email__iexact="john@example.com").username == "john"
`)
		plan, err := sqlusers.Plan(t.Context(), d.site(), nil)
		var want []string
		if d.dialect == django.SQLite {
			want = []string{"jamsession_auth_user_email"}
		}
		if err != nil || !slices.Equal(plan, want) {
			t.Errorf("Plan = %q, %v; want %q", plan, err, want)
		}
		if steps, err := sqlusers.Migrate(t.Context(), d.site(), nil); err != nil || !slices.Equal(steps, want) {
			t.Errorf("Migrate = %q, %v; want %q", steps, err, want)
		}
		d.db.SetMaxIdleConns(0) // pgx keeps plans of the old column with its connections
		if got, err := d.migrate(t).ByEmail(t.Context(), "john@example.com"); err != nil || len(got) != 1 {
			t.Errorf("ByEmail = %q, %v", usernames(got), err)
		}
	})
}

// TestCollationThatTellsCasesApart: MariaDB has no index for such a search, and
// Django does not find other cases there either.
func TestCollationThatTellsCasesApart(t *testing.T) {
	d, _ := backends[1].connect(t)
	d = d.migrate(t)
	d.exec(t, "ALTER TABLE auth_user MODIFY email varchar(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL")
	for name, email := range map[string]string{"john": "John@example.com", "jane": "jane@example.com"} {
		create(t, d.Users, auth.User{Username: name, Email: email, Password: encoded, IsActive: true})
	}
	for email, want := range map[string][]string{
		"John@example.com": {"john"}, "John@EXAMPLE.com": {"john"}, "jane@example.com": {"jane"},
		"JANE@example.com": {"jane"}, "john@example.com": {},
	} {
		got, err := d.ByEmail(t.Context(), email)
		if names := usernames(got); err != nil || !slices.Equal(names, want) {
			t.Errorf("ByEmail(%q) = %q, %v; want %q", email, names, err, want)
		}
	}
}
