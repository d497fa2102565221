package main

import (
	"bytes"
	"context"
	"io"
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

	"github.com/jamsession/jamsession/mail"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
)

// A browser keeps cookies and follows redirects.
type browser struct {
	t   *testing.T
	url string
	*http.Client
}

func visit(t *testing.T, url string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, url, &http.Client{Jar: jar}}
}

func (b *browser) do(resp *http.Response, err error) (int, string) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func (b *browser) get(path string) (int, string) { b.t.Helper(); return b.do(b.Get(b.url + path)) }

var content = regexp.MustCompile(`content="(\w+)"`)

func (b *browser) token() string {
	b.t.Helper()
	_, page := b.get("/token")
	return content.FindStringSubmatch(page)[1]
}

func (b *browser) post(path string, fields ...string) (int, string) {
	b.t.Helper()
	form := url.Values{"csrfmiddlewaretoken": {b.token()}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.do(b.PostForm(b.url+path, form))
}

func (b *browser) want(code int, text string) func(int, string) {
	return func(gotCode int, got string) {
		b.t.Helper()
		if gotCode != code || !strings.Contains(got, text) {
			b.t.Errorf("got %d %s, want %d %q", gotCode, got, code, text)
		}
	}
}

// TestGuidesSiteWorks: each step of docs/login.md does what it says.
// Limits of guesses are a setting, and it does so without them.
func TestGuidesSiteWorks(t *testing.T) {
	for _, store := range []string{"auto", "none"} {
		t.Run("LOGIN_LIMIT_STORE="+store, func(t *testing.T) { siteWorks(t, store) })
	}
}

func siteWorks(t *testing.T, limitStore string) {
	var mails outbox
	site := start(t, &mails, limitStore)
	b := visit(t, site.url)
	b.want(200, "Hello.")(b.get("/"))
	b.want(200, "<form")(b.get("/private")) // the login page

	b.want(400, "too short")(b.post("/signup", "username", "ann", "password", "short"))
	b.want(200, "Hello, ann.")(b.post("/signup", "username", "ann", "email", "ann@example.com", "password", "a plain staple"))
	b.want(400, "another username")(b.post("/signup", "username", "ann", "password", "a plain staple"))
	b.want(200, "you are ann")(b.get("/private"))
	b.want(200, "Hello.")(b.post("/logout"))

	b.want(200, "Wrong username or password.")(b.post("/login", "username", "ann", "password", "wrong"))
	b.want(200, "Welcome, ann.")(b.post("/login?next=/private", "username", "ann", "password", "a plain staple"))
	b.want(200, "Hello, ann.")(b.get("/"))

	b.want(400, "current password is wrong")(b.post("/password", "old", "wrong", "new", "another staple"))
	b.want(400, "too common")(b.post("/password", "old", "a plain staple", "new", "password1"))
	b.want(200, "logged out everywhere else")(b.post("/password", "old", "a plain staple", "new", "another staple"))

	b.want(403, "")(b.get("/staff"))
	b.want(403, "")(b.get("/orders"))
	b.want(200, "you are ann")(b.get("/danger"))
	ann, err := site.Users().ByUsername(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	group, err := site.Users().GroupByName(t.Context(), "sellers")
	if err == nil {
		err = site.Users().AddToGroup(t.Context(), ann.ID, group.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	b.want(200, "you are ann")(b.get("/orders"))

	b.want(200, `["tea"]`)(b.fetch("/api/cart", `{"Name": "tea"}`))
	b.want(200, `["tea","milk"]`)(b.fetch("/api/cart", `{"Name": "milk"}`))

	b.want(200, "If there is an account")(b.post("/reset", "username", "ann@example.com"))
	link := mails.link(t)
	stranger := visit(t, site.url)
	stranger.want(200, "new-password")(stranger.get(link))
	stranger.isNotStored(strings.Replace(link, token64(link), "set-password", 1))
	stranger.want(200, "<form")(stranger.post(strings.Replace(link, token64(link), "set-password", 1), "password", "a third staple"))
	stranger.want(404, "already been used")(stranger.get(link))
	b.want(200, "Hello.")(b.get("/"))
	b.want(200, "Hello, ann.")(b.post("/login", "username", "ann", "password", "a third staple"))
}

// TestPolicyAllowsTheIcon: a browser would note each page of the site as a violation.
func TestPolicyAllowsTheIcon(t *testing.T) {
	page, err := files.ReadFile("pages/base.html")
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	policy(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	allowed := w.Header().Get("Content-Security-Policy")
	if !strings.Contains(string(page), `href="data:,"`) || !strings.Contains(allowed, "img-src 'self' data:;") {
		t.Errorf("the icon is not allowed by %s", allowed)
	}
}

// TestSignUpWithoutATable: the user can try again later, and is told so.
func TestSignUpWithoutATable(t *testing.T) {
	site := start(t, &outbox{}, "auto")
	if _, err := site.Database.DB.ExecContext(t.Context(), "DROP TABLE auth_user"); err != nil {
		t.Fatal(err)
	}
	b := visit(t, site.url)
	b.want(503, "")(b.post("/signup", "username", "ann", "password", "a plain staple"))
}

// isNotStored fails if a cache may keep the page.
func (b *browser) isNotStored(path string) {
	b.t.Helper()
	resp, err := b.Get(b.url + path)
	b.want(200, "")(b.do(resp, err))
	if got := resp.Header.Get("Cache-Control"); got != "private, no-store" {
		b.t.Errorf("Cache-Control: %q", got)
	}
}

// TestServerLimitsEveryWaitForAClient: a visitor who sends or reads slowly, or
// nothing, holds a connection for a while only.
func TestServerLimitsEveryWaitForAClient(t *testing.T) {
	s := serverOf(start(t, &outbox{}, "auto").Site)
	for name, d := range map[string]time.Duration{
		"ReadHeaderTimeout": s.ReadHeaderTimeout, "ReadTimeout": s.ReadTimeout,
		"WriteTimeout": s.WriteTimeout, "IdleTimeout": s.IdleTimeout,
	} {
		if d <= 0 || d > 5*time.Minute {
			t.Errorf("%s is %v", name, d)
		}
	}
}

// token64 returns the token in a link.
func token64(link string) string { return strings.Split(link, "/")[3] }

// fetch sends JSON as the script of the guide does.
func (b *browser) fetch(path, body string) (int, string) {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodPost, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Csrftoken", b.token())
	return b.do(b.Do(r))
}

type server struct {
	*site.Site
	url string
}

func start(t *testing.T, sender mail.Sender, limitStore string) server {
	t.Helper()
	s, err := settings.Load(settings.Sources{Flags: map[string]string{
		"SECRET_KEY":        "p4Yt7wq0Zr8Vd2Lx6Nb3Ms9Kc5Jh1Gf-Qe_Ta.Uo+Wi/Xy=RlHg",
		"DATABASE_URL":      "sqlite:///" + filepath.Join(t.TempDir(), "site.db"),
		"PBKDF2_ITERATIONS": "10", "LOGIN_URL": "/login", "LOGIN_REDIRECT_URL": "/", "LOGOUT_REDIRECT_URL": "/",
		"LOGIN_LIMIT_STORE": limitStore,
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := site.Migrate(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	site, err := site.Open(t.Context(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = site.Close() })
	site.Mail = sender
	mux := routes(site).(*http.ServeMux)
	more(mux, site)
	srv := httptest.NewServer(site.Handler(mux))
	t.Cleanup(srv.Close)
	return server{site, srv.URL}
}

// outbox keeps mails.
type outbox struct {
	mu   sync.Mutex
	text bytes.Buffer
	sent chan struct{}
}

func (o *outbox) Send(_ context.Context, m mail.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.WriteString(m.Text)
	close(o.wait())
	return nil
}

func (o *outbox) wait() chan struct{} {
	if o.sent == nil {
		o.sent = make(chan struct{})
	}
	return o.sent
}

// link waits for the mail, and returns the path of its link.
func (o *outbox) link(t *testing.T) string {
	t.Helper()
	o.mu.Lock()
	sent := o.wait()
	o.mu.Unlock()
	<-sent
	match := regexp.MustCompile(`http://[^/]+(/reset/\S+)`).FindStringSubmatch(o.text.String())
	if match == nil {
		t.Fatalf("no link in %q", o.text.String())
	}
	return match[1]
}

// TestOpenPageLearnsOfItsEnd: "ended", and afterwards 401, by which the script knows it, too.
func TestOpenPageLearnsOfItsEnd(t *testing.T) {
	site := start(t, &outbox{}, "auto")
	here, there := visit(t, site.url), visit(t, site.url)
	here.post("/signup", "username", "ann", "email", "ann@example.com", "password", "a plain staple")
	there.post("/login", "username", "ann", "password", "a plain staple")
	there.want(200, "live.js")(there.get("/devices"))
	there.want(200, "EventSource")(there.get("/live.js"))
	open := make(chan struct{})
	said := make(chan string, 1)
	stream, err := http.NewRequestWithContext(t.Context(), http.MethodGet, site.url+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		resp, err := there.Do(stream) // until the test ends: its server waits for the stream
		close(open)
		if err != nil {
			said <- err.Error()
			return
		}
		defer func() { _ = resp.Body.Close() }()
		text, _ := io.ReadAll(resp.Body)
		said <- resp.Header.Get("Content-Type") + " " + string(text)
	}()
	<-open
	here.want(200, "this device")(here.post("/devices"))
	if text := <-said; text != "text/event-stream event: ended\ndata:\n\n" {
		t.Errorf("the page gets %q", text)
	}
	r, err := http.NewRequest(http.MethodGet, site.url+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	there.want(401, "")(there.do(there.Do(r)))
}
