package auth_test

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// Example is a small site with a login form, a page for users and a logout.
// Its users are in memory; package sqlusers keeps them in Django's table.
func Example() {
	logins, err := auth.New(newUsers(alice()), keys, &auth.Options{
		LoginURL: "/login", LoginRedirectURL: "/", Hashers: cheap(),
	})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `<form method="post">%s ... </form>`, csrf.TemplateField(r))
	})
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		user, err := logins.Authenticate(r, r.PostFormValue("username"), r.PostFormValue("password"))
		if errors.Is(err, auth.ErrNoMatch) {
			http.Error(w, "Wrong username or password.", http.StatusUnauthorized)
			return
		}
		if err == nil {
			err = logins.Login(r, user)
		}
		if err != nil {
			session.Abort(r, err)
		}
		http.Redirect(w, r, logins.SafeNext(r, ""), http.StatusSeeOther)
	})
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		logins.Logout(r)
		http.Redirect(w, r, "/login", http.StatusSeeOther)
	})
	mux.Handle("GET /dashboard", logins.RequireLogin(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "Hello %s", auth.From(r))
		})))

	forms, err := csrf.New(nil)
	if err != nil {
		panic(err)
	}
	sessions, err := session.New(memstore.New(), nil)
	if err != nil {
		log.Fatal(err)
	}
	site := httptest.NewServer(sessions.Handler(forms.Handler(logins.Handler(mux))))
	defer site.Close()

	visit := newVisitor(site.URL)
	visit("GET", "/dashboard", nil)
	visit("POST", "/login", credentials("alice", "looking-glass"))
	visit("POST", "/login?next=/dashboard", credentials("alice", "wonderland"))
	visit("GET", "/dashboard", nil)
	visit("POST", "/logout", nil)
	visit("GET", "/dashboard", nil)
	// Output:
	// GET /dashboard: 302 to /login?next=/dashboard
	// POST /login: 401 Wrong username or password.
	// POST /login?next=/dashboard: 303 to /dashboard
	// GET /dashboard: 200 Hello alice
	// POST /logout: 303 to /login
	// GET /dashboard: 302 to /login?next=/dashboard
}

// newVisitor returns a browser that prints what it sees. It sends the secret
// of the site's forms as a script in one of its pages would.
func newVisitor(base string) func(method, path string, form url.Values) {
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	_, _ = client.Get(base + "/login") // sets the cookie with the secret
	return func(method, path string, form url.Values) {
		r, _ := http.NewRequest(method, base+path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, c := range jar.Cookies(r.URL) {
			if c.Name == "csrftoken" {
				r.Header.Set("X-CSRFToken", c.Value)
			}
		}
		resp, err := client.Do(r)
		if err != nil {
			panic(err)
		}
		defer func() { _ = resp.Body.Close() }()
		text, _ := io.ReadAll(resp.Body)
		if location := resp.Header.Get("Location"); location != "" {
			text = []byte("to " + location)
		}
		fmt.Printf("%s %s: %d %s\n", method, path, resp.StatusCode, strings.TrimSpace(string(text)))
	}
}

// keyring is a Backend for anybody who has the key to the building.
type keyring struct{ key string }

func (keyring) Name() string { return "example.KeyringBackend" }

func (k keyring) Authenticate(ctx context.Context, username, password string) (auth.User, error) {
	sameKey := subtle.ConstantTimeCompare([]byte(password), []byte(k.key)) == 1
	if username != "janitor" || !sameKey {
		return auth.User{}, auth.ErrNoMatch
	}
	return k.User(ctx, "100")
}

func (keyring) User(_ context.Context, id string) (auth.User, error) {
	if id != "100" {
		return auth.User{}, auth.ErrUserNotFound
	}
	return auth.User{ID: "100", Username: "janitor", IsActive: true, IsStaff: true}, nil
}

// A backend of one's own is asked before or after the users of the table.
func ExampleBackend() {
	logins, err := auth.New(nil, keys, &auth.Options{Backends: []auth.Backend{
		keyring{"the big iron key"},
		noerror.In(auth.NewModelBackend(newUsers(alice()), cheap())),
	}})
	if err != nil {
		panic(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/login", nil)
	for _, form := range [][2]string{
		{"janitor", "the big iron key"}, {"alice", "wonderland"}, {"alice", "the big iron key"},
	} {
		user, err := logins.Authenticate(r, form[0], form[1])
		fmt.Println(user, user.Backend, err)
	}
	// Output:
	// janitor example.KeyringBackend <nil>
	// alice django.contrib.auth.backends.ModelBackend <nil>
	// AnonymousUser  auth: unknown user or wrong password
}

// A gate for some users only.
func ExampleManager_Require() {
	logins, err := auth.New(newUsers(alice()), keys, nil)
	if err != nil {
		panic(err)
	}
	admin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "the admin's page")
	})
	mux := http.NewServeMux()
	mux.Handle("/admin/", logins.Require(func(u auth.User) bool { return u.IsStaff }, admin))

	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/admin/", nil)
	sessions, err := session.New(memstore.New(), nil)
	if err != nil {
		log.Fatal(err)
	}
	sessions.Handler(mux).ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("Location"))
	// Output: 302 /accounts/login/?next=/admin/
}

func ExampleManager_RequireFresh() {
	logins, err := auth.New(newUsers(alice()), keys, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	changeEmail := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {})
	mux := http.NewServeMux()
	mux.Handle("POST /email", logins.RequireFresh(10*time.Minute, changeEmail))
}

func ExampleManager_RequireLoginEverywhere() {
	logins, err := auth.New(newUsers(alice()), keys,
		&auth.Options{LoginURL: "/login"})
	if err != nil {
		fmt.Println(err)
		return
	}
	login := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {})
	mux := http.NewServeMux()
	mux.Handle("/login", auth.Public(login))
	gate := logins.RequireLoginEverywhere(mux)

	w := httptest.NewRecorder()
	sessions, err := session.New(memstore.New(), nil)
	if err != nil {
		log.Fatal(err)
	}
	sessions.Handler(gate).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/forgotten", nil))
	fmt.Println(w.Code, w.Header().Get("Location"))
	// Output: 302 /login?next=/forgotten
}

// A page for those who may add orders.
func ExampleManager_RequirePerm() {
	logins, err := auth.New(newUsers(alice()), keys, nil)
	if err != nil {
		panic(err)
	}
	form := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if auth.HasPerm(r, "shop.delete_order") {
			fmt.Fprintln(w, `<a href="/orders/delete">Delete an order</a>`)
		}
	})
	mux := http.NewServeMux()
	mux.Handle("/orders/add", logins.RequirePerm("shop.add_order", form))

	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/orders/add", nil)
	sessions, err := session.New(memstore.New(), nil)
	if err != nil {
		log.Fatal(err)
	}
	sessions.Handler(mux).ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("Location"))
	// Output: 302 /accounts/login/?next=/orders/add
}

// Member is a user with what the shop knows about them.
type Member struct {
	auth.User
	Plan string
}

// members are the users of Django's table, with a plan each.
type members struct {
	auth.ModelBackend
	plans map[string]string // in a table of the shop's own
}

func (m members) Authenticate(ctx context.Context, username, password string) (auth.User, error) {
	user, err := m.ModelBackend.Authenticate(ctx, username, password)
	return m.complete(user), err
}

func (m members) User(ctx context.Context, id string) (auth.User, error) {
	user, err := m.ModelBackend.User(ctx, id)
	return m.complete(user), err
}

func (m members) complete(user auth.User) auth.User {
	user.Custom = Member{user, m.plans[user.ID]}
	return user
}

// member returns the visitor as the shop's own type.
func member(r *http.Request) Member {
	m, _ := auth.From(r).Custom.(Member) // nobody is a Member without a plan
	return m
}

// A user type of one's own: a backend looks it up with the user, so that a
// handler has it without another question to the database.
func ExampleUser_custom() {
	users := newUsers(alice())
	logins, err := auth.New(users, keys, &auth.Options{Backends: []auth.Backend{
		members{noerror.In(auth.NewModelBackend(users, cheap())), map[string]string{"1": "gold"}},
	}})
	if err != nil {
		panic(err)
	}
	sessions, err := session.New(memstore.New(), nil)
	if err != nil {
		log.Fatal(err)
	}
	site := sessions.Handler(logins.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, err := logins.Authenticate(r, "alice", "wonderland")
		if err == nil {
			err = logins.Login(r, user)
		}
		fmt.Fprintln(w, member(r).Username, member(r).Plan, err)
	})))
	w := httptest.NewRecorder()
	site.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/login", nil))
	next := httptest.NewRequest(http.MethodGet, "/", nil)
	next.AddCookie(w.Result().Cookies()[0])
	page := logins.RequireLogin(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "next page:", member(r).Plan)
	}))
	sessions.Handler(page).ServeHTTP(w, next)
	fmt.Print(w.Body)
	// Output:
	// alice gold <nil>
	// next page: gold
}
