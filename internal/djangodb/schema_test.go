package djangodb_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
)

// schemas has, in the schema public, tables of the names that are looked for in
// the schema app: those of another site, and some that are nobody's.
func schemas(t *testing.T, path string, decoys ...string) djangodb.DB {
	t.Helper()
	at := servertest.Postgres(t)
	admin := backends[0].open(t, at)
	exec(t, admin, append([]string{"CREATE SCHEMA app"}, decoys...)...)
	url := at.PostgresURL()
	sep := "?"
	if strings.Contains(url, "?") {
		sep = "&"
	}
	pool := noerror.In(sql.Open("pgx", url+sep+path))
	t.Cleanup(func() { _ = pool.Close() })
	return djangodb.DB{DB: pool, Dialect: djangodb.PostgreSQL}
}

// where returns the schemas in which there is a table or an index of a name.
func where(t *testing.T, db djangodb.DB, name string) string {
	t.Helper()
	return strings.Join(lines(t, db, "SELECT n.nspname FROM pg_class c JOIN pg_namespace n"+
		" ON n.oid = c.relnamespace WHERE c.relname = '"+name+"' ORDER BY 1"), " ")
}

var decoys = []string{
	"CREATE TABLE public.auth_user (name text)",
	"CREATE TABLE public.django_session (name text)",
	"CREATE INDEX django_session_expire_date_a5c62663 ON public.django_session (name)",
	"CREATE TABLE public.jamsession_throttle (bucket text, full_at bigint)",
	"CREATE TABLE public.jamsession_login_floor (user_key text, not_before bigint)",
	"CREATE INDEX jamsession_auth_user_email ON public.auth_user (name)",
}

// TestMigrateInASchema: what is made is in the first schema of the search_path,
// where Django makes it, however much of the same name is in another one.
func TestMigrateInASchema(t *testing.T) {
	const anothers = "CREATE TABLE public.django_migrations (id bigint, app text, name text, applied timestamptz)"
	for path, more := range map[string][]string{
		"search_path=app":                       {anothers},
		"options=-c%20search_path%3Dapp":        {anothers},
		"search_path=app,public":                nil,
		"options=-c%20search_path%3Dapp,public": nil,
	} {
		t.Run(path, func(t *testing.T) {
			db := schemas(t, path, slices.Concat(decoys, more)...)
			if steps := migrate(t, db, site...); !slices.Equal(steps, allSteps) {
				t.Errorf("applied %q", steps)
			}
			for _, own := range []djangodb.OwnTable{djangodb.Throttle, djangodb.LoginFloors} {
				made, err := db.MakeOwn(t.Context(), own)
				if err != nil || !made {
					t.Errorf("%s: made %v, %v", own.Name, made, err)
				}
			}
			index := djangodb.EmailIndex(noerror.In(djangodb.ParseTableName("auth_user")), "email", "id")
			if made, err := db.MakeIndex(t.Context(), index); err != nil || !made {
				t.Errorf("the index: made %v, %v", made, err)
			}
			for _, name := range []string{
				"auth_user", "django_session", "django_session_expire_date_a5c62663",
				"jamsession_throttle", "jamsession_login_floor", "jamsession_auth_user_email",
			} {
				if got := where(t, db, name); got != "app public" {
					t.Errorf("%s is in %q", name, got)
				}
			}
			for doing, steps := range map[string]func() ([]string, error){
				"index": func() ([]string, error) {
					if has, err := db.HasIndex(t.Context(), index); err != nil || !has {
						return []string{index.Name}, err
					}
					return db.PlanOwn(t.Context(), djangodb.LoginFloors)
				},
				"sessions": func() ([]string, error) { return db.PlanSessions(t.Context()) },
				"throttle": func() ([]string, error) { return db.PlanThrottle(t.Context()) },
			} {
				if left, err := steps(); err != nil || len(left) > 0 {
					t.Errorf("%s: %q is left, %v", doing, left, err)
				}
			}
			table := noerror.In(djangodb.ParseTableName("django_session"))
			fields, err := db.Fields(t.Context(), table)
			if got := fmt.Sprint(len(fields)); err != nil || got != "3" {
				t.Errorf("django_session has %s columns, %v", got, err)
			}
			users, err := db.Fields(t.Context(), index.Table)
			if i := slices.IndexFunc(users, func(f djangodb.Field) bool { return f.Name == "password" }); err != nil ||
				i < 0 || users[i].Width() != 128 {
				t.Errorf("the columns of users: %v, %v", users, err)
			}
		})
	}
}

// TestTablesOfAnotherSchema that were migrated are found through the search_path,
// as by Django.
func TestTablesOfAnotherSchema(t *testing.T) {
	db := schemas(t, "search_path=app,public")
	exec(t, db, "SET search_path = public")
	migrate(t, db, site...)
	db = djangodb.DB{DB: db.DB, Dialect: db.Dialect}
	exec(t, db, "SET search_path = app, public")
	if left, err := db.Plan(t.Context(), site...); err != nil || len(left) > 0 {
		t.Errorf("%q is left, %v", left, err)
	}
}

// TestNoSchemaAtAll is an error of the server, and nothing is made elsewhere.
func TestNoSchemaAtAll(t *testing.T) {
	db := schemas(t, "search_path=nowhere")
	if _, err := db.Migrate(t.Context(), djangodb.Sessions); err == nil {
		t.Error("no error")
	}
	if got := where(t, db, "django_session"); got != "" {
		t.Errorf("django_session is in %q", got)
	}
}
