package integration

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/auth/throttle/redisthrottle"
	"github.com/jamsession/jamsession/cookiestore"
	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/memcachestore"
	"github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
	sites "github.com/jamsession/jamsession/site"
	_ "github.com/jamsession/jamsession/site/all" // opens what the settings name
)

const (
	// silentLimit is what the options of these tests allow for each answer.
	silentLimit = 500 * time.Millisecond

	// silentSlack is for a busy machine. These tests do not measure speed: they
	// find what hangs.
	silentSlack = 3 * time.Second

	// recovery is how soon a site must serve again.
	recovery = 10 * time.Second

	// crowd is how many requests of a kind there are at once, so that all
	// kinds together are more than there are connections.
	crowd = 8

	silentSecret = "kx9Wq2mVt7Rb4Zn8Lc5Hd1Jf6Gs3Py0Ua-Oe_Ti.Bw+Qr/Xz=Yv"
)

// A silence is a way in which a server says nothing to connections that are
// open and to new ones.
type silence struct {
	name string

	// between returns an address at which the server is reached, and what
	// begins and ends the silence.
	between func(t testing.TB, server string) (addr string, begin, end func())
}

var silences = []silence{
	{"swallowed", func(t testing.TB, server string) (string, func(), func()) {
		p := newProxy(t, server)
		return p.addr, func() {
			p.poison(toxic{"timeout", "upstream", ""}, toxic{"timeout", "downstream", ""})
		}, p.heal
	}},
	{"held", func(t testing.TB, server string) (string, func(), func()) {
		g := newGate(t, server)
		return g.addr(), func() { g.set(true) }, func() { g.set(false) }
	}},
}

// TestSilentServerIs503OnEveryEngine: while a server accepts connections and
// says nothing, each request is answered within its limit, with 503 unless the
// engine has something to answer from. Afterwards the site serves again by
// itself, it can be closed in the middle of it, and no goroutine is left.
func TestSilentServerIs503OnEveryEngine(t *testing.T) {
	for _, start := range silentStores {
		start(t) // the servers stay for other tests
	}
	left := goleak.IgnoreCurrent()
	t.Run("all", func(t *testing.T) {
		for _, s := range silences {
			for name, start := range silentDatabases {
				for _, engine := range []string{"db", "signed_cookies"} {
					t.Run(fmt.Sprintf("site on %s, engine %s, %s", name, engine, s.name), func(t *testing.T) {
						t.Parallel()
						silentSite(t, s, start, engine)
					})
				}
			}
			for name, start := range silentStores {
				t.Run(name+", "+s.name, func(t *testing.T) {
					t.Parallel()
					silentStore(t, s, start(t))
				})
			}
			t.Run("limiter on Redis, "+s.name, func(t *testing.T) {
				t.Parallel()
				silentLimiter(t, s)
			})
		}
	})
	var err error
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if err = leaks(left); err == nil {
			return
		}
	}
	t.Error(err)
}

// silentDatabases start what DATABASE_URL can name.
var silentDatabases = map[string]func(testing.TB) (addr string, url func(addr string) string){
	"PostgreSQL": func(t testing.TB) (string, func(string) string) {
		db := servertest.Postgres(t)
		return db.Addr, func(addr string) string {
			return "postgres://" + db.User + "@" + addr + "/" + db.Name + "?sslmode=disable"
		}
	},
	"MariaDB": func(t testing.TB) (string, func(string) string) {
		db := servertest.MariaDB(t)
		return db.Addr, func(addr string) string { return "mysql://" + db.User + "@" + addr + "/" + db.Name }
	},
}

func silentKeys(t testing.TB) secret.Keys {
	t.Helper()
	keys, err := secret.NewKeys(silentSecret)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// silentSite tries a whole site that settings have opened.
func silentSite(
	t *testing.T, s silence, start func(testing.TB) (string, func(string) string), engine string,
) {
	server, url := start(t)
	addr, begin, end := s.between(t, server)
	site := openWholeSite(t, url(addr), engine, silentLimit, io.Discard)
	user, key := populate(t, site, engine)
	handler := site.Handler(silentPages(site, user))
	answered := func(path string) int { return askSilent(t, handler, path, key, silentLimit) }
	paths := []string{"/login", "/user", "/permission", "/limit", "/signup", "/group"}
	if engine == "db" {
		paths = append(paths, "/count", "/logout")
	}
	alive(t, answered, "/user", "/permission", "/count", "/limit", "/group")
	begin()
	for range 2 { // on connections that are open, and on new ones
		var visitors sync.WaitGroup
		for _, path := range paths {
			for range crowd {
				visitors.Go(func() {
					if status := answered(path); status != http.StatusServiceUnavailable {
						t.Errorf("%s: status %d, want 503", path, status)
					}
				})
			}
		}
		visitors.Wait()
	}
	end()
	alive(t, answered, "/user", "/permission", "/count", "/limit", "/group", "/login")
	begin()
	closing := time.Now()
	_ = site.Close() // the connections are cut, which may be told
	if took := time.Since(closing); took > silentLimit+silentSlack {
		t.Errorf("Close took %v", took)
	}
	end()
}

// openWholeSite opens all parts of a site, with as much time for each answer.
func openWholeSite(t *testing.T, url, engine string, limit time.Duration, log io.Writer) *sites.Site {
	t.Helper()
	return openSite(t, map[string]string{"DATABASE_URL": url, "SESSION_ENGINE": engine}, limit, log)
}

// openSite opens what settings describe, on tables that it makes.
func openSite(t *testing.T, flags map[string]string, limit time.Duration, log io.Writer) *sites.Site {
	t.Helper()
	maps.Copy(flags, map[string]string{
		"SECRET_KEY": silentSecret, "PBKDF2_ITERATIONS": "1000", "LOGIN_LIMIT_STORE": "db",
		"LOGIN_LIMIT_ACCOUNT": "1000000/1", "LOGIN_LIMIT_SOURCE": "1000000/1", "PASSWORD_RESET_LIMIT": "1000000/1",
	})
	s, err := settings.Load(settings.Sources{Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	if err := sites.Migrate(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	// With the limit from the start, a busy machine could not even migrate.
	conf.Of(s).StoreTimeout = limit
	for range 20 {
		var here *sites.Site
		if here, err = sites.Open(t.Context(), s, &sites.Options{
			Logger: slog.New(slog.NewTextHandler(log, nil)),
		}); err == nil {
			return here
		}
	}
	t.Fatal(err)
	return nil
}

// populate makes a user, who may do something, and returns the key of a session
// in which the user is logged in.
func populate(t *testing.T, site *sites.Site, engine string) (user auth.User, key string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	hash, err := site.Hashers.Hash(ctx, "wonderland")
	if err != nil {
		t.Fatal(err)
	}
	user, err = site.Users().Create(ctx, auth.User{Username: "alice", Password: hash, IsActive: true})
	if err != nil {
		t.Fatal(err)
	}
	group, err := site.Users().CreateGroup(ctx, "authors")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(site.Users().AddToGroup(ctx, user.ID, group.ID),
		site.Users().GrantToUser(ctx, user.ID, "auth.add_user")); err != nil {
		t.Fatal(err)
	}
	handler := site.Handler(silentPages(site, user))
	for range 20 {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/login", nil))
		for _, c := range w.Result().Cookies() {
			if c.Name == "sessionid" {
				return user, c.Value
			}
		}
	}
	t.Fatalf("%s: nobody can log in", engine)
	return user, ""
}

// silentPages ask the database for one thing each.
func silentPages(site *sites.Site, user auth.User) http.Handler {
	mux := http.NewServeMux()
	for path, page := range map[string]func(*http.Request) error{
		"/login": func(r *http.Request) error {
			u, err := site.Auth.Authenticate(r, "alice", "wonderland")
			if err == nil {
				err = site.Auth.Login(r, u)
			}
			return err
		},
		"/user": func(r *http.Request) error {
			if u := auth.From(r); u.ID != user.ID {
				return fmt.Errorf("the user is %s", u)
			}
			return nil
		},
		"/permission": func(r *http.Request) error {
			if !auth.HasPerm(r, "auth.add_user") {
				return errors.New("the permission is missing")
			}
			return nil
		},
		"/limit": func(r *http.Request) error { return site.ResetLimiter.Check(r, auth.Attempt{Username: "bob"}) },
		"/signup": func(r *http.Request) error {
			_, err := site.Users().Create(r.Context(), auth.User{Username: "x"})
			return err
		},
		"/group": func(r *http.Request) error { return site.Users().AddToGroup(r.Context(), user.ID, 1) },
		"/count": func(r *http.Request) error {
			session.Item[int]("n").Update(session.From(r), 0, func(n int) int { return n + 1 })
			return nil
		},
		"/logout": func(r *http.Request) error { site.Auth.Logout(r); return nil },
	} {
		mux.HandleFunc(path, func(_ http.ResponseWriter, r *http.Request) {
			if err := page(r); err != nil {
				session.Abort(r, err)
			}
		})
	}
	return mux
}

// askSilent sends a request whose visitor waits forever, and returns the
// status. It fails the test if that comes late.
func askSilent(t *testing.T, handler http.Handler, path, key string, limit time.Duration) int {
	t.Helper()
	r := httptest.NewRequestWithContext(context.WithoutCancel(t.Context()), "GET", path, nil)
	r.AddCookie(&http.Cookie{Name: "sessionid", Value: key})
	w, begin := httptest.NewRecorder(), time.Now()
	handler.ServeHTTP(w, r)
	if took := time.Since(begin); took > limit+silentSlack {
		t.Errorf("%s: answered after %v", path, took)
	}
	return w.Code
}

// alive fails unless each path is served soon, and then all of them to a
// crowd.
func alive(t *testing.T, answered func(path string) int, paths ...string) {
	t.Helper()
	end := time.Now().Add(recovery)
	for _, path := range paths {
		status := answered(path)
		for status != http.StatusOK && time.Now().Before(end) {
			time.Sleep(20 * time.Millisecond)
			status = answered(path)
		}
		if status != http.StatusOK {
			t.Fatalf("%s: status %d, want 200 within %v", path, status, recovery)
		}
	}
}

// A silentPlace is a server that several tests use, and the way to a store on
// it.
type silentPlace struct {
	addr   string
	open   func(t testing.TB, addr string) session.Store
	spares bool // the store has something to answer from
}

// silentStores are all engines that have a server.
var silentStores = map[string]func(testing.TB) silentPlace{
	"PostgreSQL":        onDatabase(servertest.Postgres, openPostgres),
	"PostgreSQL by pgx": onDatabase(servertest.Postgres, openPgx),
	"MariaDB":           onDatabase(servertest.MariaDB, openMariaDB),
	"Redis":             onCache(servertest.Redis, openSilentRedis(0)),
	"Memcached": onCache(servertest.Memcached, func(t testing.TB, addr string) session.Store {
		store, err := memcachestore.Open(t.Context(), []string{addr}, &memcachestore.Options{Prefix: newKey()})
		return closing(t, store, err)
	}),
	"Redis with a client cache": func(t testing.TB) silentPlace {
		p := onCache(servertest.Redis, openSilentRedis(time.Minute))(t)
		p.spares = true
		return p
	},
	"cached_db on Redis":       sparing(onCache(servertest.Redis, openCachedRedis)),
	"cached_db on Memcached":   sparing(onCache(servertest.Memcached, openCachedMemcached)),
	"cookies, list in MariaDB": listed(onDatabase(servertest.MariaDB, openMariaDB)),
	"cookies, list in Redis":   listed(onCache(servertest.Redis, openSilentRedis(0))),
}

func onDatabase(
	start func(testing.TB) servertest.Database, open func(testing.TB, servertest.Database) session.Store,
) func(testing.TB) silentPlace {
	return func(t testing.TB) silentPlace {
		db := start(t)
		return silentPlace{addr: db.Addr, open: func(t testing.TB, addr string) session.Store {
			db.Addr = addr
			return open(t, db)
		}}
	}
}

func onCache(
	start func(testing.TB) *servertest.Server, open func(testing.TB, string) session.Store,
) func(testing.TB) silentPlace {
	return func(t testing.TB) silentPlace { return silentPlace{addr: start(t).Addr, open: open} }
}

func openSilentRedis(clientCache time.Duration) func(testing.TB, string) session.Store {
	return func(t testing.TB, addr string) session.Store {
		store, err := redisstore.Open(t.Context(), "redis://"+addr, &redisstore.Options{
			Prefix: newKey() + ":", ClientCache: clientCache,
		})
		return closing(t, store, err)
	}
}

func sparing(start func(testing.TB) silentPlace) func(testing.TB) silentPlace {
	return func(t testing.TB) silentPlace {
		p := start(t)
		p.spares = true
		return p
	}
}

// listed keeps the list of signed cookies in a store.
func listed(start func(testing.TB) silentPlace) func(testing.TB) silentPlace {
	return func(t testing.TB) silentPlace {
		p := start(t)
		open := p.open
		p.open = func(t testing.TB, addr string) session.Store {
			return noerror.In(cookiestore.New(silentKeys(t), &cookiestore.Options{Revoked: open(t, addr)}))
		}
		return p
	}
}

// silentStore tries a store behind a manager, and without one.
func silentStore(t *testing.T, s silence, p silentPlace) {
	addr, begin, end := s.between(t, p.addr)
	store := p.open(t, addr)
	pages := newSite(store, session.Options{Timeout: silentLimit})
	key := ""
	for range 20 {
		if got := pages.get(t.Context(), "/login/7", ""); got.key != "" {
			key = got.key
			break
		}
	}
	if key == "" {
		t.Fatal("nobody can log in")
	}
	answered := func(path string) int { return askSilent(t, pages.handler, path, key, silentLimit) }
	begin()
	for range 2 {
		var visitors sync.WaitGroup
		for _, path := range []string{"/read", "/write", "/rotate", "/logout"} {
			if p.spares && path != "/read" {
				continue // there it is carried out, once
			}
			for range crowd {
				visitors.Go(func() {
					status := answered(path)
					if status != http.StatusServiceUnavailable && (!p.spares || status != http.StatusOK) {
						t.Errorf("%s: status %d, want 503", path, status)
					}
				})
			}
		}
		visitors.Wait()
	}
	if s.name == "held" && !p.spares {
		callWithoutAnEnd(t, store)
	}
	end()
	alive(t, func(path string) int { return pages.get(t.Context(), path, "").status }, "/login/8")
}

// callWithoutAnEnd fails unless calls whose context never ends do so after the
// five seconds that each store gives them, with an error that does not say that
// there is nothing.
func callWithoutAnEnd(t *testing.T, store session.Store) {
	t.Helper()
	if _, sealed := store.(interface{ Issued(string) bool }); sealed {
		return // its keys are cookies, and its list is another store here
	}
	rec := session.Record{Key: newKey(), Data: []byte("x"), Expiry: time.Now().Add(time.Hour)}
	var callers sync.WaitGroup
	for name, call := range map[string]func(context.Context) error{
		"Load":   func(ctx context.Context) error { _, err := store.Load(ctx, rec.Key); return err },
		"Create": func(ctx context.Context) error { return store.Create(ctx, rec) },
		"Save":   func(ctx context.Context) error { return store.Save(ctx, rec, rec) },
		"Delete": func(ctx context.Context) error { return store.Delete(ctx, rec.Key) },
	} {
		callers.Go(func() {
			begin := time.Now()
			err := call(context.WithoutCancel(t.Context()))
			if took := time.Since(begin); took > 5*time.Second+silentSlack {
				t.Errorf("%s ended after %v", name, took)
			}
			if err == nil || errors.Is(err, session.ErrNotFound) {
				t.Errorf("%s: %v, want an error of the server", name, err)
			}
		})
	}
	callers.Wait()
}

// silentLimiter tries a limiter without package auth.
func silentLimiter(t *testing.T, s silence) {
	addr, begin, end := s.between(t, servertest.Redis(t).Addr)
	client, err := redisstore.Dial(t.Context(), "redis://"+addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	limiter, err := throttle.New(noerror.In(redisthrottle.New(client, &redisthrottle.Options{Prefix: newKey()})),
		silentKeys(t), &throttle.Options{Timeout: silentLimit})
	if err != nil {
		t.Fatal(err)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := limiter.Check(r, auth.Attempt{Username: newKey()}); err != nil {
			later := &session.RetryError{Status: http.StatusServiceUnavailable}
			_ = errors.As(err, &later)
			later.ServeHTTP(w, r)
			return
		}
		limiter.Succeeded(r, auth.Attempt{Username: "alice"})
	})
	answered := func(path string) int { return askSilent(t, handler, path, "", 2*silentLimit) }
	begin()
	var visitors sync.WaitGroup
	for range 4 * crowd {
		visitors.Go(func() {
			if status := answered("/"); status != http.StatusServiceUnavailable {
				t.Errorf("status %d, want 503", status)
			}
		})
	}
	visitors.Wait()
	end()
	alive(t, answered, "/")
}
