package site_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
	_ "github.com/jamsession/jamsession/site/all" // opens what the settings name
)

const goodKey = "mkWzQ2v7TzfVnRr4pXoB9sEu1LhYjCd3GqA6tNwKiZ5xPyUf0e"

// settingsOf are these settings beside the necessary ones.
func settingsOf(t *testing.T, file string, vars map[string]string) *settings.Settings {
	t.Helper()
	flags := map[string]string{
		"SECRET_KEY": goodKey, "DATABASE_URL": "sqlite:///" + file, "PBKDF2_ITERATIONS": "10",
	}
	for name, value := range vars {
		flags[name] = value
	}
	s, err := settings.Load(settings.Sources{Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// open makes the tables of a site in a file, and opens it.
func open(t *testing.T, file string, vars map[string]string) *site.Site {
	t.Helper()
	s := settingsOf(t, file, vars)
	if err := site.Migrate(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	return openWith(t, s, nil)
}

// openWith opens a site whose tables are there.
func openWith(t *testing.T, s *settings.Settings, o *site.Options) *site.Site {
	t.Helper()
	here, err := site.Open(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = here.Close() })
	return here
}

func tempFile(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "site.db")
}

// addUser stores alice with the password "wonderland".
func addUser(t *testing.T, site *site.Site) {
	t.Helper()
	hash, err := site.Hashers.Hash(t.Context(), "wonderland")
	if err != nil {
		t.Fatal(err)
	}
	user := auth.User{Username: "alice", Password: hash, IsActive: true}
	if _, err := site.Users().Create(t.Context(), user); err != nil {
		t.Fatal(err)
	}
}

// pages are a login, a page for users and a form's token.
func pages(site *site.Site) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /token", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, csrf.Token(r))
	})
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		user, err := site.Auth.Authenticate(r, r.PostFormValue("username"), r.PostFormValue("password"))
		if errors.Is(err, auth.ErrNoMatch) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if err == nil {
			err = site.Auth.Login(r, user)
		}
		if err != nil {
			session.Abort(r, err)
		}
		http.Redirect(w, r, site.Auth.SafeNext(r, ""), http.StatusSeeOther)
	})
	mux.HandleFunc("GET /out", func(w http.ResponseWriter, r *http.Request) {
		site.Auth.Logout(r)
		_, _ = io.WriteString(w, "bye")
	})
	mux.Handle("GET /me", site.Auth.RequireLogin(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, auth.From(r).Username)
		})))
	return site.Handler(mux)
}

// serve returns the address of the site's pages and a browser.
func serve(t *testing.T, site *site.Site) (string, *http.Client) {
	t.Helper()
	srv := httptest.NewServer(pages(site))
	t.Cleanup(srv.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return srv.URL, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

func answer(t *testing.T, resp *http.Response, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(resp.StatusCode, " ", string(text), resp.Header.Get("Location"))
}

func TestNewDatabaseIsReadyOnceItIsMigrated(t *testing.T) {
	file := tempFile(t)
	s := settingsOf(t, file, nil)
	if here, err := site.Open(t.Context(), s, nil); here != nil || !errors.Is(err, django.ErrNotMigrated) ||
		!strings.Contains(err.Error(), "there is no such file") {
		t.Errorf("without a file: error %v", err)
	}
	plan, err := site.Plan(t.Context(), s, nil)
	if err != nil || len(plan) != 19 || plan[14] != "jamsession_auth_user_email" || plan[15] != "jamsession_login_floor" ||
		plan[16] != "sessions.0001_initial" || plan[17] != "jamsession_throttle" ||
		plan[18] != "jamsession_device" {
		t.Errorf("plan %q, error %v", plan, err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open and Plan have made the file; %v", err)
	}
	for range 2 {
		if err := site.Migrate(t.Context(), s, nil); err != nil {
			t.Fatal(err)
		}
		if plan, err := site.Plan(t.Context(), s, nil); err != nil || len(plan) > 0 {
			t.Errorf("afterwards: plan %q, error %v", plan, err)
		}
	}
	noNils(t, openWith(t, s, nil))
}

// noNils finds exported fields of a site that are nil.
func noNils(t *testing.T, s *site.Site) {
	t.Helper()
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		if v.Type().Field(i).IsExported() && (f.Kind() == reflect.Pointer || f.Kind() == reflect.Interface) && f.IsNil() {
			t.Errorf("Site.%s is nil", v.Type().Field(i).Name)
		}
	}
}

// TestNoFieldOfASiteIsNil, whatever is left out.
func TestNoFieldOfASiteIsNil(t *testing.T) {
	for name, o := range map[string]*site.Options{"users": nil, "no users": {NoUsers: true}} {
		for _, vars := range []map[string]string{
			nil,
			{"LOGIN_LIMIT_STORE": "none", "NEW_SESSION_LIMIT": "none"},
			{"SESSION_ENGINE": "signed_cookies"},
			{"SESSION_ENGINE": "cache", "CACHE_URL": "memory://"},
		} {
			s := settingsOf(t, tempFile(t), vars)
			if err := site.Migrate(t.Context(), s, o); err != nil {
				t.Fatalf("%s, %v: %v", name, vars, err)
			}
			noNils(t, openWith(t, s, o))
		}
	}
}

func TestDatabaseWithoutSessionsIsNotReady(t *testing.T) {
	file := tempFile(t)
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := settingsOf(t, file, nil)
	if _, err := site.Open(t.Context(), s, nil); !errors.Is(err, django.ErrNotMigrated) {
		t.Errorf("an empty file: error %v", err)
	}
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sqlusers.Migrate(t.Context(), django.Database{DB: db}, nil); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := site.Open(t.Context(), s, nil); !errors.Is(err, django.ErrNotMigrated) {
		t.Errorf("without a table of sessions: error %v", err)
	}
	if err := site.Migrate(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	openWith(t, s, nil)
}

func TestProgramsThatStartTogetherMigrateOnce(t *testing.T) {
	s := settingsOf(t, tempFile(t), nil)
	sites := make([]*site.Site, 3)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range sites {
		wg.Go(func() {
			<-start
			err := site.Migrate(t.Context(), s, nil)
			if err == nil {
				sites[i], err = site.Open(t.Context(), s, nil)
			}
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { _ = sites[i].Close() })
		})
	}
	close(start)
	wg.Wait()
	if t.Failed() {
		return
	}
	addUser(t, sites[0])
	if user, err := sites[1].Users().ByUsername(t.Context(), "alice"); err != nil || user.ID == "" {
		t.Errorf("user %v, error %v", user, err)
	}
}

func TestSiteLogsInAndKeepsItInDjangosTables(t *testing.T) {
	file := tempFile(t)
	site := open(t, file, map[string]string{
		"SESSION_COOKIE_NAME": "sid", "CSRF_COOKIE_NAME": "xsrf",
		"LOGIN_URL": "/login", "LOGIN_REDIRECT_URL": "/me",
	})
	addUser(t, site)
	base, client := serve(t, site)
	resp, err := client.Get(base + "/me")
	if got := answer(t, resp, err); !strings.HasSuffix(got, "/login?next=/me") {
		t.Errorf("before the login: %s", got)
	}
	form := url.Values{"username": {"alice"}, "password": {"wonderland"}}
	resp, err = client.PostForm(base+"/login", form)
	if got := answer(t, resp, err); !strings.HasPrefix(got, "403 ") {
		t.Errorf("a form without a token: %s", got)
	}
	resp, err = client.Get(base + "/token")
	form.Set("csrfmiddlewaretoken", strings.TrimPrefix(answer(t, resp, err), "200 "))
	resp, err = client.PostForm(base+"/login", form)
	if got := answer(t, resp, err); got != "303 /me" {
		t.Errorf("login: %s", got)
	}
	resp, err = client.Get(base + "/me")
	if got := answer(t, resp, err); got != "200 alice" {
		t.Errorf("after the login: %s", got)
	}
	at, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, c := range client.Jar.Cookies(at) {
		names[c.Name] = c.Value
	}
	if len(names) != 3 || names["sid_device"] == "" || names["sid"] == "" || names["xsrf"] == "" {
		t.Errorf("cookies %v", names)
	}
	rec, err := site.Store.Load(t.Context(), names["sid"])
	if err != nil {
		t.Fatal(err)
	}
	items, err := noerror.In(django.Signed(secrettest.Keys(goodKey))).Decode(rec.Data)
	if err != nil || !strings.Contains(string(items), `"_auth_user_id":"1"`) {
		t.Errorf("row %s, error %v", items, err)
	}
	user, err := site.Users().ByUsername(t.Context(), "alice")
	if err != nil || !strings.HasPrefix(user.Password, "pbkdf2_sha256$10$") || user.LastLogin.IsZero() {
		t.Errorf("hash with another cost, or no last login; error %v", err)
	}

	again := open(t, file, map[string]string{
		"SECRET_KEY": strings.ToLower(goodKey), "SECRET_KEY_FALLBACKS": goodKey, "SESSION_COOKIE_NAME": "sid",
	})
	r := httptest.NewRequest(http.MethodGet, "/me", nil)
	r.AddCookie(&http.Cookie{Name: "sid", Value: names["sid"]})
	w := httptest.NewRecorder()
	pages(again).ServeHTTP(w, r)
	if w.Body.String() != "alice" {
		t.Errorf("another program with the key as fallback: %d %s", w.Code, w.Body)
	}
}

func TestOpenFailsInOneLineThatSaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		vars map[string]string
		want string
	}{
		{map[string]string{"SECRET_KEY": ""}, "SECRET_KEY is not set"},
		{map[string]string{"DATABASE_URL": "postgres://u:sesame@127.0.0.1:1/x"}, "cannot use PostgreSQL at 127.0.0.1:1"},
		{map[string]string{"DATABASE_URL": "mysql://u:sesame@/x?socket=/no/mysql.sock"}, "cannot use MySQL at /no/mysql.sock"},
		{map[string]string{"DATABASE_URL": "mysql://127.0.0.1:1/x?sslmode=x"}, `option "sslmode" is unknown`},
		{map[string]string{"DATABASE_URL": "sqlite:///" + text}, "is not a SQLite database"},
		{map[string]string{"DATABASE_URL": "sqlite:///" + dir + "/no/db"}, "no such file"},
		{map[string]string{"DATABASE_URL": "sqlite:///" + dir + "/db"}, "there is no such file; migrate first"},
	}
	for _, test := range tests {
		here, err := site.Open(t.Context(), settingsOf(t, dir+"/site.db", test.vars), nil)
		if here != nil || err == nil || !strings.Contains(err.Error(), test.want) ||
			strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), goodKey) ||
			strings.Contains(err.Error(), "sesame") {
			t.Errorf("want %q: got error %v", test.want, err)
		}
	}
	for _, s := range []*settings.Settings{nil, {}} {
		if _, err := site.Open(t.Context(), s, nil); err == nil || !strings.Contains(err.Error(), "settings.Load") {
			t.Errorf("settings that were not loaded: error %v", err)
		}
	}
}

func TestForeignTableIsRefused(t *testing.T) {
	file := tempFile(t)
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE auth_user (name text)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := settingsOf(t, file, nil)
	if err := site.Migrate(t.Context(), s, nil); err == nil || !strings.Contains(err.Error(), "auth_user") {
		t.Errorf("Migrate: error %v", err)
	}
	if _, err := site.Plan(t.Context(), s, nil); err == nil {
		t.Error("Plan: no error")
	}
}

func TestClosedSiteKnowsNobody(t *testing.T) {
	site := open(t, tempFile(t), nil)
	h := pages(site)
	if err := site.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/me", nil)
	r.AddCookie(&http.Cookie{Name: "sessionid", Value: strings.Repeat("a", 32)})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("got %d", w.Code)
	}
}

func TestWithoutUseTZTheTablesHoldLocalTime(t *testing.T) {
	ahead := func(vars map[string]string) (joined, expire int) {
		site := open(t, tempFile(t), vars)
		addUser(t, site)
		rec := session.Record{Key: strings.Repeat("a", 32), Expiry: time.Now()}
		if err := site.Store.Create(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
		err := site.Database.DB.QueryRowContext(t.Context(), "SELECT strftime('%s', date_joined) - strftime('%s', 'now'),"+
			" strftime('%s', expire_date) - strftime('%s', 'now') FROM auth_user, django_session").
			Scan(&joined, &expire)
		if err != nil {
			t.Fatal(err)
		}
		return (joined + 60) / 3600, (expire + 60) / 3600
	}
	if joined, expire := ahead(nil); joined != 0 || expire != 0 {
		t.Errorf("with USE_TZ: %d and %d hours ahead of UTC", joined, expire)
	}
	tokyo := map[string]string{"USE_TZ": "false", "TIME_ZONE": "Etc/GMT-9"}
	if joined, expire := ahead(tokyo); joined != 9 || expire != 9 {
		t.Errorf("without USE_TZ: %d and %d hours ahead of UTC, want 9", joined, expire)
	}
}

func TestReadersDoNotWaitForAWriter(t *testing.T) {
	site := open(t, tempFile(t), nil)
	addUser(t, site)
	tx, err := site.Database.DB.BeginTx(t.Context(), nil) // the only connection that writes
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := site.Users().ByUsername(ctx, "alice"); err != nil {
		t.Errorf("users: %v", err)
	}
	if _, err := site.Store.Load(ctx, strings.Repeat("a", 32)); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("sessions: %v", err)
	}
}

func TestCSRFUseSessionsKeepsTheSecretInTheSession(t *testing.T) {
	site := open(t, tempFile(t), map[string]string{"CSRF_USE_SESSIONS": "true"})
	addUser(t, site)
	base, client := serve(t, site)
	resp, err := client.Get(base + "/token")
	form := url.Values{"username": {"alice"}, "password": {"wonderland"}}
	form.Set("csrfmiddlewaretoken", strings.TrimPrefix(answer(t, resp, err), "200 "))
	resp, err = client.PostForm(base+"/login", form)
	if got := answer(t, resp, err); got != "303 /accounts/profile/" {
		t.Errorf("login: %s", got)
	}
	for _, c := range resp.Cookies() {
		if c.Name == "csrftoken" {
			t.Error("the secret has a cookie")
		}
	}
}
