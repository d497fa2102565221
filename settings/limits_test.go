package settings_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/auth/throttle"
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
				got = append(got, errors.Is(sites[i%2].Limiter.Check(r, "alice"), throttle.ErrLimited))
			}
			for i := range 3 {
				got = append(got, errors.Is(sites[i%2].ResetLimiter.Check(r, "alice"), throttle.ErrLimited))
			}
			if want := []bool{false, false, true, false, false, true}; !slices.Equal(got, want) {
				t.Errorf("limited: %t, want %t", got, want)
			}
		})
	}
}

// TestDatabaseThatDjangoMigratedCountsInMemory until its table is made.
func TestDatabaseThatDjangoMigratedCountsInMemory(t *testing.T) {
	file := tempFile(t)
	site := open(t, file, nil)
	_, err := sqlusers.Migrate(t.Context(), site.DB, nil)
	if _, err2 := sqlstore.Migrate(t.Context(), site.DB, nil); err != nil || err2 != nil {
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
