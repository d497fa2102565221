package auth_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

const (
	siteKey   = "kx9Wq2mVt7Rb4Zn8Lc5Hd1Jf6Gs3Py0Ua-Oe_Ti.Bw+Qr/Xz=Yv"
	oldSecret = "an older key of this site, which is still good enough"
)

// keys are those of the tests' sites.
var keys = secrettest.Keys(siteKey)

// users is a UserStore in memory, which can be made to fail.
type users struct {
	mu    sync.Mutex
	rows  map[string]auth.User
	down  error // what every method answers, if not nil
	asked int   // how often ByID was called
}

func newUsers(list ...auth.User) *users {
	u := &users{rows: make(map[string]auth.User)}
	for _, user := range list {
		u.rows[user.ID] = user
	}
	return u
}

func (u *users) ByID(_ context.Context, id string) (auth.User, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.asked++
	return u.get(id)
}

func (u *users) get(id string) (auth.User, error) {
	if _, err := strconv.Atoi(id); err != nil {
		return auth.User{}, auth.ErrInvalidUserID
	}
	user, ok := u.rows[id]
	if u.down != nil {
		return auth.User{}, u.down
	}
	if !ok {
		return auth.User{}, auth.ErrUserNotFound
	}
	return user, nil
}

func (u *users) ByUsername(_ context.Context, name string) (auth.User, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for id, user := range u.rows {
		if user.Username == name {
			return u.get(id)
		}
	}
	return u.get("-1")
}

func (u *users) UpgradePassword(_ context.Context, id string, old, encoded string) (bool, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	user, err := u.get(id)
	if errors.Is(err, auth.ErrUserNotFound) || err == nil && user.Password != old {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	user.Password = encoded
	u.rows[id] = user
	return true, nil
}

func (u *users) TouchLastLogin(_ context.Context, id string, at time.Time) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	user, err := u.get(id)
	if err == nil {
		user.LastLogin = at
		u.rows[id] = user
	}
	return err
}

// CheckNew takes names of letters, which nobody has.
func (u *users) CheckNew(_ context.Context, user auth.User) (auth.User, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	user.Username = strings.ToLower(user.Username)
	if strings.ContainsAny(user.Username, " !") {
		return auth.User{}, fmt.Errorf("%w: username", auth.ErrInvalidUser)
	}
	return user, u.free(user.Username)
}

func (u *users) free(name string) error {
	for _, user := range u.rows {
		if user.Username == name {
			return fmt.Errorf("users: %w", auth.ErrUserExists)
		}
	}
	return u.down
}

// Create stores a user under the next free ID.
func (u *users) Create(_ context.Context, user auth.User) (auth.User, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := u.free(user.Username); err != nil {
		return auth.User{}, err
	}
	user.ID = strconv.Itoa(len(u.rows) + 1)
	u.rows[user.ID] = user
	return user, nil
}

// change changes one row, as somebody else would.
func (u *users) change(id string, fn func(*auth.User)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	user := u.rows[id]
	fn(&user)
	u.rows[id] = user
}

func (u *users) remove(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.rows, id)
}

func (u *users) fail(err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.down = err
}

func (u *users) row(id string) auth.User {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.rows[id]
}

func (u *users) count() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.asked
}

// A meter is a Hasher that hashes nothing and counts the work it would do.
// Its strings are meter$<cost>$<password>.
type meter struct {
	cost int
	work *atomic.Int64
}

func (m meter) Algorithm() string { return "meter" }

func (m meter) Encode(pw string) (string, error) {
	m.work.Add(int64(m.cost))
	return "meter$" + strconv.Itoa(m.cost) + "$" + pw, nil
}

func (m meter) Verify(pw, encoded string) (bool, error) {
	cost, _, _ := strings.Cut(strings.TrimPrefix(encoded, "meter$"), "$")
	n, err := strconv.Atoi(cost)
	if err != nil {
		return false, password.ErrMalformed
	}
	m.work.Add(int64(n))
	return encoded == "meter$"+cost+"$"+pw, nil
}

func (m meter) MustUpdate(encoded string) bool {
	return !strings.HasPrefix(encoded, "meter$"+strconv.Itoa(m.cost)+"$")
}

func (m meter) Cost(encoded string) (work int, memory int64) {
	if encoded == "" {
		return m.cost, 0
	}
	cost, _, _ := strings.Cut(strings.TrimPrefix(encoded, "meter$"), "$")
	n, _ := strconv.Atoi(cost)
	return n, 0
}

// cheap returns hashers for tests that do not count.
func cheap() *password.Hashers {
	return must(password.New(&password.Options{Hashers: []password.Hasher{cheapMeter()}}))
}

func cheapMeter() meter { return meter{1, new(atomic.Int64)} }

func alice() auth.User {
	return auth.User{ID: "1", Username: "alice", Password: "meter$1$wonderland", IsActive: true}
}

func bob() auth.User {
	return auth.User{ID: "2", Username: "bob", Password: "meter$1$builder", IsActive: true}
}

// A site is everything that a login needs, and its log.
type site struct {
	users    *users
	store    session.Store
	sessions *session.Manager
	auth     *auth.Manager
	log      *bytes.Buffer
	csrf     *csrf.Protection
}

func newSite(t *testing.T, o *auth.Options) *site {
	t.Helper()
	s := &site{users: newUsers(alice(), bob()), store: memstore.New(), log: new(bytes.Buffer)}
	logger := s.logger()
	opts := auth.Options{}
	if o != nil {
		opts = *o
	}
	if opts.Hashers == nil {
		opts.Hashers = cheap()
	}
	opts.Logger = logger
	s.sessions = noerror.In(session.New(s.store, &session.Options{Logger: logger}))
	var err error
	if s.auth, err = auth.New(s.users, keys, &opts); err != nil {
		t.Fatal(err)
	}
	if s.csrf, err = csrf.New(nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// logger writes the site's log.
func (s *site) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(&lockedWriter{w: s.log}, nil))
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// wrap puts the managers around a handler.
func (s *site) wrap(h http.Handler) http.Handler {
	return s.sessions.Handler(s.auth.Handler(h))
}

// do sends one request with this session key to a handler behind the managers.
func (s *site) do(h http.HandlerFunc, key string) *http.Response {
	return s.send(h, key, httptest.NewRequest(http.MethodGet, "http://example.com/page?x=1", nil))
}

func (s *site) send(h http.HandlerFunc, key string, r *http.Request) *http.Response {
	if key != "" {
		r.AddCookie(&http.Cookie{Name: "sessionid", Value: key})
	}
	w := httptest.NewRecorder()
	s.wrap(h).ServeHTTP(w, r)
	return w.Result()
}

// login returns the key of a session in which the user is logged in.
func (s *site) login(t *testing.T, user auth.User) string {
	t.Helper()
	resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
		if err := s.auth.Login(r, user); err != nil {
			t.Error(err)
		}
	}, "")
	return sessionKey(t, resp)
}

// whoami returns the name that a request with this key has.
func (s *site) whoami(t *testing.T, key string) string {
	t.Helper()
	name := "handler did not run"
	s.do(func(_ http.ResponseWriter, r *http.Request) { name = fmt.Sprint(auth.From(r)) }, key)
	return name
}

// keys returns the keys in the store.
func (s *site) keys(t *testing.T) []string {
	t.Helper()
	found := make(map[string]bool)
	for rec, err := range session.List(t.Context(), s.store) {
		if err != nil {
			t.Fatal(err)
		}
		found[rec.Key] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// sessionKey returns the session key that a response sets.
func sessionKey(t *testing.T, resp *http.Response) string {
	t.Helper()
	for _, c := range resp.Cookies() {
		if c.Name == "sessionid" {
			return c.Value
		}
	}
	t.Fatal("the response sets no session cookie")
	return ""
}

func body(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// loginSite is a small site with forms, on a real server.
func loginSite(t *testing.T, s *site) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		user, err := s.auth.Authenticate(r, r.PostFormValue("username"), r.PostFormValue("password"))
		switch {
		case errors.Is(err, auth.ErrNoMatch):
			http.Error(w, "Wrong username or password.", http.StatusUnauthorized)
			return
		case err == nil:
			err = s.auth.Login(r, user)
		}
		if err != nil {
			http.Error(w, "try again", http.StatusServiceUnavailable)
			return
		}
		http.Redirect(w, r, s.auth.SafeNext(r, "/"), http.StatusSeeOther)
	})
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		s.auth.Logout(r)
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "Hello "+fmt.Sprint(auth.From(r)))
	})
	mux.HandleFunc("GET /count", func(w http.ResponseWriter, r *http.Request) {
		n := session.Item[int]("n").Update(session.From(r), 0, func(n int) int { return n + 1 })
		_, _ = io.WriteString(w, strconv.Itoa(n))
	})
	srv := httptest.NewServer(s.wrap(mux))
	t.Cleanup(srv.Close)
	return srv
}

// browser returns a client with cookies that does not follow redirects.
func browser(t *testing.T, srv *httptest.Server) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{
		Jar:       jar,
		Transport: srv.Client().Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

func jarKey(t *testing.T, c *http.Client, srv *httptest.Server) string {
	t.Helper()
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range c.Jar.Cookies(u) {
		if cookie.Name == "sessionid" {
			return cookie.Value
		}
	}
	return ""
}

func get(t *testing.T, c *http.Client, url string) *http.Response {
	t.Helper()
	resp, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func post(t *testing.T, c *http.Client, url string, form url.Values) *http.Response {
	t.Helper()
	resp, err := c.PostForm(url, form)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func credentials(name, pw string) url.Values {
	return url.Values{"username": {name}, "password": {pw}}
}

// plant stores a session with these items and returns its key.
func (s *site) plant(t *testing.T, items string) string {
	t.Helper()
	err := s.store.Create(t.Context(), session.Record{
		Key: vectorKey, Data: []byte(items), Expiry: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	return vectorKey
}

// must returns what a constructor has made.
func must[T any](made T, err error) T {
	if err != nil {
		panic(err)
	}
	return made
}
