package site_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
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
			var sites []*site.Site
			for range 2 {
				site := open(t, file, with)
				sites = append(sites, site)
			}
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			var got []bool
			for i := range 3 {
				got = append(got, errors.Is(sites[i%2].LoginLimiter().Check(r, auth.Attempt{Username: "alice"}), throttle.ErrLimited))
			}
			for i := range 3 {
				got = append(got, errors.Is(sites[i%2].ResetLimiter.Check(r, auth.Attempt{Username: "alice"}), throttle.ErrLimited))
			}
			for i, name := range []string{"carol", "dave", "erin"} { // whatever name, from one address
				got = append(got, errors.Is(sites[i%2].SignUpLimiter().Check(r, auth.Attempt{Username: name}), throttle.ErrLimited))
			}
			if want := []bool{false, false, true, false, false, true, false, false, true}; !slices.Equal(got, want) {
				t.Errorf("limited: %t, want %t", got, want)
			}
		})
	}
}

// TestDatabaseThatDjangoMigratedCountsInMemory until its table is made.
func TestDatabaseThatDjangoMigratedCountsInMemory(t *testing.T) {
	s := settingsOf(t, tempFile(t), map[string]string{"LOGIN_LIMIT_STORE": "none"})
	if err := site.Migrate(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	file := conf.Of(s).DatabaseURL.Reveal()
	with := func(store string) *settings.Settings {
		return settingsOf(t, "", map[string]string{"DATABASE_URL": file, "LOGIN_LIMIT_STORE": store})
	}
	if here := openWith(t, with("auto"), nil); here.LoginLimiter() == nil {
		t.Fatal("nothing limits logins")
	}
	if plan, err := site.Plan(t.Context(), with("auto"), nil); err != nil || !slices.Equal(plan, []string{"jamsession_throttle"}) {
		t.Errorf("plan %q, error %v", plan, err)
	}
	if _, err := site.Open(t.Context(), with("db"), nil); !errors.Is(err, django.ErrNotMigrated) {
		t.Errorf("LOGIN_LIMIT_STORE=db without the table: error %v", err)
	}
	for _, store := range []string{"none", "memory"} {
		if plan, err := site.Plan(t.Context(), with(store), nil); err != nil || len(plan) > 0 {
			t.Errorf("%s: plan %q, error %v", store, plan, err)
		}
		here := openWith(t, with(store), nil)
		if (here.LoginLimiter() == nil) != (store == "none") {
			t.Errorf("%s: limiter %v", store, here.LoginLimiter())
		}
	}
}

// TestAttemptsMoveToTheTable once it exists: of a site that is opened then, at
// once, and of one that runs, after a minute, without a question to the database
// for each attempt.
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
			running := open(t, file, with)
			if _, err := running.Database.DB.ExecContext(t.Context(), "DROP TABLE jamsession_throttle"); err != nil {
				t.Fatal(err)
			}
			set := settingsOf(t, file, with)
			running = openWith(t, set, nil)
			take := func(site *site.Site, after time.Duration, inTable int) {
				t.Helper()
				wait, err := site.Attempts().Take(t.Context(), "a", limit, start.Add(after))
				var n int
				rows := site.Database.DB.QueryRowContext(t.Context(), "SELECT count(*) FROM jamsession_throttle")
				if err = errors.Join(err, rows.Scan(&n)); err != nil || wait != 0 || n != inTable {
					t.Errorf("after %v: wait %v, %d rows, error %v; want 0, %d", after, wait, n, err, inTable)
				}
			}
			for _, site := range []*site.Site{running, openWith(t, set, nil)} { // each for itself
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
			if err := site.Migrate(t.Context(), set, nil); err != nil {
				t.Fatal(err)
			}
			migrating := openWith(t, set, nil)
			take(running, 59*time.Second, 0)
			take(migrating, 59*time.Second, 1)
			take(running, 62*time.Second, 1)
			for _, site := range []*site.Site{running, migrating} { // together
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
	exec := func(statement string) {
		t.Helper()
		if _, err := site.Database.DB.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	exec("DROP TABLE jamsession_throttle")
	late := openWith(t, settingsOf(t, file, nil), nil).Attempts()
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

// TestNoLimitMeansNoRefusal: without limits, the limiter for resets lets everything
// pass.
func TestNoLimitMeansNoRefusal(t *testing.T) {
	here := open(t, tempFile(t), map[string]string{"LOGIN_LIMIT_STORE": "none", "PASSWORD_RESET_LIMIT": "1/3600"})
	if here.LoginLimiter() != nil || here.SignUpLimiter() != nil {
		t.Error("a limiter that is a nil pointer is not nil")
	}
	for range 3 {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		if err := here.ResetLimiter.Check(r, auth.Attempt{Username: "ann"}); err != nil {
			t.Error(err)
		}
	}
}

func TestLimitsInACacheNeedRedis(t *testing.T) {
	for _, url := range []string{"memory://", "memcached://127.0.0.1:1", ""} {
		vars := map[string]string{"LOGIN_LIMIT_STORE": "cache"}
		if url != "" {
			vars["CACHE_URL"] = url
		}
		s := settingsOf(t, tempFile(t), vars)
		if err := site.Migrate(t.Context(), s, nil); err != nil {
			t.Fatal(err)
		}
		here, err := site.Open(t.Context(), s, nil)
		if err == nil {
			err = here.Close()
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
	ann := auth.User{ID: "1", Username: "ann", Password: "!"}
	header := http.Header{}
	stranger := httptest.NewRequest(http.MethodPost, "/reset", nil)
	site.LoginLimiter().MakeKnown(header, stranger, auth.Attempt{Username: "ann", User: ann})
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

// TestProxyHeaderIsASetting: the visitor's address is in the header that the
// proxies send.
func TestProxyHeaderIsASetting(t *testing.T) {
	for header, value := range map[string]string{
		"X-Forwarded-For": "198.51.100.1", "Forwarded": `for="198.51.100.1:443";proto=https`, "X-Real-IP": "198.51.100.1",
	} {
		s := open(t, tempFile(t), map[string]string{"TRUSTED_PROXIES": "192.0.2.0/24", "TRUSTED_PROXY_HEADER": header})
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		for _, other := range []string{"X-Forwarded-For", "Forwarded", "X-Real-IP"} {
			r.Header.Set(other, "203.0.113.7")
		}
		r.Header.Set(header, value)
		if got := s.LoginLimiter().(auth.SourceLimiter).SourceOf(r); got != "198.51.100.1/32" {
			t.Errorf("%s: %s", header, got)
		}
	}
}

// TestLimitsAreLiftedForAllPrograms: what one sees and lifts, another has
// counted, wherever the settings keep the attempts.
func TestLimitsAreLiftedForAllPrograms(t *testing.T) {
	for name, vars := range map[string]func(t *testing.T) map[string]string{
		"SQLite": func(*testing.T) map[string]string { return map[string]string{} },
		"PostgreSQL": func(t *testing.T) map[string]string {
			return map[string]string{"DATABASE_URL": postgresURL(servertest.Postgres(t))}
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
			running, other := open(t, file, with), open(t, file, with)
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			for _, limiter := range []auth.Limiter{running.LoginLimiter(), running.ResetLimiter} {
				for range 3 {
					_ = limiter.Check(r, auth.Attempt{Username: "alice"})
				}
			}
			of := throttle.Subject{Name: "Alice"}
			left := func() (left []int) {
				for _, l := range other.Limiters() {
					all, err := l.Limits(t.Context(), of)
					if err != nil {
						t.Fatal(err)
					}
					for _, s := range all {
						left = append(left, s.Left)
					}
				}
				return left
			}
			if got := left(); !slices.Equal(got, []int{0, 0, 20}) {
				t.Errorf("left %d", got)
			}
			for _, l := range other.Limiters() {
				if err := l.Lift(t.Context(), of); err != nil {
					t.Error(err)
				}
			}
			if got := left(); !slices.Equal(got, []int{2, 2, 20}) {
				t.Errorf("left after the lift %d", got)
			}
			for _, limiter := range []auth.Limiter{running.LoginLimiter(), running.ResetLimiter} {
				if err := limiter.Check(r, auth.Attempt{Username: "alice"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestSitesWithoutLimitsHaveNoLimiters, and one in memory has those of its
// process.
func TestSitesWithoutLimitsHaveNoLimiters(t *testing.T) {
	for store, want := range map[string]int{"none": 0, "memory": 3, "auto": 3} {
		s := open(t, tempFile(t), map[string]string{"LOGIN_LIMIT_STORE": store})
		limiters := s.Limiters()
		if len(limiters) != want {
			t.Errorf("%s: %d limiters, want %d", store, len(limiters), want)
		}
		for _, l := range limiters {
			if _, err := l.Limits(t.Context(), throttle.Subject{Name: "alice"}); err != nil {
				t.Errorf("%s: %v", store, err)
			}
		}
	}
}

// TestTwoSitesOnOneHost: on other ports, which browsers do not look at. A login
// at one does not make the device a stranger at the other, nor lose its messages.
func TestTwoSitesOnOneHost(t *testing.T) {
	jar := map[string]string{} // of one browser
	for _, c := range []struct {
		vars map[string]string
		want []string
	}{
		{nil, []string{"jamsession_device", "messages", "sessionid"}},
		{
			map[string]string{"SESSION_COOKIE_NAME": "shop", "MESSAGE_COOKIE_NAME": "shop_messages"},
			[]string{"shop", "shop_device", "shop_messages"},
		},
		{
			map[string]string{"SESSION_COOKIE_NAME": "blog", "MESSAGE_STORAGE": "session", "LOGIN_DEVICE_COOKIE_NAME": "known"},
			[]string{"blog", "known"},
		},
	} {
		s := open(t, tempFile(t), c.vars)
		user, err := s.Users().Create(t.Context(), auth.User{Username: "ann", Password: "!", IsActive: true})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		s.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if err := s.Auth.Login(r, user); err != nil {
				t.Error(err)
			}
			messages.Info(r, "hello")
		})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost:8000/", nil))
		var names []string
		for _, sent := range w.Result().Cookies() {
			if _, ok := jar[sent.Name]; ok && sent.Name != "csrftoken" {
				t.Errorf("%s is overwritten", sent.Name)
			}
			jar[sent.Name] = sent.Value
			if sent.Name != "csrftoken" {
				names = append(names, sent.Name)
			}
		}
		slices.Sort(names)
		if !slices.Equal(names, c.want) {
			t.Errorf("cookies %q, want %q", names, c.want)
		}
	}
}
