package fromscs_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
	"github.com/gorilla/sessions"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/authtest"
	fromscs "github.com/jamsession/jamsession/examples/from-scs"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
	_ "github.com/jamsession/jamsession/site/sqlite"
)

// A library is one that programs come from: its program as it was, which logs in
// and fills a cart, and what takes its sessions over.
type library struct {
	program http.Handler
	old     fromscs.Old
	fail    func(error) // what the store says from now on
	ends    bool        // the old session is deleted, not only its cookie
}

var libraries = map[string]func(t *testing.T) library{
	"scs":                         func(*testing.T) library { return newSCS(false) },
	"scs with hashed tokens":      func(*testing.T) library { return newSCS(true) },
	"gorilla/sessions in cookies": func(*testing.T) library { return newGorilla(gorillaCookies(), false) },
	"gorilla/sessions in files":   func(t *testing.T) library { return newGorilla(gorillaFiles(t), true) },
}

// faulty is a store of scs that can be down.
type faulty struct {
	scs.Store
	err atomic.Pointer[error]
}

func (f *faulty) Find(token string) ([]byte, bool, error) {
	if err := f.err.Load(); err != nil && *err != nil {
		return nil, false, *err
	}
	return f.Store.Find(token)
}

func newSCS(hashed bool) library {
	store := &faulty{Store: memstore.New()}
	m := scs.New()
	m.Store, m.HashTokenInStore = store, hashed
	program := m.LoadAndSave(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		m.Put(r.Context(), "userID", 1)
		m.Put(r.Context(), "cart", "tea")
	}))
	return library{program, fromscs.FromSCS(m), func(err error) { store.err.Store(&err) }, true}
}

var secret = []byte("0123456789abcdef0123456789abcdef")

func gorillaCookies() sessions.Store { return sessions.NewCookieStore(secret) }

func gorillaFiles(t *testing.T) sessions.Store {
	return sessions.NewFilesystemStore(t.TempDir(), secret)
}

// down is a store of gorilla/sessions that can be down.
type down struct {
	sessions.Store
	err atomic.Pointer[error]
}

func (d *down) Get(r *http.Request, name string) (*sessions.Session, error) {
	if err := d.err.Load(); err != nil && *err != nil {
		return nil, *err
	}
	return d.Store.Get(r, name)
}

func newGorilla(store sessions.Store, ends bool) library {
	failing := &down{Store: store}
	program := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, _ := store.Get(r, "site")
		s.Values["userID"], s.Values["cart"], s.Values[7] = 1, "tea", "left behind"
		if err := s.Save(r, w); err != nil {
			panic(err)
		}
	})
	return library{program, fromscs.Gorilla{Store: failing, Name: "site"}, func(err error) { failing.err.Store(&err) }, ends}
}

const cart = session.Item[string]("cart")

// open opens the new program, with the user ann.
func open(t *testing.T, old fromscs.Old, until time.Time) (*site.Site, http.Handler) {
	t.Helper()
	s, err := settings.Load(settings.Sources{Flags: map[string]string{
		"SECRET_KEY":   "mkWzQ2v7TzfVnRr4pXoB9sEu1LhYjCd3GqA6tNwKiZ5xPyUf0e",
		"DATABASE_URL": "sqlite:///" + filepath.Join(t.TempDir(), "db.sqlite3"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := site.Migrate(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	here, err := site.Open(t.Context(), s, &site.Options{Hashers: authtest.Hashers()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = here.Close() })
	if _, err := here.Users().Create(t.Context(), auth.User{Username: "ann", IsActive: true}); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s has %s", auth.From(r), cart.Get(session.From(r), "nothing"))
	})
	mux.HandleFunc("GET /logout/", func(_ http.ResponseWriter, r *http.Request) { here.Auth.Logout(r) })
	takeover := &fromscs.Takeover{Old: old, Move: move(here), Until: until}
	return here, here.Handler(takeover.Handler(mux))
}

// move logs in the user of the old session, if they still exist, and keeps the cart.
func move(here *site.Site) func(r *http.Request, items map[string]any) error {
	return func(r *http.Request, items map[string]any) error {
		if id, ok := items["userID"].(int); ok {
			user, err := here.Users().ByID(r.Context(), fmt.Sprint(id))
			if err == nil {
				err = here.Auth.Login(r, user)
			}
			if err != nil && !errors.Is(err, auth.ErrUserNotFound) {
				return err
			}
		}
		if item, ok := items["cart"].(string); ok {
			cart.Set(session.From(r), item)
		}
		return nil
	}
}

// A browser keeps cookies.
type browser struct {
	t   *testing.T
	jar *cookiejar.Jar
}

var at = &url.URL{Scheme: "https", Host: "127.0.0.1", Path: "/"}

func newBrowser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, jar}
}

func (b *browser) get(h http.Handler, path string) (int, string) {
	r := httptest.NewRequestWithContext(b.t.Context(), "GET", "https://127.0.0.1"+path, nil)
	for _, c := range b.jar.Cookies(at) {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	b.jar.SetCookies(at, w.Result().Cookies())
	return w.Code, w.Body.String()
}

func (b *browser) want(code int, text string) func(int, string) {
	return func(gotCode int, got string) {
		b.t.Helper()
		if gotCode != code || !strings.Contains(got, text) {
			b.t.Errorf("got %d %q, want %d %q", gotCode, got, code, text)
		}
	}
}

func (b *browser) hasNoOldCookie() {
	b.t.Helper()
	for _, c := range b.jar.Cookies(at) {
		if c.Name == "session" || c.Name == "site" {
			b.t.Errorf("the browser still has the cookie %s", c.Name)
		}
	}
}

func each(t *testing.T, test func(t *testing.T, l library)) {
	for name, make := range libraries {
		t.Run(name, func(t *testing.T) { test(t, make(t)) })
	}
}

func tomorrow() time.Time { return time.Now().Add(24 * time.Hour) }

// TestVisitorsStayLoggedIn, keep their items, and their old session and its cookie
// are gone. A logout lasts.
func TestVisitorsStayLoggedIn(t *testing.T) {
	each(t, func(t *testing.T, l library) {
		_, pages := open(t, l.old, tomorrow())
		b, thief := newBrowser(t), newBrowser(t)
		b.get(l.program, "/")
		thief.jar.SetCookies(at, b.jar.Cookies(at))
		b.want(200, "ann has tea")(b.get(pages, "/"))
		b.hasNoOldCookie()
		b.want(200, "ann has tea")(b.get(pages, "/"))
		b.get(pages, "/logout/")
		b.want(200, "AnonymousUser has nothing")(b.get(pages, "/"))
		if l.ends {
			b.want(200, "AnonymousUser has nothing")(thief.get(pages, "/"))
		}
	})
}

// TestOldSessionsEndAtLast: also those in cookies, of which a copy may be left.
func TestOldSessionsEndAtLast(t *testing.T) {
	each(t, func(t *testing.T, l library) {
		_, pages := open(t, l.old, time.Now())
		b := newBrowser(t)
		b.get(l.program, "/")
		b.want(200, "AnonymousUser has nothing")(b.get(pages, "/"))
	})
}

// TestNothingIsLostWhenTheOldStoreIsDown: the visitor gets 503, and is logged in later.
func TestNothingIsLostWhenTheOldStoreIsDown(t *testing.T) {
	each(t, func(t *testing.T, l library) {
		_, pages := open(t, l.old, tomorrow())
		b := newBrowser(t)
		b.get(l.program, "/")
		l.fail(session.ErrUnavailable)
		b.want(503, "")(b.get(pages, "/"))
		l.fail(nil)
		b.want(200, "ann has tea")(b.get(pages, "/"))
	})
}

// TestOldSessionOutlivesAFailureOfTheNewStore: it ends when the new one is stored.
func TestOldSessionOutlivesAFailureOfTheNewStore(t *testing.T) {
	each(t, func(t *testing.T, l library) {
		b := newBrowser(t)
		b.get(l.program, "/")
		here, broken := open(t, l.old, tomorrow())
		if err := here.Close(); err != nil {
			t.Fatal(err)
		}
		if code, text := b.get(broken, "/"); code < 500 {
			t.Errorf("without the new database: %d %s", code, text)
		}
		_, pages := open(t, l.old, tomorrow())
		b.want(200, "ann has tea")(b.get(pages, "/"))
	})
}

// TestManyRequestsAtOnce of one visitor, as when a browser opens its tabs again.
func TestManyRequestsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, l library) {
		_, pages := open(t, l.old, tomorrow())
		b := newBrowser(t)
		b.get(l.program, "/")
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() { b.get(pages, "/") })
		}
		all.Wait()
		b.want(200, "ann has tea")(b.get(pages, "/"))
	})
}

// TestNewerLoginStays: an old session does not replace it.
func TestNewerLoginStays(t *testing.T) {
	each(t, func(t *testing.T, l library) {
		here, pages := open(t, l.old, tomorrow())
		bob, err := here.Users().Create(t.Context(), auth.User{Username: "bob", IsActive: true})
		if err != nil {
			t.Fatal(err)
		}
		b := newBrowser(t)
		b.get(l.program, "/")
		b.get(here.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if err := here.Auth.Login(r, bob); err != nil {
				t.Error(err)
			}
		})), "/")
		b.want(200, "bob has nothing")(b.get(pages, "/"))
		b.hasNoOldCookie()
	})
}

// TestForgedAndUnreadableAreAnonymous, at each page.
func TestForgedAndUnreadableAreAnonymous(t *testing.T) {
	each(t, func(t *testing.T, l library) {
		_, pages := open(t, l.old, tomorrow())
		for _, name := range []string{"session", "site"} {
			b := newBrowser(t)
			b.jar.SetCookies(at, []*http.Cookie{{Name: name, Value: strings.Repeat("x", 100)}})
			b.want(200, "AnonymousUser has nothing")(b.get(pages, "/"))
		}
	})
	store := memstore.New()
	m := scs.New()
	m.Store = store
	if err := store.Commit("token", []byte("no gob"), tomorrow()); err != nil {
		t.Fatal(err)
	}
	_, pages := open(t, fromscs.FromSCS(m), tomorrow())
	b := newBrowser(t)
	b.jar.SetCookies(at, []*http.Cookie{{Name: "session", Value: "token"}})
	b.want(200, "AnonymousUser has nothing")(b.get(pages, "/"))
}
