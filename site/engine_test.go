package site_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// engines are settings for each engine, on each server that it can use.
var engines = map[string]func(t *testing.T) map[string]string{
	"db SQLite": func(*testing.T) map[string]string { return nil },
	"db PostgreSQL": func(t *testing.T) map[string]string {
		return map[string]string{"DATABASE_URL": postgresURL(servertest.Postgres(t))}
	},
	"db PostgreSQL by socket": func(t *testing.T) map[string]string {
		at := servertest.Postgres(t)
		_, port, _ := strings.Cut(at.Addr, ":")
		return map[string]string{
			"DATABASE_URL": "postgres://postgres@:" + port + "/" + at.Name + "?host=" + at.Socket,
		}
	},
	"db MariaDB": func(t *testing.T) map[string]string {
		at := servertest.MariaDB(t)
		return map[string]string{"DATABASE_URL": "mysql://root@" + at.Addr + "/" + at.Name}
	},
	"db MariaDB by socket": func(t *testing.T) map[string]string {
		at := servertest.MariaDB(t)
		return map[string]string{
			"DATABASE_URL": "mysql://root@" + url.PathEscape(at.Socket) + "/" + at.Name + "?max_conns=5",
		}
	},
	"cache Redis": func(t *testing.T) map[string]string {
		return map[string]string{"SESSION_ENGINE": "cache", "CACHE_URL": redisURL(t)}
	},
	"cache Redis plain": func(t *testing.T) map[string]string {
		return map[string]string{
			"SESSION_ENGINE": "django.contrib.sessions.backends.cache", "SESSION_CACHE_FORMAT": "plain",
			"CACHES":              "other=unix://" + servertest.Redis(t).Socket + "?key_prefix=" + t.Name(),
			"SESSION_CACHE_ALIAS": "other",
		}
	},
	"cache Memcached": func(t *testing.T) map[string]string {
		return map[string]string{
			"SESSION_ENGINE": "cache",
			"CACHE_URL":      "memcached://" + servertest.Memcached(t).Addr + "," + servertest.StartMemcached(t).Addr,
		}
	},
	"cache Memcached by socket": func(t *testing.T) map[string]string {
		return map[string]string{
			"SESSION_ENGINE": "cache", "CACHE_URL": "memcached://" + servertest.MemcachedSocket(t).Socket,
		}
	},
	"cache Redis as django-redis can": func(t *testing.T) map[string]string {
		return map[string]string{
			"SESSION_ENGINE": "cache",
			"CACHE_URL":      redisURL(t) + "&serializer=msgpack&compressor=lz4&key_function=prefix",
		}
	},
	"cached_db SQLite and Redis as django-redis can": func(t *testing.T) map[string]string {
		return map[string]string{
			"SESSION_ENGINE": "cached_db", "CACHE_URL": redisURL(t) + "&serializer=json&compressor=zstd",
		}
	},
	"cache in files": func(t *testing.T) map[string]string {
		return map[string]string{
			"SESSION_ENGINE": "cache", "CACHE_URL": "file://" + url.PathEscape(filepath.ToSlash(t.TempDir())) + "/a%20cache",
		}
	},
	"cached_db SQLite and files": func(t *testing.T) map[string]string {
		return map[string]string{"SESSION_ENGINE": "cached_db", "CACHE_URL": "file://" + t.TempDir() + "/cache"}
	},
	"cache memory": func(*testing.T) map[string]string {
		return map[string]string{"SESSION_ENGINE": "cache", "CACHE_URL": "memory://"}
	},
	"cached_db PostgreSQL and Redis": func(t *testing.T) map[string]string {
		return map[string]string{
			"SESSION_ENGINE": "cached_db", "CACHE_URL": redisURL(t),
			"DATABASE_URL": postgresURL(servertest.Postgres(t)),
		}
	},
	"cached_db SQLite and Memcached": func(t *testing.T) map[string]string {
		return map[string]string{
			"SESSION_ENGINE": "cached_db", "SESSION_CACHE_FORMAT": "plain",
			"CACHE_URL": "memcached://" + servertest.Memcached(t).Addr + "?version=7",
		}
	},
	"cached_db memory": func(*testing.T) map[string]string {
		return map[string]string{"SESSION_ENGINE": "cached_db", "CACHE_URL": "memory://"}
	},
	"file": func(t *testing.T) map[string]string {
		return map[string]string{
			"SESSION_ENGINE": "file", "SESSION_FILE_PATH": filepath.Join(t.TempDir(), "sessions"),
		}
	},
	"signed_cookies": func(*testing.T) map[string]string {
		return map[string]string{"SESSION_ENGINE": "signed_cookies"}
	},
	"signed_cookies with a list in the table": func(*testing.T) map[string]string {
		return map[string]string{"SESSION_ENGINE": "signed_cookies", "SESSION_DENY_LIST": "db"}
	},
	"signed_cookies with a list in Redis": func(t *testing.T) map[string]string {
		return map[string]string{
			"SESSION_ENGINE": "signed_cookies", "SESSION_DENY_LIST": "cache", "CACHE_URL": redisURL(t),
		}
	},
}

func postgresURL(at servertest.Database) string {
	return "postgres://postgres@" + at.Addr + "/" + at.Name + "?sslmode=disable"
}

func redisURL(t *testing.T) string {
	return "redis://" + servertest.Redis(t).Addr + "/2?key_prefix=" + url.QueryEscape(t.Name())
}

// TestLoginOnEachEngine: by settings alone a visitor logs in, stays logged in
// and logs out; then the old cookie opens nothing.
func TestLoginOnEachEngine(t *testing.T) {
	for name, vars := range engines {
		t.Run(name, func(t *testing.T) {
			s := settingsOf(t, tempFile(t), vars(t))
			for range 2 { // the second time there is nothing to do
				if err := site.Migrate(t.Context(), s, nil); err != nil {
					t.Fatal(err)
				}
			}
			if plan, err := site.Plan(t.Context(), s, nil); err != nil || plan != nil {
				t.Errorf("Plan: %q, %v", plan, err)
			}
			site := openWith(t, s, nil)
			addUser(t, site)
			base, client := serve(t, site)
			old := logIn(t, base, client)
			if got := me(t, base, old); got != "200 alice" {
				t.Errorf("logged in: %s", got)
			}
			resp, err := client.Get(base + "/out")
			if got := answer(t, resp, err); got != "200 bye" {
				t.Errorf("logout: %s", got)
			}
			if got := me(t, base, old); !strings.HasPrefix(got, "302 ") {
				t.Errorf("the old cookie: %s", got)
			}
			if _, err := site.Sessions.ClearExpired(t.Context()); err != nil {
				t.Errorf("ClearExpired: %v", err)
			}
			for _, err := range session.List(t.Context(), site.Store) {
				if err != nil && !errors.Is(err, errors.ErrUnsupported) {
					t.Errorf("List: %v", err)
				}
			}
			if err := site.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
}

// logIn returns the session cookie of alice.
func logIn(t *testing.T, base string, client *http.Client) *http.Cookie {
	t.Helper()
	resp, err := client.Get(base + "/token")
	token := strings.TrimPrefix(answer(t, resp, err), "200 ")
	resp, err = client.PostForm(base+"/login", url.Values{
		"username": {"alice"}, "password": {"wonderland"}, "csrfmiddlewaretoken": {token},
	})
	if got := answer(t, resp, err); !strings.HasPrefix(got, "303 ") {
		t.Fatalf("login: %s", got)
	}
	for _, c := range resp.Cookies() {
		if c.Name == "sessionid" {
			return c
		}
	}
	t.Fatal("no session cookie")
	return nil
}

// me asks for alice's page with one cookie.
func me(t *testing.T, base string, cookie *http.Cookie) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
	resp, err := http.DefaultTransport.RoundTrip(r)
	return answer(t, resp, err)
}

// TestMissingServer: opening the site fails in one line.
func TestMissingServer(t *testing.T) {
	for _, vars := range []map[string]string{
		{"SESSION_ENGINE": "cache", "CACHE_URL": "redis://u:sesame@127.0.0.1:1"},
		{"SESSION_ENGINE": "cached_db", "CACHE_URL": "memcached://127.0.0.1:1"},
		{"SESSION_ENGINE": "cached_db", "CACHE_URL": "unix:///no/redis.sock"},
		{"SESSION_ENGINE": "cache"},
		{"SESSION_ENGINE": "cache", "SESSION_CACHE_ALIAS": "other", "CACHE_URL": "memory://"},
		{"SESSION_ENGINE": "file"},
		{"SESSION_ENGINE": "file", "SESSION_FILE_PATH": "/no/such/folder"},
	} {
		file := tempFile(t)
		open(t, file, nil)
		site, err := site.Open(t.Context(), settingsOf(t, file, vars), nil)
		if err == nil {
			_ = site.Close()
			t.Errorf("%v: no error", vars)
			continue
		}
		if text := err.Error(); strings.Contains(text, "\n") || strings.Contains(text, "sesame") ||
			!strings.HasPrefix(text, "settings: ") {
			t.Errorf("%v: error %q", vars, text)
		}
	}
}

// TestCacheThatGoesAway: with the engine cache it is a 503 and no anonymous
// visitor, with cached_db nobody notices; and it is found again.
func TestCacheThatGoesAway(t *testing.T) {
	for engine, want := range map[string]int{"cache": 503, "cached_db": 200} {
		t.Run(engine, func(t *testing.T) {
			redis := servertest.StartRedis(t)
			site := open(t, tempFile(t), map[string]string{
				"SESSION_ENGINE": engine, "CACHE_URL": "redis://" + redis.Addr,
			})
			addUser(t, site)
			base, client := serve(t, site)
			cookie := logIn(t, base, client)
			redis.Kill()
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodGet, "/me", nil)
			r.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
			pages(site).ServeHTTP(w, r)
			if w.Code != want || len(w.Result().Cookies()) > 0 {
				t.Errorf("while it is away: %d, cookies %v; want %d", w.Code, w.Result().Cookies(), want)
			}
			redis.Start(t)
			got := ""
			for range 200 {
				if got = me(t, base, cookie); got == "200 alice" {
					return
				}
			}
			t.Errorf("when it is back: %s", got)
		})
	}
}

// TestClientCacheAnswersForRedis: a session that was read is read again without it.
func TestClientCacheAnswersForRedis(t *testing.T) {
	redis := servertest.StartRedis(t)
	site := open(t, tempFile(t), map[string]string{
		"SESSION_ENGINE": "cache", "CACHE_URL": "redis://" + redis.Addr + "?client_cache=60&client_cache_mib=1",
	})
	addUser(t, site)
	base, client := serve(t, site)
	cookie := logIn(t, base, client)
	for range 2 {
		if got := me(t, base, cookie); got != "200 alice" {
			t.Fatal(got)
		}
	}
	redis.Pause()
	defer redis.Resume()
	if got := me(t, base, cookie); got != "200 alice" {
		t.Errorf("while Redis says nothing: %s", got)
	}
}
