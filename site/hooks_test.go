package site_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
)

// A door is a backend that lets one name in, with any password.
type door struct{ auth.Backend }

func (door) Name() string { return "door" }

func (door) Authenticate(_ context.Context, name, _ string) (auth.User, error) {
	if name != "guest" {
		return auth.User{}, auth.ErrNoMatch
	}
	return auth.User{ID: "1", Username: name, IsActive: true}, nil
}

// TestOptionsSeeTheSettingsAndAddToThem: of each part, before it is made.
func TestOptionsSeeTheSettingsAndAddToThem(t *testing.T) {
	s := settingsOf(t, tempFile(t), map[string]string{
		"SESSION_COOKIE_NAME": "sid", "CSRF_COOKIE_NAME": "xsrf", "LOGIN_URL": "/in", "MESSAGE_LEVEL": "30",
	})
	if err := site.Migrate(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	var logins, refused, saved int
	here := openWith(t, s, &site.Options{
		Sessions: func(o *session.Options) {
			if o.Cookie.Name != "sid" {
				t.Errorf("session options %+v", o)
			}
			o.Observe = func(_ context.Context, e session.Event) {
				if e.Kind == session.EventSaved || e.Kind == session.EventCreated {
					saved++
				}
			}
		},
		CSRF: func(o *csrf.Options) {
			if o.Cookie.Name != "xsrf" {
				t.Errorf("CSRF options %+v", o)
			}
			o.FailureHandler = func(w http.ResponseWriter, _ *http.Request, _ error) {
				refused++
				w.WriteHeader(http.StatusTeapot)
			}
		},
		Messages: func(o *messages.Options) {
			if o.MinLevel != messages.LevelWarning {
				t.Errorf("message options %+v", o)
			}
			o.Cookie.Name = "notes"
		},
		Auth: func(o *auth.Options) {
			if o.LoginURL != "/in" || len(o.Backends) != 1 {
				t.Errorf("auth options %+v", o)
			}
			o.Backends = append(o.Backends, door{o.Backends[0]})
			o.OnLogin = func(*http.Request, auth.User) { logins++ }
		},
	})
	addUser(t, here)
	page := here.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		messages.Info(r, "too low")
		messages.Warning(r, "hello")
		for name, want := range map[string]string{"alice": "wonderland", "guest": "x"} {
			user, err := here.Auth.Authenticate(r, name, want)
			if err == nil {
				err = here.Auth.Login(r, user)
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}))
	w := httptest.NewRecorder()
	page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if cookies := fmt.Sprint(w.Header()["Set-Cookie"]); !strings.Contains(cookies, "notes=") || logins != 2 || saved == 0 {
		t.Errorf("%d logins, %d saves, cookies %s", logins, saved, cookies)
	}
	w = httptest.NewRecorder()
	page.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	if w.Code != http.StatusTeapot || refused != 1 {
		t.Errorf("a forged form: %d", w.Code)
	}
}

// TestUserTableSeesItsOptions: with what the settings say, and can add to them.
func TestUserTableSeesItsOptions(t *testing.T) {
	s := settingsOf(t, tempFile(t), map[string]string{"STORE_TIMEOUT": "3"})
	o := &site.Options{UserTable: func(o *sqlusers.Options) {
		if o.Timeout != 3*time.Second {
			t.Errorf("options %+v", o)
		}
		o.IgnoreCase, o.LoginByEmail = true, true
	}}
	if err := site.Migrate(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	here := openWith(t, s, o)
	addUser(t, here)
	here.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if user, err := here.Auth.Authenticate(r, "ALICE", "wonderland"); err != nil || user.Username != "alice" {
			t.Errorf("user %v, error %v", user, err)
		}
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
}

// TestLimitsSeesEachLimiter: with what the settings say of it, and can add to it.
func TestLimitsSeesEachLimiter(t *testing.T) {
	s := settingsOf(t, tempFile(t), map[string]string{
		"LOGIN_LIMIT_STORE": "memory", "LOGIN_LIMIT_ACCOUNT": "1/3600", "SIGNUP_LIMIT": "2/60", "NEW_SESSION_LIMIT": "3/1",
	})
	var refused []string
	bursts := make(map[string]int)
	o := &site.Options{Limits: func(o *throttle.Options) {
		bursts[o.Purpose] = max(o.PerAccount.Burst, o.PerSource.Burst)
		o.OnLimited = func(_ *http.Request, bucket string, _ time.Duration) {
			refused = append(refused, o.Purpose+": "+bucket)
		}
	}}
	if err := site.Migrate(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	here := openWith(t, s, o)
	want := map[string]int{"login": 50, "password reset": 50, "sign-up": 2, "new session": 3, "devices": 0}
	if !maps.Equal(bursts, want) {
		t.Errorf("limits %v, want %v", bursts, want)
	}
	here.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		for range 2 {
			_, _ = here.Auth.Authenticate(r, "nobody", "x")
		}
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	if !slices.Equal(refused, []string{"login: account"}) {
		t.Errorf("refused: %q", refused)
	}
}

// TestLoggerIsToldByAllParts, and slog's default by none.
func TestLoggerIsToldByAllParts(t *testing.T) {
	var told, other bytes.Buffer
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&other, nil)))
	t.Cleanup(func() { slog.SetDefault(old) })
	s := settingsOf(t, tempFile(t), map[string]string{
		"ALLOWED_HOSTS": "example.com", "LOGIN_LIMIT_ACCOUNT": "1/3600", "SESSION_ENGINE": "cached_db", "CACHE_URL": "memory://",
	})
	o := &site.Options{Logger: slog.New(slog.NewTextHandler(&told, nil))}
	if err := site.Migrate(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	here := openWith(t, s, o)
	h := here.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		for range 2 {
			_, _ = here.Auth.Authenticate(r, "nobody", "x")
		}
		session.Abort(r, errors.New("an error of the page"))
	}))
	for method, url := range map[string]string{
		"POST": "http://example.com/", "GET": "http://example.com/", "HEAD": "http://evil.com/",
	} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, url, nil))
	}
	for _, text := range []string{"csrf: request refused", "too many attempts", "an error of the page", "evil.com"} {
		if !strings.Contains(told.String(), text) {
			t.Errorf("the logger was not told: %s\n%s", text, &told)
		}
	}
	if other.Len() > 0 {
		t.Errorf("the default logger was told: %s", &other)
	}
}

// TestSiteWithoutUsersNeedsNoDatabase if its engine needs none, and everybody is
// anonymous there.
func TestSiteWithoutUsersNeedsNoDatabase(t *testing.T) {
	for engine, vars := range map[string]map[string]string{
		"cache":          {"CACHE_URL": "memory://"},
		"file":           {"SESSION_FILE_PATH": t.TempDir()},
		"signed_cookies": {},
		"db":             {},
	} {
		vars["SESSION_ENGINE"] = engine
		file := tempFile(t)
		s, o := settingsOf(t, file, vars), &site.Options{NoUsers: true}
		if err := site.Migrate(t.Context(), s, o); err != nil {
			t.Fatal(err)
		}
		here := openWith(t, s, o)
		if _, err := os.Stat(file); (err == nil) != (engine == "db") || (here.Database.DB != nil) != (engine == "db") {
			t.Errorf("%s: the file of the database: %v", engine, err)
		}
		for field, v := range reflect.ValueOf(here).Elem().Fields() {
			if k := field.Type.Kind(); field.IsExported() && (k == reflect.Pointer || k == reflect.Interface) && v.IsNil() {
				t.Errorf("%s: Site.%s is nil", engine, field.Name)
			}
		}
		if plan, err := site.Plan(t.Context(), s, o); len(plan) > 0 || err != nil {
			t.Errorf("%s: plan %v, %v", engine, plan, err)
		}
		w := httptest.NewRecorder()
		here.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			session.From(r).Set("a", 1)
			messages.Info(r, "hello")
			_, err := here.Auth.Authenticate(r, "alice", "wonderland")
			fmt.Fprint(w, len(csrf.Token(r)), errors.Is(err, auth.ErrNoMatch), auth.From(r) == (auth.User{}),
				auth.HasPerm(r, "shop.add_order"))
		})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if w.Code != http.StatusOK || w.Body.String() != "64 true true false" {
			t.Errorf("%s: %d %s", engine, w.Code, w.Body)
		}
		func() {
			defer func() {
				if text := fmt.Sprint(recover()); !strings.Contains(text, "not in Django") {
					t.Errorf("%s: Users: %s", engine, text)
				}
			}()
			here.Users()
		}()
	}
}

// members are the program's own users.
type members map[string]auth.User

func (m members) ByID(_ context.Context, id string) (auth.User, error) {
	if user, ok := m[id]; ok {
		return user, nil
	}
	return auth.User{}, auth.ErrUserNotFound
}

func (m members) ByUsername(ctx context.Context, name string) (auth.User, error) {
	return m.ByID(ctx, name)
}

func (members) UpgradePassword(context.Context, string, string, string) (bool, error) {
	return true, nil
}

func (members) TouchLastLogin(context.Context, string, time.Time) error { return nil }

// TestUsersOfTheProgramLogIn, by hashers of the program, without a table.
func TestUsersOfTheProgramLogIn(t *testing.T) {
	hashers := noerror.In(password.New(&password.Options{Hashers: []password.Hasher{noerror.In(password.PBKDF2SHA1(3))}}))
	hash, err := hashers.Hash(t.Context(), "wonderland")
	if err != nil || !strings.HasPrefix(hash, "pbkdf2_sha1$3$") {
		t.Fatal(hash, err)
	}
	file := tempFile(t)
	s := settingsOf(t, file, map[string]string{"SESSION_ENGINE": "cache", "CACHE_URL": "memory://", "LOGIN_URL": "/login"})
	o := &site.Options{
		Users:   members{"alice": {ID: "alice", Username: "alice", Password: hash, IsActive: true}},
		Hashers: hashers,
	}
	here := openWith(t, s, o)
	base, client := serve(t, here)
	if got := me(t, base, logIn(t, base, client)); got != "200 alice" {
		t.Errorf("after the login: %s", got)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a database; %v", err)
	}
	o.NoUsers = true
	if _, err := site.Open(t.Context(), s, o); err == nil || !strings.Contains(err.Error(), "Users and NoUsers") {
		t.Errorf("users and no users: error %v", err)
	}
}
