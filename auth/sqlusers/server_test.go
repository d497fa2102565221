package sqlusers_test

import (
	"database/sql"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// A backend is a database that runs as a server.
type backend struct {
	dialect django.Dialect
	driver  string
	engine  string // Django's
	start   func(testing.TB) servertest.Database
	name    func(servertest.Database) string // for the driver
}

var backends = []backend{
	{django.PostgreSQL, "pgx", "postgresql", servertest.Postgres, servertest.Database.PostgresURL},
	{django.MySQL, "mysql", "mysql", servertest.MariaDB, servertest.Database.MySQLName},
}

// forEachServer runs a test on a new database of each, made by us or by Django.
func forEachServer(t *testing.T, test func(t *testing.T, users *sqlusers.Users, django *djangotest.Project)) {
	t.Helper()
	for _, b := range backends {
		for _, first := range []string{"ours", "Django's"} {
			t.Run(b.dialect.String()+" "+first, func(t *testing.T) {
				at := b.start(t)
				project := djangotest.Site(t, tempFile(t), key, at.Django(b.engine))
				if first == "Django's" {
					project.Manage("migrate")
				}
				test(t, b.open(t, at), project)
			})
		}
	}
}

func (b backend) open(t *testing.T, at servertest.Database) *sqlusers.Users {
	t.Helper()
	db, err := sql.Open(b.driver, b.name(at))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	site := django.Database{DB: db, Dialect: b.dialect}
	if _, err := sqlusers.Migrate(t.Context(), site, nil); err != nil {
		t.Fatal(err)
	}
	users, err := sqlusers.New(t.Context(), site, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = users.Close() })
	return users
}

func TestServerUsers(t *testing.T) {
	forEachServer(t, func(t *testing.T, users *sqlusers.Users, _ *djangotest.Project) {
		ctx := t.Context()
		joined := time.Date(2025, 1, 2, 3, 4, 5, 678_000, time.UTC)
		want := auth.User{
			Username: "jöhn", Password: encoded, FirstName: "John", Email: "j@example.com",
			IsActive: true, IsStaff: true, DateJoined: joined, LastLogin: joined.Add(time.Hour),
		}
		got := create(t, users, want)
		want.ID = got.ID
		if diff := cmp.Diff(fields(want), fields(got)); diff != "" || got.ID == "" {
			t.Errorf("Create: -want +got\n%s", diff)
		}
		if _, err := users.Create(ctx, auth.User{Username: "jöhn"}); !errors.Is(err, sqlusers.ErrUserExists) {
			t.Errorf("Create of the same name: %v, want ErrUserExists", err)
		}
		for _, id := range nobodies {
			if _, err := users.ByID(ctx, id); !errors.Is(err, auth.ErrUserNotFound) {
				t.Errorf("ByID %q: %v, want ErrUserNotFound", id, err)
			}
		}
		if ok, err := users.UpgradePassword(ctx, got.ID, strings.ToLower(encoded), encoded+"2"); ok || err != nil {
			t.Errorf("UpgradePassword over another case: %v, %v", ok, err)
		}
		for range 2 { // the second time it changes nothing
			if err := users.SetPassword(ctx, got.ID, encoded+"3"); err != nil {
				t.Errorf("SetPassword: %v", err)
			}
			if err := users.TouchLastLogin(ctx, got.ID, joined); err != nil {
				t.Errorf("TouchLastLogin: %v", err)
			}
		}
		if err := users.TouchLastLogin(ctx, "99", joined); !errors.Is(err, auth.ErrUserNotFound) {
			t.Errorf("TouchLastLogin of nobody: %v", err)
		}
		for user, err := range users.List(ctx) {
			if err != nil || user.Username != "jöhn" || user.Password != encoded+"3" {
				t.Errorf("List: %v, %v", fields(user), err)
			}
		}
	})
}

// TestServerCreateAtOnce: of many that want one name, one gets it.
func TestServerCreateAtOnce(t *testing.T) {
	forEachServer(t, func(t *testing.T, users *sqlusers.Users, _ *djangotest.Project) {
		var made atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				_, err := users.Create(t.Context(), auth.User{Username: "same"})
				switch {
				case err == nil:
					made.Add(1)
				case !errors.Is(err, sqlusers.ErrUserExists):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if made.Load() != 1 {
			t.Errorf("%d were made", made.Load())
		}
	})
}

func TestServerWithDjango(t *testing.T) {
	forEachServer(t, func(t *testing.T, users *sqlusers.Users, django *djangotest.Project) {
		django.Run(`
from django.contrib.auth.models import User
User.objects.create_superuser("django", "D@EXAMPLE.com", "secret from django")
`)
		hashers := must(password.New(nil))
		theirs, err := users.ByUsername(t.Context(), "django")
		if err != nil {
			t.Fatal(err)
		}
		ok, _, err := hashers.Verify(t.Context(), "secret from django", theirs.Password)
		if !ok || err != nil || !theirs.IsSuperuser || time.Since(theirs.DateJoined).Abs() > time.Minute {
			t.Errorf("Verify = %v, %v; read %v", ok, err, fields(theirs))
		}
		hash, err := hashers.Hash(t.Context(), "secret from Go")
		if err != nil {
			t.Fatal(err)
		}
		joined := time.Date(2025, 1, 2, 3, 4, 5, 678_000, time.UTC)
		create(t, users, auth.User{Username: "go", Password: hash, IsActive: true, DateJoined: joined})
		out := django.Run(`
from django.contrib.auth import authenticate
u = authenticate(username="go", password="secret from Go")
print(u.username, u.is_active, u.is_superuser, u.date_joined.isoformat(), u.last_login)
`)
		if want := "go True False 2025-01-02T03:04:05.000678+00:00 None\n"; out != want {
			t.Errorf("Django reads %q, want %q", out, want)
		}
	})
}
