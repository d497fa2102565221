package settings_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/sqlstore"
)

// TestProgramsCountGuessesTogether: wherever the settings keep the attempts.
func TestProgramsCountGuessesTogether(t *testing.T) {
	for name, vars := range map[string]func(t *testing.T) map[string]string{
		"SQLite": func(*testing.T) map[string]string { return map[string]string{} },
		"PostgreSQL": func(t *testing.T) map[string]string {
			return map[string]string{"DATABASE_URL": postgresURL(servertest.Postgres(t)), "LOGIN_LIMIT_STORE": "db"}
		},
		"MariaDB": func(t *testing.T) map[string]string {
			at := servertest.MariaDB(t)
			return map[string]string{"DATABASE_URL": "mysql://root@" + at.Addr + "/" + at.Name}
		},
		"Redis": func(t *testing.T) map[string]string {
			return map[string]string{"CACHE_URL": redisURL(t), "LOGIN_LIMIT_STORE": "cache"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			file, with := tempFile(t), vars(t)
			with["LOGIN_LIMIT_ACCOUNT"], with["PASSWORD_RESET_LIMIT"] = "2/3600", "2/3600"
			with["SIGNUP_LIMIT"] = "2/3600"
			var sites []*settings.Site
			for range 2 {
				site := open(t, file, with)
				if err := site.Migrate(t.Context()); err != nil {
					t.Fatal(err)
				}
				sites = append(sites, site)
			}
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			var got []bool
			for i := range 3 {
				got = append(got, errors.Is(sites[i%2].Limiter.Check(r, auth.Attempt{Username: "alice"}), throttle.ErrLimited))
			}
			for i := range 3 {
				got = append(got, errors.Is(sites[i%2].ResetLimiter.Check(r, auth.Attempt{Username: "alice"}), throttle.ErrLimited))
			}
			for i, name := range []string{"carol", "dave", "erin"} { // whatever name, from one address
				got = append(got, errors.Is(sites[i%2].SignUpLimiter.Check(r, auth.Attempt{Username: name}), throttle.ErrLimited))
			}
			if want := []bool{false, false, true, false, false, true, false, false, true}; !slices.Equal(got, want) {
				t.Errorf("limited: %t, want %t", got, want)
			}
		})
	}
}

// TestDatabaseThatDjangoMigratedCountsInMemory until its table is made.
func TestDatabaseThatDjangoMigratedCountsInMemory(t *testing.T) {
	file := tempFile(t)
	site := open(t, file, nil)
	_, err := sqlusers.Migrate(t.Context(), django.Database{DB: site.DB}, nil)
	if _, err2 := sqlstore.Migrate(t.Context(), django.Database{DB: site.DB}); err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	site = open(t, file, nil)
	if site.Limiter == nil || site.Sessions == nil {
		t.Fatal("the site is not open")
	}
	if plan, err := site.MigrationPlan(t.Context()); err != nil || !slices.Equal(plan, []string{"jamsession_throttle"}) {
		t.Errorf("plan %q, error %v", plan, err)
	}
	if site := open(t, file, map[string]string{"LOGIN_LIMIT_STORE": "db"}); site.Sessions != nil {
		t.Error("with LOGIN_LIMIT_STORE=db, the site is open without the table")
	}
	for _, store := range []string{"none", "memory"} {
		site := open(t, file, map[string]string{"LOGIN_LIMIT_STORE": store})
		if plan, err := site.MigrationPlan(t.Context()); err != nil || len(plan) > 0 {
			t.Errorf("%s: plan %q, error %v", store, plan, err)
		}
		if (site.Limiter == nil) != (store == "none") {
			t.Errorf("%s: limiter %v", store, site.Limiter)
		}
	}
}

// TestAttemptsMoveToTheTable as soon as it exists: of a site that makes it, at
// once, and of another program that runs, after a minute, without a question to
// the database for each attempt.
func TestAttemptsMoveToTheTable(t *testing.T) {
	limit := throttle.Limit{Burst: 2, Every: time.Hour}
	for name, vars := range map[string]func(t *testing.T) map[string]string{
		"SQLite": func(*testing.T) map[string]string { return nil },
		"PostgreSQL": func(t *testing.T) map[string]string {
			return map[string]string{"DATABASE_URL": postgresURL(servertest.Postgres(t))}
		},
		"MariaDB": func(t *testing.T) map[string]string {
			at := servertest.MariaDB(t)
			return map[string]string{"DATABASE_URL": "mysql://root@" + at.Addr + "/" + at.Name}
		},
	} {
		t.Run(name, func(t *testing.T) {
			file, with, start := tempFile(t), vars(t), time.Now()
			if err := open(t, file, with).Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			running := open(t, file, with)
			if _, err := running.DB.ExecContext(t.Context(), "DROP TABLE jamsession_throttle"); err != nil {
				t.Fatal(err)
			}
			running, migrating := open(t, file, with), open(t, file, with)
			take := func(site *settings.Site, after time.Duration, inTable int) {
				t.Helper()
				wait, err := site.Attempts().Take(t.Context(), "a", limit, start.Add(after))
				var n int
				rows := site.DB.QueryRowContext(t.Context(), "SELECT count(*) FROM jamsession_throttle")
				if err = errors.Join(err, rows.Scan(&n)); err != nil || wait != 0 || n != inTable {
					t.Errorf("after %v: wait %v, %d rows, error %v; want 0, %d", after, wait, n, err, inTable)
				}
			}
			for _, site := range []*settings.Site{running, migrating} { // each for itself
				for i, want := range []bool{false, false, true} {
					wait, err := site.Attempts().Take(t.Context(), "a", limit, start)
					if err != nil || (wait > 0) != want {
						t.Errorf("%d: wait %v, %v", i, wait, err)
					}
				}
				if err := site.Attempts().Give(t.Context(), "a", limit); err != nil {
					t.Error(err)
				}
			}
			if err := migrating.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			take(running, 59*time.Second, 0)
			take(migrating, 59*time.Second, 1)
			take(running, 62*time.Second, 1)
			for _, site := range []*settings.Site{running, migrating} { // together
				wait, err := site.Attempts().Take(t.Context(), "a", limit, start.Add(time.Minute))
				if err != nil || wait == 0 {
					t.Errorf("wait %v, %v after two attempts of both", wait, err)
				}
				if err := site.Attempts().Give(t.Context(), "a", limit); err != nil {
					t.Error(err)
				}
				take(site, time.Minute, 1)
			}
		})
	}
}

// TestTableThatCannotBeUsedIsAnError: attempts that nobody knows where to count
// are not let pass, and the next one finds out anew.
func TestTableThatCannotBeUsedIsAnError(t *testing.T) {
	file := tempFile(t)
	site := open(t, file, nil)
	if err := site.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	exec := func(statement string) {
		t.Helper()
		if _, err := site.DB.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	exec("DROP TABLE jamsession_throttle")
	late := open(t, file, nil).Attempts()
	exec("CREATE TABLE jamsession_throttle (bucket varchar(64))")
	limit := throttle.Limit{Burst: 1, Every: time.Hour}
	now := time.Now().Add(2 * time.Minute)
	for range 2 {
		if _, err := late.Take(t.Context(), "a", limit, now); err == nil || !strings.Contains(err.Error(), "full_at") {
			t.Errorf("error %v, want the column that is missing", err)
		}
	}
	exec("DROP TABLE jamsession_throttle")
	for i, want := range []bool{false, true} {
		if wait, err := late.Take(t.Context(), "a", limit, now); err != nil || (wait > 0) != want {
			t.Errorf("%d: wait %v, %v", i, wait, err)
		}
	}
}

// TestNoLimitIsNil: also as the interface that package reset takes, which
// would not be nil for a pointer that is.
func TestNoLimitIsNil(t *testing.T) {
	site := open(t, tempFile(t), map[string]string{"LOGIN_LIMIT_STORE": "none"})
	if err := site.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, limiter := range []auth.Limiter{site.Limiter, site.ResetLimiter} {
		if limiter != nil {
			t.Errorf("the limiter is a %T", limiter)
		}
	}
}

func TestLimitsInACacheNeedRedis(t *testing.T) {
	for _, url := range []string{"memory://", "memcached://127.0.0.1:1", ""} {
		vars := map[string]string{
			"SECRET_KEY": goodKey, "DATABASE_URL": "sqlite:///" + tempFile(t), "LOGIN_LIMIT_STORE": "cache",
		}
		if url != "" {
			vars["CACHE_URL"] = url
		}
		site, err := settings.Open(t.Context(), load(t, fromEnv(vars)))
		if err == nil {
			err = errors.Join(site.Migrate(t.Context()), site.Close())
		}
		if err == nil {
			t.Errorf("CACHE_URL %q: no error", url)
		}
	}
}

// TestResetLimiterKnowsTheDevicesOfLogins: a stranger who uses up the requests
// for a name, or the mails to an address, does not keep users from theirs at
// home. The limiter for sign-ups knows no device.
func TestResetLimiterKnowsTheDevicesOfLogins(t *testing.T) {
	site := open(t, tempFile(t), map[string]string{"PASSWORD_RESET_LIMIT": "1/3600"})
	if err := site.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	ann := auth.User{ID: "1", Username: "ann", Password: "!"}
	header := http.Header{}
	stranger := httptest.NewRequest(http.MethodPost, "/reset", nil)
	site.Limiter.MakeKnown(header, stranger, auth.NewAttempt("ann", ann))
	home := httptest.NewRequest(http.MethodPost, "/reset", nil)
	for _, c := range (&http.Response{Header: header}).Cookies() {
		home.AddCookie(c)
	}
	limiter := site.ResetLimiter.(auth.SourceLimiter)
	for _, c := range []struct {
		r    *http.Request
		want bool
	}{{stranger, true}, {stranger, false}, {home, true}, {home, false}} {
		if got := limiter.Mails(c.r)(t.Context(), "ann@example.com", []auth.User{ann}) == nil; got != c.want {
			t.Errorf("a mail passes: %t, want %t", got, c.want)
		}
	}
}
