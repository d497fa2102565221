package console_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/console"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
	_ "github.com/jamsession/jamsession/site/sqlite"
)

const (
	secretKey = "mkWzQ2v7TzfVnRr4pXoB9sEu1LhYjCd3GqA6tNwKiZ5xPyUf0e"
	prefix    = "/ops/console"
)

// A place is a site with a console, and some users: root may do everything, admin what the
// console asks for, reader only look, and staff and bob nothing of it.
type place struct {
	*site.Site
	console *console.Console
	url     string
	log     *syncBuffer
	ids     map[string]string
}

// open opens one on a new database, with these settings.
func open(t *testing.T, vars map[string]string, o *site.Options, co *console.Options) *place {
	t.Helper()
	flags := map[string]string{
		"SECRET_KEY": secretKey, "DATABASE_URL": "sqlite:///" + filepath.Join(t.TempDir(), "db.sqlite3"),
		"PBKDF2_ITERATIONS": "1000", "LOGIN_URL": "/login/",
	}
	maps.Copy(flags, vars)
	s, err := settings.Load(settings.Sources{Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	if err := site.Migrate(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	p := &place{log: new(syncBuffer), ids: make(map[string]string)}
	if o == nil {
		o = &site.Options{}
	}
	o.Logger = slog.New(slog.NewTextHandler(p.log, nil))
	if p.Site, err = site.Open(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Site.Close() })
	if co == nil {
		co = &console.Options{}
	}
	co.Logger = o.Logger
	if p.console, err = console.New(p.Site, co); err != nil {
		t.Fatal(err)
	}
	if o.Users == nil {
		p.addUsers(t)
	}
	mux := http.NewServeMux()
	mux.Handle(prefix+"/", http.StripPrefix(prefix, p.console))
	mux.HandleFunc("GET /in/{name}", p.logIn)
	mux.HandleFunc("GET /old", func(_ http.ResponseWriter, r *http.Request) {
		session.From(r).Set("_login_time", time.Now().Add(-time.Hour).Unix())
	})
	mux.HandleFunc("GET /set", func(_ http.ResponseWriter, r *http.Request) {
		for name, values := range r.URL.Query() {
			session.From(r).Set(name, values[0])
		}
	})
	mux.HandleFunc("GET /nested", func(_ http.ResponseWriter, r *http.Request) {
		session.From(r).Set("profile", map[string]any{
			"list": []any{map[string]any{"access_token": "PLANTED3", "n": 1}}, "deep": map[string]any{"password": []string{"PLANTED4"}},
		})
	})
	mux.HandleFunc("GET /token", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, csrf.Token(r))
	})
	mux.HandleFunc("GET /who", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, auth.From(r).Username)
	})
	server := httptest.NewServer(p.Handler(mux))
	t.Cleanup(server.Close)
	t.Cleanup(p.console.Close)
	p.url = server.URL
	return p
}

func (p *place) addUsers(t *testing.T) {
	t.Helper()
	if _, err := p.Users().RegisterModel(t.Context(), "sessions", "session", ""); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"root", "admin", "reader", "staff", "bob"} {
		user, err := p.Users().Create(t.Context(), auth.User{
			Username: name, Email: name + "@example.com", Password: "!", IsActive: true,
			IsStaff: name == "staff", IsSuperuser: name == "root",
		})
		if err != nil {
			t.Fatal(err)
		}
		p.ids[name] = user.ID
		for may, who := range map[string]string{
			"sessions.view_session": "admin reader", "sessions.delete_session": "admin",
		} {
			if strings.Contains(who, name) {
				if err := p.Users().GrantToUser(t.Context(), user.ID, may); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func (p *place) logIn(_ http.ResponseWriter, r *http.Request) {
	user, err := p.UserStore().ByUsername(r.Context(), r.PathValue("name"))
	if err == nil {
		user.Backend = "django.contrib.auth.backends.ModelBackend"
		err = p.Auth.Login(r, user)
	}
	if err != nil {
		session.Abort(r, err)
	}
}

// A visitor is a browser that follows no redirects.
type visitor struct {
	t     *testing.T
	place *place
	http  *http.Client
}

// visitor returns one who is logged in, unless the name is empty.
func (p *place) visitor(t *testing.T, name string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t, p, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
	if name != "" {
		if r := v.get("/in/" + name); r.status != http.StatusOK {
			t.Fatalf("login: status %d", r.status)
		}
	}
	return v
}

// A response is what a visitor got.
type response struct {
	status int
	header http.Header
	body   string
}

func (v *visitor) do(method, path string, form url.Values, header map[string]string) response {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.place.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Accept", "text/html")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	resp, err := v.http.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return response{resp.StatusCode, resp.Header, string(body)}
}

func (v *visitor) get(path string) response { v.t.Helper(); return v.do("GET", path, nil, nil) }

// page opens a page of the console, and fails unless it is there.
func (v *visitor) page(path string) string {
	v.t.Helper()
	r := v.get(prefix + path)
	if r.status != http.StatusOK {
		v.t.Fatalf("%s: status %d", path, r.status)
	}
	return r.body
}

// post sends a form with the token.
func (v *visitor) post(path string, fields ...string) response {
	v.t.Helper()
	form := url.Values{"csrfmiddlewaretoken": {v.get("/token").body}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return v.do("POST", prefix+path, form, nil)
}

// acts sends a form, and fails unless it was carried out.
func (v *visitor) acts(path string, fields ...string) string {
	v.t.Helper()
	r := v.post(path, fields...)
	if r.status != http.StatusSeeOther {
		v.t.Fatalf("%s: status %d\n%s", path, r.status, r.body)
	}
	return r.header.Get("Location")
}

func (v *visitor) cookie(name string) string {
	at, _ := url.Parse(v.place.url)
	for _, c := range v.http.Jar.Cookies(at) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

var (
	inline          = regexp.MustCompile(`(?i)<style|<script>|<script [^>]*>[^<]|style=|\son\w+=|(href|src|action)="?(https?:|//|data:|javascript:)`)
	deviceField     = regexp.MustCompile(`name="device" value="(\w+)"`)
	fingerprintCell = regexp.MustCompile(`<code>([0-9a-f]{12})</code></a></th>`)
	nextLink        = regexp.MustCompile(`href="(\?after=[^"]*)">Next page`)
	userLink        = regexp.MustCompile(`href="\.\./users/([^"/]+)/"`)
	fingerprints    = regexp.MustCompile(`\b[0-9a-f]{12}\b`)
)

// sessionOf returns the page of a visitor's session, as another one sees it.
func (v *visitor) sessionOf(other *visitor) string {
	v.t.Helper()
	r := v.post("/sessions/open/", "key", other.cookie("sessionid"))
	if r.status != http.StatusSeeOther {
		v.t.Fatalf("open by key: status %d", r.status)
	}
	return strings.TrimPrefix(r.header.Get("Location"), "../..")
}

// A syncBuffer is a log.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// oneUser is a program's own store of users, with one of them.
type oneUser struct{ auth.User }

func (u oneUser) ByID(_ context.Context, id string) (auth.User, error) {
	if id != u.ID {
		return auth.User{}, auth.ErrUserNotFound
	}
	return u.User, nil
}

func (u oneUser) ByUsername(_ context.Context, name string) (auth.User, error) {
	if name != u.Username {
		return auth.User{}, auth.ErrUserNotFound
	}
	return u.User, nil
}

func (oneUser) UpgradePassword(context.Context, string, string, string) (bool, error) {
	return false, nil
}

func (oneUser) TouchLastLogin(context.Context, string, time.Time) error { return nil }
