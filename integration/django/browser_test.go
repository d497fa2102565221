package django

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// Both sites answer under one name, as behind a proxy that gives each some of
// the paths.
var origin = &url.URL{Scheme: "http", Host: "localhost:8000", Path: "/"}

// A browser has one visitor's cookies. It is for one goroutine.
type browser struct {
	t    *testing.T
	http *http.Client
	last *http.Response
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, http: &http.Client{Jar: jar, Timeout: time.Minute}}
}

// get returns the text of a page, whose status must be 200.
func (b *browser) get(at *side, path string) string {
	b.t.Helper()
	return b.ok(b.do(at, http.MethodGet, path, nil))
}

// post sends a form as a page of the site would, and returns the answer, whose
// status must be 200.
func (b *browser) post(at *side, path string, fields ...string) string {
	b.t.Helper()
	return b.ok(b.send(at, path, fields...))
}

// send is post that accepts any status.
func (b *browser) send(at *side, path string, fields ...string) (status int, text string) {
	b.t.Helper()
	form := url.Values{"csrfmiddlewaretoken": {b.token(at)}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.do(at, http.MethodPost, path, form)
}

var hidden = regexp.MustCompile(`name="csrfmiddlewaretoken" value="(\w+)"`)

// token returns what a form of the site has in its hidden field.
func (b *browser) token(at *side) string {
	b.t.Helper()
	found := hidden.FindStringSubmatch(b.get(at, "/form"))
	if found == nil {
		b.t.Fatalf("%s: a form without a token", at)
	}
	return found[1]
}

func (b *browser) ok(status int, text string) string {
	b.t.Helper()
	if status != http.StatusOK {
		b.t.Fatalf("%s: status %d: %.400s", b.last.Request.URL, status, text)
	}
	return text
}

func (b *browser) do(at *side, method, path string, form url.Values) (status int, text string) {
	b.t.Helper()
	status, text, err := b.ask(at, method, path, form)
	if err != nil {
		b.t.Fatal(err)
	}
	return status, text
}

func (b *browser) ask(at *side, method, path string, form url.Values) (status int, text string, err error) {
	r, err := http.NewRequestWithContext(b.t.Context(), method, at.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, "", err
	}
	r.Host = origin.Host
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "http://"+origin.Host)
	}
	resp, err := b.http.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, "", err
	}
	b.last = resp
	return resp.StatusCode, string(body), nil
}

// begin sends a form to a page that stops in the middle, and returns when it
// has come there. What is returned lets it go on, and returns its answer.
func (b *browser) begin(at *side, path string, fields ...string) (finish func() (status int, text string)) {
	b.t.Helper()
	form := url.Values{"csrfmiddlewaretoken": {b.token(at)}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	method := http.MethodPost
	if len(fields) == 0 {
		method = http.MethodGet
	}
	gate := "?gate=" + newName()
	var status int
	var text string
	var err error
	var request sync.WaitGroup
	request.Go(func() { status, text, err = b.ask(at, method, path+gate, form) })
	other := newBrowser(b.t)
	is(b.t, path, other.get(at, "/arrived"+gate), "arrived")
	return func() (int, string) {
		b.t.Helper()
		other.get(at, "/release"+gate)
		request.Wait()
		if err != nil {
			b.t.Fatal(err)
		}
		return status, text
	}
}

// cookie returns the value of a cookie that the browser has, or "".
func (b *browser) cookie(name string) string {
	for _, c := range b.http.Jar.Cookies(origin) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// copyOf returns a browser with the same cookies, as a thief has them or a
// second tab.
func copyOf(b *browser) *browser {
	b.t.Helper()
	c := newBrowser(b.t)
	c.http.Jar.SetCookies(origin, b.http.Jar.Cookies(origin))
	return c
}

// keeper returns what makes browsers with the session of this one, which
// ignore when the cookie ends.
func (b *browser) keeper() func() *browser {
	key := b.cookie("sessionid")
	return func() *browser {
		c := newBrowser(b.t)
		c.http.Jar.SetCookies(origin, []*http.Cookie{{Name: "sessionid", Value: key}})
		return c
	}
}

// is fails the test if a page says something else.
func is(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %.2000q, want %.2000q", what, got, want)
	}
}
