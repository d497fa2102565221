package site_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/site"
	"github.com/jamsession/jamsession/sqlstore"
)

// crewTable makes the table of a session model, as Django does.
const crewTable = " (session_key varchar(40) PRIMARY KEY, session_data text NOT NULL," +
	" expire_date %s NOT NULL, account_id integer, items integer)"

// TestLoginWithASessionModel: the sessions are in its table, on each engine that
// has one, and in no other of the name; the columns have what was set.
func TestLoginWithASessionModel(t *testing.T) {
	postgres := servertest.Postgres(t)
	for name, c := range map[string]struct {
		vars   map[string]string
		driver string
		make   []string
		filled string // account_id and items; empty: none is
	}{
		"db PostgreSQL": {
			map[string]string{"DATABASE_URL": postgresURL(postgres), "SESSION_TABLE": "app.crew"},
			"pgx",
			[]string{
				"CREATE SCHEMA app", "CREATE TABLE public.crew (name text)",
				"CREATE TABLE app.crew" + strings.ReplaceAll(crewTable, "%s", "timestamp with time zone"),
			},
			"1 4",
		},
		"cached_db SQLite": {
			map[string]string{"SESSION_ENGINE": "cached_db", "CACHE_URL": "memory://", "SESSION_TABLE": "crew"},
			"sqlite",
			[]string{"CREATE TABLE crew" + strings.ReplaceAll(crewTable, "%s", "datetime")},
			"1 4",
		},
		"signed_cookies with a list in the table": {
			map[string]string{"SESSION_ENGINE": "signed_cookies", "SESSION_DENY_LIST": "db", "SESSION_TABLE": "crew"},
			"sqlite",
			[]string{"CREATE TABLE crew" + strings.ReplaceAll(crewTable, "%s", "datetime")},
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if c.filled != "" {
				c.vars["SESSION_COLUMNS"] = "account_id=_auth_user_id"
			}
			c.vars["SESSION_SALT"] = "django.contrib.sessions.CrewStore"
			path := tempFile(t)
			s, from := settingsOf(t, path, c.vars), path
			if c.driver == "pgx" {
				from = postgres.PostgresURL()
			}
			db := noerror.In(sql.Open(c.driver, from))
			defer db.Close()
			if c.driver == "sqlite" {
				execute(t, db, "CREATE TABLE any_table (name text)")
			}
			if err := site.Migrate(t.Context(), s, nil); !errors.Is(err, django.ErrNotMigrated) ||
				!strings.Contains(err.Error(), "manage.py migrate") {
				t.Errorf("Migrate without the table: %v", err)
			}
			if plan, err := site.Plan(t.Context(), s, nil); !errors.Is(err, django.ErrNotMigrated) {
				t.Errorf("Plan without the table: %q, %v", plan, err)
			}
			execute(t, db, c.make...)
			if err := site.Migrate(t.Context(), s, nil); err != nil {
				t.Fatal(err)
			}
			if plan, err := site.Plan(t.Context(), s, nil); err != nil || plan != nil {
				t.Errorf("Plan: %q, %v", plan, err)
			}
			if _, err := db.Exec("SELECT 1 FROM django_session"); err == nil {
				t.Error("django_session was made")
			}
			opened := openWith(t, s, &site.Options{SessionTable: func(o *sqlstore.Options) {
				o.Columns = append(o.Columns, sqlstore.Column{
					Name: "items", Value: func(items map[string]json.RawMessage) any { return len(items) },
				})
			}})
			addUser(t, opened)
			base, client := serve(t, opened)
			key := logIn(t, base, client)
			if got := me(t, base, key); got != "200 alice" {
				t.Errorf("logged in: %s", got)
			}
			if c.filled != "" {
				var got string
				err := db.QueryRow("SELECT account_id || ' ' || items FROM " + c.vars["SESSION_TABLE"] +
					" WHERE account_id IS NOT NULL").Scan(&got)
				if err != nil || !strings.HasPrefix(got, "1 ") {
					t.Errorf("the columns are %q, %v", got, err)
				}
			}
			resp, err := client.Get(base + "/out")
			if got := answer(t, resp, err); got != "200 bye" {
				t.Errorf("logged out: %s", got)
			}
			if got := me(t, base, key); !strings.HasPrefix(got, "302 ") {
				t.Errorf("after the logout: %s", got)
			}
		})
	}
}

// TestLoginInASchema: the schema of the URL counts for all of the tables, in both
// ways in which Django sites write it.
func TestLoginInASchema(t *testing.T) {
	for _, option := range []string{"search_path=app", "options=-c%20search_path%3Dapp,public"} {
		at := servertest.Postgres(t)
		db := noerror.In(sql.Open("pgx", at.PostgresURL()))
		defer db.Close()
		execute(t, db, "CREATE SCHEMA app", "CREATE TABLE public.auth_user (name text)",
			"CREATE TABLE public.django_session (name text)", "CREATE TABLE public.jamsession_throttle (name text)",
			"CREATE TABLE public.jamsession_login_floor (name text)")
		s := settingsOf(t, "", map[string]string{"DATABASE_URL": postgresURL(at) + "&" + option})
		if err := site.Migrate(t.Context(), s, nil); err != nil {
			t.Fatal(err)
		}
		opened := openWith(t, s, nil)
		addUser(t, opened)
		base, client := serve(t, opened)
		key := logIn(t, base, client)
		if got := me(t, base, key); got != "200 alice" {
			t.Errorf("%s: logged in: %s", option, got)
		}
		if n, err := opened.Auth.EndSessions(t.Context(), nil, alice(t, opened)); err != nil {
			t.Errorf("EndSessions: %v, %v", n, err)
		}
		if got := me(t, base, key); !strings.HasPrefix(got, "302 ") {
			t.Errorf("%s: after EndSessions: %s", option, got)
		}
		var n int
		if err := db.QueryRow("SELECT count(*) FROM app.jamsession_login_floor").Scan(&n); err != nil || n == 0 {
			t.Errorf("%s: %d floors in the schema, %v", option, n, err)
		}
	}
}

func execute(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func alice(t *testing.T, site *site.Site) auth.User {
	t.Helper()
	user, err := site.Users().ByUsername(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	return user
}
