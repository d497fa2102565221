package authtest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/authtest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
	_ "github.com/jamsession/jamsession/site/sqlite"
)

const cart = session.Item[[]string]("cart")

// open opens a site with the user ann, and its routes.
func open(t *testing.T, vars map[string]string) (*site.Site, auth.User, http.Handler) {
	t.Helper()
	flags := map[string]string{
		"SECRET_KEY":   "mkWzQ2v7TzfVnRr4pXoB9sEu1LhYjCd3GqA6tNwKiZ5xPyUf0e",
		"DATABASE_URL": "sqlite:///" + filepath.Join(t.TempDir(), "db.sqlite3"),
		"LOGIN_URL":    "/login/",
	}
	for name, value := range vars {
		flags[name] = value
	}
	s, err := settings.Load(settings.Sources{Flags: flags})
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
	hash, err := here.Hashers.Hash(t.Context(), "four odd words here")
	if err != nil {
		t.Fatal(err)
	}
	ann, err := here.Users().Create(t.Context(), auth.User{Username: "ann", Password: hash, IsActive: true})
	if err != nil {
		t.Fatal(err)
	}
	return here, ann, here.Handler(routes(here))
}

func routes(here *site.Site) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /private/", here.Auth.RequireLogin(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "you are %s", auth.From(r))
	})))
	mux.HandleFunc("POST /cart/", func(w http.ResponseWriter, r *http.Request) {
		cart.Update(session.From(r), nil, func(items []string) []string { return append(items, r.PostFormValue("item")) })
		http.Redirect(w, r, "/cart/", http.StatusSeeOther)
	})
	mux.HandleFunc("POST /login/", func(w http.ResponseWriter, r *http.Request) {
		user, err := here.Auth.Authenticate(r, r.PostFormValue("username"), r.PostFormValue("password"))
		if err == nil {
			err = here.Auth.Login(r, user)
		}
		if err != nil {
			session.Abort(r, err)
		}
	})
	return mux
}

func TestLoginNeedsNoPassword(t *testing.T) {
	here, ann, handler := open(t, nil)
	c, stranger := authtest.NewClient(t, handler, here.Handler), authtest.NewClient(t, handler, here.Handler)
	if got := c.Get("/private/"); got.StatusCode != http.StatusFound {
		t.Errorf("before the login: status %d", got.StatusCode)
	}
	c.Login(here.Auth, ann)
	if got := c.Get("/private/"); got.StatusCode != http.StatusOK || got.Text != "you are ann" {
		t.Errorf("status %d: %s", got.StatusCode, got.Text)
	}
	if got := stranger.Get("/private/"); got.StatusCode != http.StatusFound {
		t.Errorf("another visitor: status %d", got.StatusCode)
	}
}

func TestPostHasTheToken(t *testing.T) {
	here, ann, handler := open(t, nil)
	c := authtest.NewClient(t, handler, here.Handler)
	for _, login := range []func(){func() {}, func() { c.Login(here.Auth, ann) }} {
		login() // which makes older tokens invalid
		if got := c.Post("/cart/", url.Values{"item": {"tea"}}); got.StatusCode != http.StatusSeeOther {
			t.Errorf("status %d: %s", got.StatusCode, got.Text)
		}
	}
	if got := c.Post("/cart/", url.Values{"csrfmiddlewaretoken": {"wrong"}}); got.StatusCode != http.StatusForbidden {
		t.Errorf("with a wrong token: status %d", got.StatusCode)
	}
	foreign := httptest.NewRequestWithContext(t.Context(), "POST", c.URL+"/cart/", nil)
	foreign.Header.Set("Origin", "https://evil.example")
	foreign.Header.Set("X-CSRFToken", c.Token())
	if got := c.Do(foreign); got.StatusCode != http.StatusForbidden {
		t.Errorf("from another origin: status %d", got.StatusCode)
	}
}

func TestItemsCanBeReadAndSet(t *testing.T) {
	here, _, handler := open(t, nil)
	c := authtest.NewClient(t, handler, here.Handler)
	c.Within(func(r *http.Request) { cart.Set(session.From(r), []string{"milk"}) })
	c.Post("/cart/", url.Values{"item": {"tea"}})
	var items []string
	c.Within(func(r *http.Request) { items = cart.Get(session.From(r), nil) })
	if strings.Join(items, ",") != "milk,tea" {
		t.Errorf("the cart has %q", items)
	}
}

func TestHashersAreCheap(t *testing.T) {
	hashers := authtest.Hashers()
	hash, err := hashers.Hash(t.Context(), "four odd words here")
	if err != nil || !strings.HasPrefix(hash, "pbkdf2_sha256$1$") {
		t.Errorf("the hash is %.20s, error %v", hash, err)
	}
	ofDjango := "pbkdf2_sha256$1000$kVZHWvsxhdQz4HNo$" // with a hash that is not that of the password
	if ok, _, err := hashers.Verify(t.Context(), "guess", ofDjango+strings.Repeat("A", 43)+"="); ok || err != nil {
		t.Errorf("Verify = %v, %v", ok, err)
	}
}

// TestFormsWithPasswordsWork in a test that hashes cheaply.
func TestFormsWithPasswordsWork(t *testing.T) {
	here, _, handler := open(t, nil)
	c := authtest.NewClient(t, handler, here.Handler)
	got := c.Post("/login/", url.Values{"username": {"ann"}, "password": {"four odd words here"}})
	if got.StatusCode != http.StatusOK || c.Get("/private/").Text != "you are ann" {
		t.Errorf("status %d: %s", got.StatusCode, got.Text)
	}
}

func TestHostIsTheProgramsOwn(t *testing.T) {
	here, ann, handler := open(t, map[string]string{"ALLOWED_HOSTS": "www.example.com", "SECURE_SSL_REDIRECT": "true"})
	c := authtest.NewClient(t, handler, here.Handler)
	c.URL = "https://www.example.com"
	c.Login(here.Auth, ann)
	if got := c.Get("/private/"); got.Text != "you are ann" {
		t.Errorf("status %d: %s", got.StatusCode, got.Text)
	}
}

// TestProgramsWithoutTokens can use a client, too.
func TestProgramsWithoutTokens(t *testing.T) {
	sessions, err := session.New(memstore.New(), nil)
	if err != nil {
		t.Fatal(err)
	}
	handler := sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.PostFormValue("item"))
	}))
	c := authtest.NewClient(t, handler, sessions.Handler)
	if token := c.Token(); token != "" {
		t.Errorf("the token is %q", token)
	}
	if got := c.Post("/", url.Values{"item": {"tea"}}); got.Text != "tea" {
		t.Errorf("status %d: %s", got.StatusCode, got.Text)
	}
}

// TestFailuresEndTheTest: a user who does not exist, and a program that fails.
func TestFailuresEndTheTest(t *testing.T) {
	here, _, handler := open(t, map[string]string{"ALLOWED_HOSTS": "127.0.0.1"})
	for name, use := range map[string]func(*authtest.Client){
		"unknown user": func(c *authtest.Client) { c.Login(here.Auth, auth.User{ID: "77", Username: "bob"}) },
		"wrong host":   func(c *authtest.Client) { c.URL = "https://evil.example"; c.Within(func(*http.Request) {}) },
	} {
		failing := &failingTB{TB: t}
		func() {
			defer func() { _ = recover() }()
			use(authtest.NewClient(failing, handler, here.Handler))
		}()
		if failing.text == "" {
			t.Errorf("%s: the test goes on", name)
		}
	}
}

type failingTB struct {
	testing.TB
	text string
}

func (f *failingTB) Fatalf(format string, args ...any) {
	f.text = fmt.Sprintf(format, args...)
	panic(f.text)
}
