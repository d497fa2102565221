package attacks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/reset"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
	sites "github.com/jamsession/jamsession/site"
	_ "github.com/jamsession/jamsession/site/all" // opens what the settings name
)

const (
	secretKey = "p4Yt7wq0Zr8Vd2Lx6Nb3Ms9Kc5Jh1Gf-Qe_Ta.Uo+Wi/Xy=RlHg"
	password  = "SENTINEL-wonderland"
)

// A site is under attack. It has the users alice and bob.
type site struct {
	*sites.Site

	resets *reset.Resets
	url    string
	log    *syncBuffer // of everything that the site and its server log
}

// engines have the settings of each engine that needs no server.
var engines = map[string]map[string]string{
	"db":             {"SESSION_ENGINE": "db"},
	"cache":          {"SESSION_ENGINE": "cache", "CACHE_URL": "memory://"},
	"cached_db":      {"SESSION_ENGINE": "cached_db", "CACHE_URL": "memory://"},
	"file":           {"SESSION_ENGINE": "file"},
	"signed_cookies": {"SESSION_ENGINE": "signed_cookies", "SESSION_DENY_LIST": "db"},
}

func open(t *testing.T, vars map[string]string) *site { t.Helper(); return openWith(t, vars, nil) }

// openWith is open with options.
func openWith(t *testing.T, vars map[string]string, o *sites.Options) *site {
	t.Helper()
	dir := t.TempDir()
	flags := map[string]string{
		"SECRET_KEY": secretKey, "DATABASE_URL": "sqlite:///" + filepath.Join(dir, "site.db"),
		"PBKDF2_ITERATIONS": "10", "SESSION_FILE_PATH": filepath.Join(dir, "sessions"), "LOGIN_URL": "/login",
	}
	for name, value := range vars {
		flags[name] = value
	}
	s := &site{log: &syncBuffer{}}
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(func() { slog.SetDefault(old) })
	loaded, err := settings.Load(settings.Sources{Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	if err := sites.Migrate(t.Context(), loaded, o); err != nil {
		t.Fatal(err)
	}
	if s.Site, err = sites.Open(t.Context(), loaded, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, name := range []string{"alice", "bob"} {
		s.addUser(t, name)
	}
	s.resets, err = reset.New(s.Auth, s.Users(), s.Tokens, s.Mail, &reset.Options{
		URL: "https://example.com/reset/{id}/{token}", Limiter: s.ResetLimiter,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.resets.Close(context.WithoutCancel(t.Context())) })
	server := httptest.NewUnstartedServer(s.Handler(s.pages()))
	server.Config.ErrorLog = log.New(s.log, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// addUser stores a user, unless another site on this database has done so.
func (s *site) addUser(t *testing.T, name string) {
	t.Helper()
	if _, err := s.Users().ByUsername(t.Context(), name); err == nil {
		return
	}
	hash, err := s.Hashers.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Users().Create(t.Context(), auth.User{Username: name, Password: hash, IsActive: true})
	if err != nil {
		t.Fatal(err)
	}
}

// pages are those of an ordinary site.
func (s *site) pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /public", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })
	mux.HandleFunc("GET /form", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, csrf.Token(r)) })
	mux.HandleFunc("/whoami", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "[%s]", auth.From(r).Username)
	})
	mux.HandleFunc("GET /set", func(_ http.ResponseWriter, r *http.Request) {
		session.From(r).Set("x", r.URL.Query().Get("x"))
	})
	mux.HandleFunc("GET /notes", func(w http.ResponseWriter, r *http.Request) {
		for _, m := range messages.Take(r) {
			fmt.Fprint(w, m.Text)
		}
	})
	mux.Handle("/account/", s.Auth.RequireLogin(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "secrets of "+auth.From(r).Username) })))
	mux.HandleFunc("GET /panic", func(_ http.ResponseWriter, r *http.Request) {
		panic(fmt.Sprintf("%v %+v %#v", auth.From(r), session.From(r), r.Context()))
	})
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /signup", s.signUp)
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		s.Auth.Logout(r)
		messages.Info(r, "bye")
		fmt.Fprint(w, "out")
	})
	mux.Handle("POST /password", s.Auth.RequireLogin(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			err := s.Auth.ChangePassword(r, r.PostFormValue("old"), r.PostFormValue("new"))
			if errors.Is(err, throttle.ErrLimited) {
				session.Abort(r, err)
			}
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
			}
		})))
	mux.HandleFunc("/reset/{id}/{token}", s.reset)
	return mux
}

// reset opens the link of a mail, and sets the new password.
func (s *site) reset(w http.ResponseWriter, r *http.Request) {
	var moved bool
	var err error
	if r.Method == http.MethodPost {
		_, err = s.resets.Finish(r, r.PathValue("id"), r.PostFormValue("password"))
	} else {
		_, moved, err = s.resets.Open(r, r.PathValue("id"), r.PathValue("token"))
	}
	switch {
	case moved:
		http.Redirect(w, r, reset.KeptToken, http.StatusFound)
	case errors.Is(err, reset.ErrBadLink):
		http.Error(w, "no", http.StatusNotFound)
	case err != nil:
		session.Abort(r, err)
	}
}

func (s *site) login(w http.ResponseWriter, r *http.Request) {
	user, err := s.Auth.Authenticate(r, r.PostFormValue("username"), r.PostFormValue("password"))
	if errors.Is(err, auth.ErrNoMatch) || errors.Is(err, auth.ErrDenied) {
		http.Error(w, "no", http.StatusUnauthorized)
		return
	}
	if err == nil {
		err = s.Auth.Login(r, user)
	}
	if err != nil {
		session.Abort(r, err)
	}
	s.Auth.StayLoggedIn(r, r.PostFormValue("remember") != "")
	messages.Success(r, "welcome "+user.Username)
	w.Header().Set("Location", s.Auth.SafeNext(r, "/whoami"))
	w.WriteHeader(http.StatusSeeOther)
}

func (s *site) signUp(w http.ResponseWriter, r *http.Request) {
	_, err := s.Auth.SignUp(r, auth.User{Username: r.PostFormValue("username"), IsActive: true}, r.PostFormValue("password"))
	var weak *auth.PasswordError
	switch {
	case errors.As(err, &weak), errors.Is(err, auth.ErrUserExists), errors.Is(err, auth.ErrInvalidUser):
		http.Error(w, "no", http.StatusBadRequest)
	case err != nil:
		session.Abort(r, err)
	}
}

// A visitor has a browser that keeps cookies and follows no redirect.
type visitor struct {
	t    *testing.T
	site *site
	http *http.Client
}

func (s *site) visitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

// do sends a request with these headers, and returns the status and the body.
func (v *visitor) do(method, path string, form url.Values, headers map[string]string) (int, string) {
	v.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.site.url+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	resp, err := v.http.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func (v *visitor) get(path string) string {
	v.t.Helper()
	_, body := v.do(http.MethodGet, path, nil, nil)
	return body
}

// post sends a form as a page of the site does, with its token.
func (v *visitor) post(path string, fields ...string) int {
	v.t.Helper()
	code, _ := v.do(http.MethodPost, path, form(append(fields, "csrfmiddlewaretoken", v.get("/form"))...), nil)
	return code
}

// form returns fields with their values.
func form(fields ...string) url.Values {
	values := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	return values
}

func (v *visitor) login(name string, fields ...string) {
	v.t.Helper()
	code := v.post("/login", append([]string{"username", name, "password", password}, fields...)...)
	if who := v.get("/whoami"); code != http.StatusSeeOther || who != "["+name+"]" {
		v.t.Fatalf("login: %d, then the visitor is %s", code, who)
	}
}

// cookie returns what the browser has under a name, or "".
func (v *visitor) cookie(name string) string {
	v.t.Helper()
	u, err := url.Parse(v.site.url)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, c := range v.http.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func (v *visitor) key() string { v.t.Helper(); return v.cookie("sessionid") }

// thief returns the name of the user for a browser that has only this
// session cookie.
func (s *site) thief(t *testing.T, key string) string {
	t.Helper()
	_, who := s.visitor(t).do(http.MethodGet, "/whoami", nil, map[string]string{"Cookie": "sessionid=" + key})
	return strings.Trim(who, "[]")
}

type syncBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
