package devices_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/authtest"
	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/cookiestore"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

var keys = secrettest.Keys("kx9Wq2mVt7Rb4Zn8Lc5Hd1Jf6Gs3Py0Ua-Oe_Ti.Bw+Qr/Xz=Yv")

// A site has users in a database, and its devices beside them.
type site struct {
	http.Handler
	db       django.Database
	users    *sqlusers.Users
	store    session.Store
	sessions *session.Manager
	devices  *devices.Devices
	auth     *auth.Manager
	plain    *auth.Manager         // of a process without devices
	ids      map[string]string     // of users, by name
	do       func(r *http.Request) // what the page /do does
	poisoned poison                // the user whom a site apart cannot return
	raising  func()                // called before a floor is raised, on a site apart
	raised   func()                // called when a floor was raised, on a site apart
	replaced func()                // called when a password was replaced, on a site apart
	allauth  bool                  // the rows are in the table of django-allauth
	started  func()                // called when a login has its row

	mu     sync.Mutex
	events []devices.Event
}

// apart is a timeout by which newSite knows that the users are to be asked in a statement of
// their own, as those of a type around sqlusers.
const apart = 4 * time.Second

type elsewhere struct {
	*sqlusers.Users
	s *site
}

// RaiseLoginFloor lets others see the floor before the caller does.
func (e elsewhere) RaiseLoginFloor(ctx context.Context, id string) (time.Time, error) {
	step(ctx)
	defer step(ctx)
	if e.s.raising != nil {
		e.s.raising()
	}
	floor, err := e.Users.RaiseLoginFloor(ctx, id)
	if e.s.raised != nil {
		e.s.raised()
	}
	return floor, err
}

// ByID cannot return one of the users.
func (e elsewhere) ByID(ctx context.Context, id string) (auth.User, error) {
	step(ctx)
	defer step(ctx)
	if e.s.poisoned.is(id) {
		return auth.User{}, errors.New("poison")
	}
	return e.Users.ByID(ctx, id)
}

func (e elsewhere) TouchLastLogin(ctx context.Context, id string, at time.Time) error {
	step(ctx)
	defer step(ctx)
	return e.Users.TouchLastLogin(ctx, id, at)
}

// UpgradePassword lets others log in before the caller knows.
func (e elsewhere) UpgradePassword(ctx context.Context, id, old, new string) (bool, error) {
	step(ctx)
	defer step(ctx)
	done, err := e.Users.UpgradePassword(ctx, id, old, new)
	if e.s.replaced != nil {
		e.s.replaced()
	}
	return done, err
}

// An engine makes the store of a site's sessions.
type engine func(t testing.TB, db django.Database) session.Store

func inMemory(testing.TB, django.Database) session.Store { return memstore.New() }

func inTable(t testing.TB, db django.Database) session.Store {
	if _, err := sqlstore.Migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	return noerror.In(sqlstore.New(t.Context(), db, nil))
}

func inCookies(testing.TB, django.Database) session.Store {
	return noerror.In(cookiestore.New(keys, nil))
}

var engines = map[string]engine{"memory": inMemory, "table": inTable, "cookies": inCookies}

func forEachEngine(t *testing.T, test func(t *testing.T, e engine)) {
	t.Helper()
	for name, e := range engines {
		t.Run(name, func(t *testing.T) { test(t, e) })
	}
}

// forEachTable is forEachEngine, and has the rows in both tables.
func forEachTable(t *testing.T, test func(t *testing.T, e engine, o devices.Options)) {
	t.Helper()
	forEachEngine(t, func(t *testing.T, e engine) { test(t, e, devices.Options{}) })
	for name, e := range map[string]engine{"memory": inMemory, "table": inTable} {
		t.Run("allauth, "+name, func(t *testing.T) { test(t, e, devices.Options{AllAuth: true}) })
	}
}

func sqlite(t testing.TB) django.Database {
	t.Helper()
	db, _ := sqliteNamed(t)
	return db
}

// sqliteNamed also returns the name by which other processes open the database.
func sqliteNamed(t testing.TB) (_ django.Database, name string) {
	t.Helper()
	name = "file:" + (&url.URL{Path: filepath.Join(t.TempDir(), "site.db")}).EscapedPath() +
		"?_txlock=immediate&_pragma=busy_timeout(20000)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)"
	db := noerror.In(sql.Open("sqlite", name))
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return django.Database{DB: db}, name
}

func newSite(t testing.TB, e engine, o devices.Options) *site {
	t.Helper()
	return newSiteOn(t, sqlite(t), e, o)
}

func newSiteOn(t testing.TB, db django.Database, e engine, o devices.Options) *site {
	t.Helper()
	s := &site{db: db, ids: make(map[string]string)}
	ctx := context.Background()
	if _, err := sqlusers.Migrate(ctx, db, nil); err != nil {
		t.Fatal(err)
	}
	if s.allauth = o.AllAuth; s.allauth {
		makeAllauth(t, db)
	} else if _, err := devices.Migrate(ctx, db); err != nil {
		t.Fatal(err)
	}
	s.users = noerror.In(sqlusers.New(ctx, db, nil))
	t.Cleanup(func() { _ = s.users.Close() })
	s.store = e(t, db)
	s.sessions = noerror.In(session.New(s.store, &session.Options{
		Cookie: cookie.Options{Name: "sessionid"}, Logger: quiet,
	}))
	o.Store, o.Logger = s.store, quiet
	o.Source = func(r *http.Request) string { step(r.Context()); return r.RemoteAddr }
	o.OnEvent = func(e devices.Event) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.events = append(s.events, e)
		if e.Kind == devices.EventStarted && s.started != nil {
			s.started()
		}
	}
	s.devices = noerror.In(devices.New(ctx, db, keys, &o))
	t.Cleanup(func() { _ = s.devices.Close() })
	hashers := authtest.Hashers()
	var users auth.UserStore = s.users
	if o.Timeout == apart {
		users = elsewhere{s.users, s}
	}
	s.auth = noerror.In(auth.New(users, keys, &auth.Options{
		Devices: s.devices, Hashers: hashers, Logger: quiet, Validators: []password.Validator{},
	}))
	s.plain = noerror.In(auth.New(s.users, keys, &auth.Options{Hashers: hashers, Logger: quiet}))
	s.addUser(t, "alice")
	s.addUser(t, "bob")
	s.Handler = s.sessions.Handler(s.auth.Handler(s.pages()))
	return s
}

func (s *site) addUser(t testing.TB, name string) {
	t.Helper()
	encoded := noerror.In(authtest.Hashers().Hash(t.Context(), "pass of "+name))
	user := noerror.In(s.users.Create(t.Context(), auth.User{Username: name, IsActive: true, Password: encoded}))
	s.ids[name] = user.ID
}

// hasRecords reports whether the engine keeps sessions anywhere but in cookies.
func (s *site) hasRecords() bool {
	_, makesKeys := s.store.(interface{ Issued(string) bool })
	return !makesKeys
}

// exec is what somebody else writes into the database.
func (s *site) exec(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := s.db.DB.Exec(djangodb.Dialect(s.db.Dialect).Rebind(query), args...); err != nil {
		t.Fatal(err)
	}
}

// quiet keeps what the tests provoke out of their output.
var quiet = slog.New(slog.DiscardHandler)

// pages are what the tests ask for.
func (s *site) pages() http.Handler {
	mux := http.NewServeMux()
	page := func(path string, f func(w http.ResponseWriter, r *http.Request) (string, error)) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			text, err := f(w, r)
			if err != nil {
				session.Abort(r, err)
			}
			_, _ = io.WriteString(w, text)
		})
	}
	login := func(r *http.Request, name, password string) (string, error) {
		user, err := s.auth.Authenticate(r, name, password)
		if errors.Is(err, auth.ErrNoMatch) {
			return "no match", nil
		}
		if err != nil {
			return "", err
		}
		return name, s.auth.Login(r, user)
	}
	page("/login/{name}", func(_ http.ResponseWriter, r *http.Request) (string, error) {
		return login(r, r.PathValue("name"), "pass of "+r.PathValue("name"))
	})
	page("/loginas/{name}/{password}", func(_ http.ResponseWriter, r *http.Request) (string, error) {
		return login(r, r.PathValue("name"), r.PathValue("password"))
	})
	page("/django/{name}", func(_ http.ResponseWriter, r *http.Request) (string, error) {
		user, err := s.users.ByUsername(r.Context(), r.PathValue("name"))
		if err != nil {
			return "", err
		}
		err = s.plain.Login(r, user)
		session.From(r).Delete("_login_time", "_login_floor") // which Django does not write
		if mark := r.FormValue("mark"); mark != "" {
			session.From(r).Set("mark", mark)
		}
		return user.Username, err
	})
	page("/expiry/{seconds}", func(_ http.ResponseWriter, r *http.Request) (string, error) {
		seconds, err := time.ParseDuration(r.PathValue("seconds") + "s")
		session.From(r).SetExpiry(seconds)
		return auth.From(r).Username, err
	})
	page("/who", func(_ http.ResponseWriter, r *http.Request) (string, error) {
		return auth.From(r).Username, nil
	})
	page("/count", func(_ http.ResponseWriter, r *http.Request) (string, error) {
		n := session.Item[int]("n").Update(session.From(r), 0, func(n int) int { return n + 1 })
		return fmt.Sprint(auth.From(r).Username, " ", n), nil
	})
	page("/rotate", func(_ http.ResponseWriter, r *http.Request) (string, error) {
		session.From(r).CycleKey()
		return auth.From(r).Username, nil
	})
	page("/list", func(_ http.ResponseWriter, r *http.Request) (string, error) {
		list, err := s.devices.List(r)
		var lines []string
		for _, d := range list {
			lines = append(lines, d.ID+" "+d.String()+" "+d.Method+" "+d.Address)
		}
		return strings.Join(lines, "\n"), err
	})
	page("/end/{id}", func(_ http.ResponseWriter, r *http.Request) (string, error) {
		return "ended", s.devices.End(r, r.PathValue("id"))
	})
	page("/others", func(_ http.ResponseWriter, r *http.Request) (string, error) {
		n, err := s.devices.EndOthers(r)
		return fmt.Sprint(n), err
	})
	page("/rename/{id}/{name}", func(_ http.ResponseWriter, r *http.Request) (string, error) {
		return "renamed", s.devices.Rename(r, r.PathValue("id"), r.PathValue("name"))
	})
	page("/watch", func(_ http.ResponseWriter, r *http.Request) (string, error) {
		by := r.Context().Value(watcherKey{}).(*watcher)
		var err error
		by.ctx, by.stop, err = s.devices.Watch(r)
		return "watched", err
	})
	page("/do", func(_ http.ResponseWriter, r *http.Request) (string, error) {
		s.do(r)
		return "done", nil
	})
	page("/logout", func(_ http.ResponseWriter, r *http.Request) (string, error) {
		s.auth.Logout(r)
		return "bye", nil
	})
	page("/password/{name}/{new}", func(_ http.ResponseWriter, r *http.Request) (string, error) {
		err := s.auth.ChangePassword(r, "pass of "+r.PathValue("name"), r.PathValue("new"))
		if errors.Is(err, auth.ErrNoMatch) {
			return "no match", nil
		}
		return "changed", err
	})
	return mux
}

// A browser is one visitor's.
type browser struct {
	t    testing.TB
	s    http.Handler
	mu   sync.Mutex
	jar  map[string]string
	Code int

	watcher // the last one
}

// A watcher is a request that watches its login.
type watcher struct {
	ctx         context.Context
	stop, leave context.CancelFunc
}

type watcherKey struct{}

func (s *site) browser(t testing.TB) *browser {
	return &browser{t: t, s: s, jar: make(map[string]string)}
}

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// get returns the text of a page.
func (b *browser) get(path string) string {
	code, text := b.ask(path)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Code = code
	return text
}

// ask may be called by many at once.
func (b *browser) ask(path string) (int, string) { return b.askWith(context.Background(), path) }

func (b *browser) askWith(ctx context.Context, path string) (int, string) {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	r.Header.Set("User-Agent", firefox)
	b.mu.Lock()
	for name, value := range b.jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	b.mu.Unlock()
	var by watcher
	ctx, leave := context.WithCancel(context.WithValue(r.Context(), watcherKey{}, &by))
	by.leave = leave
	w := httptest.NewRecorder()
	b.s.ServeHTTP(w, r.WithContext(ctx))
	b.mu.Lock()
	defer b.mu.Unlock()
	if by.ctx != nil {
		b.watcher = by
	}
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.jar, c.Name)
		} else {
			b.jar[c.Name] = c.Value
		}
	}
	return w.Code, w.Body.String()
}

// through asks a server.
func (b *browser) through(t testing.TB, url string) {
	t.Helper()
	r := noerror.In(http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil))
	for name, value := range b.jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if err := noerror.In(http.DefaultClient.Do(r)).Body.Close(); err != nil {
		t.Error(err)
	}
}

// copy is another browser with the same cookies: a thief's.
func (b *browser) copy() *browser {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := &browser{t: b.t, s: b.s, jar: make(map[string]string)}
	for name, value := range b.jar {
		c.jar[name] = value
	}
	return c
}

func (b *browser) is(t testing.TB, name string) {
	t.Helper()
	if who := b.get("/who"); who != name || b.Code != http.StatusOK {
		t.Errorf("%d: the visitor is %q, want %q", b.Code, who, name)
	}
}

// login returns a browser that is logged in, and its device.
func (s *site) login(t testing.TB, name string) (b *browser, id string) {
	t.Helper()
	b = s.browser(t)
	if text := b.get("/login/" + name); text != name {
		t.Fatalf("login: %d: %s", b.Code, text)
	}
	return b, b.own(t)
}

// own returns the id of the browser's device.
func (b *browser) own(t testing.TB) string {
	t.Helper()
	id, rest, _ := strings.Cut(b.get("/list"), " ")
	line, _, _ := strings.Cut(rest, "\n")
	if !strings.Contains(line, "this device") {
		t.Fatalf("the first of the list is not the visitor's: %d: %s", b.Code, line)
	}
	return id
}

// rows counts the rows of a user.
func (s *site) rows(t testing.TB, name string) (n int) {
	t.Helper()
	query := "SELECT COUNT(*) FROM jamsession_device WHERE user_key = '" + s.ids[name] + "'"
	if s.allauth {
		query = "SELECT COUNT(*) FROM usersessions_usersession WHERE user_id = " + s.ids[name]
	}
	if err := s.db.DB.QueryRow(query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
