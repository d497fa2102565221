package main

import (
	"encoding/json"
	"fmt"
	"io"
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

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
)

const (
	testSecret   = "mkWzQ2v7TzfVnRr4pXoB9sEu1LhYjCd3GqA6tNwKiZ5xPyUf0e"
	testPassword = "correct horse battery staple"
)

// A visitor is a browser at a running site. It does not follow redirects, and
// posts forms with the token of the page that it saw last.
type visitor struct {
	t      *testing.T
	client *http.Client
	base   string
	page   string
}

// A response is what a visitor got.
type response struct {
	status   int
	location string
	header   http.Header
	body     string
}

// start opens the site on a new database with one user, and serves it with
// whatever handlers adds, such as a page for a test.
func start(t *testing.T, extra func(s *app, mux *http.ServeMux)) (*app, *visitor, string) {
	t.Helper()
	return startMailing(t, make(mailbox, 10), extra, nil)
}

// startMailing is start with the mails of the site, and with more settings.
func startMailing(
	t *testing.T, mails mailbox, extra func(s *app, mux *http.ServeMux), vars map[string]string,
) (*app, *visitor, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "db.sqlite3")
	flags := map[string]string{
		"SECRET_KEY": testSecret, "DATABASE_URL": "sqlite:///" + file,
		"PBKDF2_ITERATIONS": "1000", "LOGIN_URL": path("login"), "LOGIN_REDIRECT_URL": path("dashboard"), "LOGOUT_REDIRECT_URL": path("login"),
	}
	maps.Copy(flags, vars)
	conf, err := settings.Load(settings.Sources{Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	if err := site.Migrate(t.Context(), conf, nil); err != nil {
		t.Fatal(err)
	}
	site, err := site.Open(t.Context(), conf, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = site.Close() })
	hash, err := site.Hashers.Hash(t.Context(), testPassword)
	if err != nil {
		t.Fatal(err)
	}
	user := auth.User{Username: "ann", Password: hash, IsActive: true}
	if _, err := site.Users().Create(t.Context(), user); err != nil {
		t.Fatal(err)
	}
	site.Mail = mails
	s, err := newApp(site, "http://site.example")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	mux := http.NewServeMux()
	mux.Handle("/", s.handler())
	if extra != nil {
		extra(s, mux)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return s, newVisitor(t, server.URL), file
}

func newVisitor(t *testing.T, base string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, base: base, client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (v *visitor) do(req *http.Request) response {
	v.t.Helper()
	resp, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return response{resp.StatusCode, resp.Header.Get("Location"), resp.Header, string(body)}
}

func (v *visitor) get(path string) response {
	v.t.Helper()
	req, _ := http.NewRequestWithContext(v.t.Context(), "GET", v.base+path, nil)
	r := v.do(req)
	v.page = r.body
	return r
}

var tokenField = regexp.MustCompile(`name="csrfmiddlewaretoken" value="(\w+)"`)

// post posts a form as the page that was seen last has it.
func (v *visitor) post(path string, fields ...string) response {
	v.t.Helper()
	form := url.Values{}
	if m := tokenField.FindStringSubmatch(v.page); m != nil {
		form.Set("csrfmiddlewaretoken", m[1])
	}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	req, _ := http.NewRequestWithContext(v.t.Context(), "POST", v.base+path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(req)
}

func (v *visitor) login() {
	v.t.Helper()
	v.get("/login/")
	if r := v.post("/login/", "username", "ann", "password", testPassword); r.status != http.StatusFound {
		v.t.Fatalf("login: status %d: %s", r.status, r.body)
	}
}

// key returns the visitor's session key.
func (v *visitor) key() string {
	at, _ := url.Parse(v.base)
	for _, c := range v.client.Jar.Cookies(at) {
		if c.Name == "sessionid" {
			return c.Value
		}
	}
	return ""
}

// leads fails unless the response redirects to a page.
func (v *visitor) leads(r response, to string) {
	v.t.Helper()
	if r.status != http.StatusFound || r.location != to {
		v.t.Errorf("status %d to %q, want a redirect to %q: %.200s", r.status, r.location, to, r.body)
	}
}

// shows fails unless the page contains the text.
func (v *visitor) shows(r response, text string) {
	v.t.Helper()
	if r.status != http.StatusOK || !strings.Contains(r.body, text) {
		v.t.Errorf("status %d; the page does not show %q:\n%s", r.status, text, r.body)
	}
}

func TestVisitCounter(t *testing.T) {
	_, v, _ := start(t, nil)
	for n := 1; n <= 3; n++ {
		v.shows(v.get("/"), fmt.Sprintf(`id="visits">%d<`, n))
	}
}

func TestNameIsSetShownAndDeleted(t *testing.T) {
	_, v, _ := start(t, nil)
	v.shows(v.get("/show/"), "Hello, <bdi>Guest</bdi>.")
	v.get("/")
	v.leads(v.post("/set/", "username", "<b>John</b> Ünï"), "/show/")
	v.shows(v.get("/show/"), "Hello, <bdi>&lt;b&gt;John&lt;/b&gt; Ünï</bdi>.")
	v.leads(v.post("/delete/"), "/show/")
	v.shows(v.get("/show/"), "Hello, <bdi>Guest</bdi>.")
	v.leads(v.post("/delete/"), "/show/") // nothing there
}

func TestLongNameIsRefused(t *testing.T) {
	_, v, _ := start(t, nil)
	v.get("/")
	if r := v.post("/set/", "username", strings.Repeat("x", 601)); r.status != http.StatusBadRequest {
		t.Errorf("status %d", r.status)
	}
	v.shows(v.get("/show/"), "Hello, <bdi>Guest</bdi>.")
}

func TestShowAsJSON(t *testing.T) {
	_, v, _ := start(t, nil)
	v.login()
	v.get("/")
	v.post("/set/", "username", "John")
	req, _ := http.NewRequestWithContext(t.Context(), "GET", v.base+"/show/", nil)
	req.Header.Set("Accept", "application/json")
	r := v.do(req)
	var got map[string]any
	if err := json.Unmarshal([]byte(r.body), &got); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	if got["username"] != "John" || got["visits"] != 1.0 || got["is_logged_in"] != true || len(got) != 3 {
		t.Errorf("got %v", got)
	}
}

func TestClearForgetsTheSession(t *testing.T) {
	s, v, _ := start(t, nil)
	v.get("/")
	v.post("/set/", "username", "John")
	key := v.key()
	v.leads(v.post("/clear/"), "/show/")
	if v.key() != "" {
		t.Error("the cookie is still there")
	}
	if _, err := s.Store.Load(t.Context(), key); err == nil {
		t.Error("the record is still there")
	}
	v.shows(v.get("/show/"), "Hello, <bdi>Guest</bdi>.")
}

func TestLoginDashboardLogout(t *testing.T) {
	_, v, _ := start(t, nil)
	v.leads(v.get("/dashboard/"), "/login/?next=/dashboard/")
	v.get("/") // an anonymous session
	before := v.key()
	v.get("/login/?next=/dashboard/")
	r := v.post("/login/", "username", "ann", "password", "wrong", "next", "/dashboard/")
	v.shows(r, "Wrong username or password")
	v.page = r.body
	r = v.post("/login/", "username", "nobody", "password", "wrong")
	v.shows(r, "Wrong username or password")
	v.page = r.body
	v.leads(v.post("/login/", "username", "ann", "password", testPassword, "next", "/dashboard/"), "/dashboard/")
	if v.key() == before || v.key() == "" {
		t.Error("the key was not rotated")
	}
	r = v.get("/dashboard/")
	v.shows(r, "ann")
	if cc := r.header.Get("Cache-Control"); !strings.Contains(cc, "no-store") {
		t.Errorf("Cache-Control: %q", cc)
	}
	after := v.key()
	if r := v.get("/logout/"); r.status != http.StatusMethodNotAllowed {
		t.Errorf("GET /logout/: status %d", r.status)
	}
	v.get("/dashboard/")
	v.leads(v.post("/logout/"), "/login/")
	v.leads(v.get("/dashboard/"), "/login/?next=/dashboard/")
	for _, key := range []string{before, after} { // replay the old cookies
		req, _ := http.NewRequestWithContext(t.Context(), "GET", v.base+"/dashboard/", nil)
		req.Header.Set("Cookie", "sessionid="+key)
		if r := newVisitor(t, v.base).do(req); r.status != http.StatusFound {
			t.Errorf("an old cookie still opens the dashboard: status %d", r.status)
		}
	}
}

func TestLoginLeadsOnlyToThisSite(t *testing.T) {
	_, v, _ := start(t, nil)
	for next, want := range map[string]string{
		"/show/":                    "/show/",
		"":                          "/dashboard/",
		"https://evil.example/":     "/dashboard/",
		"//evil.example/":           "/dashboard/",
		`/\evil.example/`:           "/dashboard/",
		"javascript:alert(1)":       "/dashboard/",
		"http:///evil.example/":     "/dashboard/",
		"\thttps://evil.example/\t": "/dashboard/",
	} {
		v.get("/login/?again=1")
		v.leads(v.post("/login/", "username", "ann", "password", testPassword, "next", next), want)
	}
}

func TestFormsNeedTheToken(t *testing.T) {
	_, v, _ := start(t, nil)
	v.get("/")
	v.page = ""
	for _, path := range []string{"/set/", "/delete/", "/clear/", "/login/", "/logout/"} {
		if r := v.post(path); r.status != http.StatusForbidden {
			t.Errorf("POST %s without a token: status %d", path, r.status)
		}
	}
}

func TestMissingPage(t *testing.T) {
	_, v, _ := start(t, nil)
	for _, path := range []string{"/nothing", "/show/more", "/dashboard/x"} {
		if r := v.get(path); r.status != http.StatusNotFound || !strings.Contains(r.body, "Page not found") {
			t.Errorf("%s: status %d", path, r.status)
		}
	}
}

// TestNoLostUpdate: on the real site with its database, 32 requests that have
// all loaded one session set an item of their own and count one counter.
func TestNoLostUpdate(t *testing.T) {
	const n = 32
	var gate sync.WaitGroup
	gate.Add(n)
	s, v, _ := start(t, func(s *app, mux *http.ServeMux) {
		mux.Handle("GET /test/{i}", s.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sess := session.From(r)
			gate.Done()
			gate.Wait()
			sess.Set("item"+r.PathValue("i"), true)
			session.Item[int]("total").Update(sess, 0, func(n int) int { return n + 1 })
		})))
	})
	v.get("/")
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			req, _ := http.NewRequestWithContext(t.Context(), "GET", fmt.Sprint(v.base, "/test/", i), nil)
			resp, err := v.client.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Errorf("status %d", resp.StatusCode)
			}
		})
	}
	wg.Wait()
	sess, err := s.Sessions.ByKey(t.Context(), v.key())
	if err != nil {
		t.Fatal(err)
	}
	items := 0
	for _, name := range sess.Names() {
		if strings.HasPrefix(name, "item") {
			items++
		}
	}
	if total := session.Item[int]("total").Get(sess, 0); items != n || total != n {
		t.Errorf("%d items and a total of %d, want %d of each", items, total, n)
	}
}

// TestLogoutStaysALogout: a hundred writers have the session in hand when the
// logout is answered.
func TestLogoutStaysALogout(t *testing.T) {
	const n = 100
	var inHand sync.WaitGroup
	inHand.Add(n)
	loggedOut := make(chan struct{})
	s, v, _ := start(t, func(s *app, mux *http.ServeMux) {
		mux.Handle("GET /test/write", s.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sess := session.From(r)
			inHand.Done()
			<-loggedOut
			session.Item[int]("n").Update(sess, 0, func(n int) int { return n + 1 })
		})))
	})
	v.login()
	v.get("/dashboard/")
	key := v.key()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			req, _ := http.NewRequestWithContext(t.Context(), "GET", v.base+"/test/write", nil)
			req.Header.Set("Cookie", "sessionid="+key)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusBadRequest {
				t.Errorf("a writer got status %d, want 400", resp.StatusCode)
			}
		})
	}
	inHand.Wait()
	v.leads(v.post("/logout/"), "/login/")
	close(loggedOut)
	wg.Wait()
	if sess, err := s.Sessions.ByKey(t.Context(), key); err != nil || len(sess.Names()) > 0 {
		t.Errorf("the session is back: %v, %v", sess.Names(), err)
	}
}

// TestStockDjangoReadsTheSession: Django with the same file and the same
// SECRET_KEY finds nothing to migrate and knows who is logged in.
func TestStockDjangoReadsTheSession(t *testing.T) {
	_, v, file := start(t, nil)
	django := djangotest.Site(t, file, testSecret)
	v.get("/")
	v.login()
	v.get("/")
	v.post("/set/", "username", "Jürgen")

	if out := django.Manage("migrate", "--plan"); !strings.Contains(out, "No planned migration operations") {
		t.Errorf("migrate --plan: %s", out)
	}
	out := django.Run(fmt.Sprintf(`
from importlib import import_module
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
request = HttpRequest()
request.session = import_module(settings.SESSION_ENGINE).SessionStore(%q)
print(get_user(request), ascii(request.session["username"]), request.session["visits"], request.session["is_logged_in"])
request.session["from_django"] = 1.0
request.session["visits"] += 10
request.session.save()
`, v.key()))
	if want := `ann 'J\xfcrgen' 2 True`; strings.TrimSpace(out) != want {
		t.Errorf("Django sees %q, want %q", out, want)
	}

	v.shows(v.get("/"), `id="visits">13<`) // and back
	v.shows(v.get("/"), "<code>1.0</code>")
	v.shows(v.get("/dashboard/"), "ann")
}

// TestEveryAnswerHasTheSecureHeaders that ASVS asks for (V3.4), errors as well.
func TestEveryAnswerHasTheSecureHeaders(t *testing.T) {
	_, v, _ := startMailing(t, make(mailbox, 10), nil, map[string]string{
		"SECURE_HSTS_SECONDS": "31536000", "SECURE_PROXY_SSL_HEADER": "HTTP_X_FORWARDED_PROTO,https",
		"ALLOWED_HOSTS": "127.0.0.1",
	})
	for about, c := range map[string]struct {
		method, path, host string
		status             int
	}{
		"page":               {"GET", "/", "", 200},
		"style":              {"GET", "/style.css", "", 200},
		"not found":          {"GET", "/none", "", 404},
		"wrong method":       {"GET", "/logout/", "", 405},
		"redirect":           {"GET", "/dashboard/", "", 302},
		"forged":             {"POST", "/login/", "", 403},
		"of another site":    {"GET", "/", "evil.example", 400},
		"link that is wrong": {"GET", "/reset/MQ/x-y/", "", 404},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, v.base+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = c.host
		r.Header.Set("X-Forwarded-Proto", "https")
		got := v.do(r)
		if got.status != c.status {
			t.Errorf("%s: status %d, want %d", about, got.status, c.status)
		}
		for name, want := range map[string]string{
			"Strict-Transport-Security":    "max-age=31536000",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "same-origin",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"X-Frame-Options":              "DENY",
		} {
			if value := got.header.Get(name); value != want {
				t.Errorf("%s: %s is %q, want %q", about, name, value, want)
			}
		}
		policy := got.header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s: Content-Security-Policy is %q", about, policy)
		}
	}
}

// TestHSTSForAYear, unless it is set.
func TestHSTSForAYear(t *testing.T) {
	t.Chdir(t.TempDir())
	check := func(want string) {
		t.Helper()
		if s, err := load(); err != nil || s.Get("SECURE_HSTS_SECONDS") != want {
			t.Errorf("SECURE_HSTS_SECONDS is %s, want %s; %v", s.Get("SECURE_HSTS_SECONDS"), want, err)
		}
	}
	check(year)
	t.Setenv("SECURE_HSTS_SECONDS", "63072000")
	check("63072000")
}
