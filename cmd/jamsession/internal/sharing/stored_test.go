package sharing

import (
	"maps"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/internal/siteparts"
	"github.com/jamsession/jamsession/settings"
	sites "github.com/jamsession/jamsession/site"
	_ "github.com/jamsession/jamsession/site/all" // opens what the settings name
)

func TestMain(m *testing.M) { servertest.Main(m) }

// TestStoredHashesAreReadFromEachDatabase: kinds and costs, and nothing else.
func TestStoredHashesAreReadFromEachDatabase(t *testing.T) {
	for name, url := range map[string]func(*testing.T) string{
		"SQLite": func(t *testing.T) string { return "sqlite:///" + t.TempDir() + "/db.sqlite3" },
		"PostgreSQL": func(t *testing.T) string {
			at := servertest.Postgres(t)
			return "postgres://postgres@" + at.Addr + "/" + at.Name + "?sslmode=disable"
		},
		"MariaDB": func(t *testing.T) string {
			at := servertest.MariaDB(t)
			return "mysql://root@" + at.Addr + "/" + at.Name
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := settings.Load(settings.Sources{
				Flags: map[string]string{"SECRET_KEY": key, "DATABASE_URL": url(t)},
			})
			if err != nil {
				t.Fatal(err)
			}
			at, err := conf.Of(s).Database()
			if err != nil {
				t.Fatal(err)
			}
			at.Missing = siteparts.Imagine
			db, err := siteparts.Open(t.Context(), at, false, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			if stored, err := ReadStored(t.Context(), db.Readers, db.Dialect, conf.Of(s)); err == nil {
				t.Errorf("without a table: %v", stored)
			}
			if err := sites.Migrate(t.Context(), s, nil); err != nil {
				t.Fatal(err)
			}
			site, err := sites.Open(t.Context(), s, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = site.Close() }()
			for i, encoded := range []string{
				"pbkdf2_sha256$260000$abcdefghijklmnopqrstuv$1nE4fvOmiD+ZePp39y6TYTXfkn5HEwJDyz8e6UkQE1w=",
				"pbkdf2_sha256$260000$ponmlkjihgfedcbaqrstuv$1nE4fvOmiD+ZePp39y6TYTXfkn5HEwJDyz8e6UkQE1w=",
				"argon2$argon2id$v=19$m=102400,t=2,p=8$YWJjZGVmZ2hpamtsbW5vcHFyc3R1dg$GgnGBjWBEB4W7ddkQm6v1g",
				password.MakeUnusable(),
			} {
				user := auth.User{Username: "user" + strconv.Itoa(i), Password: encoded}
				if _, err := site.Users().Create(t.Context(), user); err != nil {
					t.Fatal(err)
				}
			}
			stored, err := ReadStored(t.Context(), site.Database.Readers, site.Database.Dialect, conf.Of(s))
			want := map[Hash]int{{"pbkdf2_sha256", "260000"}: 2, {"argon2", ""}: 1}
			if err != nil || stored.Users != 4 || !maps.Equal(stored.Hashes, want) {
				t.Errorf("%+v, %v, want %v", stored, err, want)
			}
		})
	}
}

// TestGuideListsTheIterationsOfEachRelease: docs/from-django.md says what the
// check says.
func TestGuideListsTheIterationsOfEachRelease(t *testing.T) {
	doc, err := os.ReadFile("../../../../docs/from-django.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?m)^\\| Django \\| (.*) \\|\n.*\n\\| `PBKDF2_ITERATIONS` \\| (.*) \\|$").
		FindStringSubmatch(string(doc))
	if m == nil {
		t.Fatal("no table of iterations")
	}
	versions, numbers := strings.Split(m[1], " | "), strings.Split(m[2], " | ")
	shown := make(map[string]string)
	for i, version := range versions {
		shown[version] = numbers[i]
	}
	for _, r := range releases[1:] { // the guide begins with Django 3.2
		if shown[r.version] != strconv.Itoa(r.iterations) {
			t.Errorf("Django %s is shown with %q, want %d", r.version, shown[r.version], r.iterations)
		}
	}
	if len(shown) != len(releases)-1 {
		t.Errorf("shown are %v", versions)
	}
}
