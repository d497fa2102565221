package authtest

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/csrf"
)

// A Client is the browser of one visitor. Make one with [NewClient]. It follows no
// redirect, so that a test sees them. Use it in one goroutine at a time; more visitors
// are more clients.
//
// If the handler panics, so does the method that called it.
type Client struct {
	// URL is what the addresses of requests begin with: https://127.0.0.1 unless
	// it is changed, as for a program whose ALLOWED_HOSTS name its hosts.
	URL string

	t          testing.TB
	handler    http.Handler
	middleware func(http.Handler) http.Handler
	jar        *cookiejar.Jar
}

// NewClient returns a client without cookies. The handler is the whole program; the
// middleware is what the program puts around its pages, such as the Handler of a
// site.Site, or those of package session, csrf and auth.
func NewClient(t testing.TB, handler http.Handler, middleware func(http.Handler) http.Handler) *Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Client{URL: "https://127.0.0.1", t: t, handler: handler, middleware: middleware, jar: jar}
}

// A Response is an answer, and the text that was its body.
type Response struct {
	*http.Response
	Text string
}

// Get asks for a page, such as "/cart/".
func (c *Client) Get(path string) *Response {
	c.t.Helper()
	return c.Do(c.request(http.MethodGet, path, nil))
}

// Post sends a form, with the token that a form of the program has.
func (c *Client) Post(path string, fields url.Values) *Response {
	c.t.Helper()
	form := url.Values{}
	if token := c.Token(); token != "" {
		form.Set("csrfmiddlewaretoken", token)
	}
	for name, values := range fields {
		form[name] = values
	}
	r := c.request(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.Do(r)
}

// Do sends a request, such as one of httptest.NewRequest, with the cookies for its
// address, and with the headers that a browser adds to a request of a page of the
// site, unless it has others. For a request that needs a token, see [Client.Token].
func (c *Client) Do(r *http.Request) *Response {
	c.t.Helper()
	return c.serve(c.handler, r)
}

// Token returns a token for the header X-CSRFToken. It is empty if the middleware has
// no csrf.Protection.
func (c *Client) Token() (token string) {
	c.t.Helper()
	c.Within(func(r *http.Request) {
		defer func() {
			cause := recover()
			if text, _ := cause.(string); cause != nil && !strings.HasPrefix(text, "csrf: Token:") {
				panic(cause)
			}
		}()
		token = csrf.Token(r)
	})
	return token
}

// Login logs the visitor in as a user, without a password (Django: force_login). It is
// Manager.Login in a request of its own, and ends the test with its error. The user is
// one that the user store has returned.
func (c *Client) Login(m *auth.Manager, user auth.User) {
	c.t.Helper()
	var err error
	c.Within(func(r *http.Request) { err = m.Login(r, user) })
	if err != nil {
		c.t.Fatalf("authtest: login: %v", err)
	}
}

// Within calls a function with a request of this visitor inside the middleware, where a
// page of the program would be. It reads and sets items of the session by
// session.From(r), for example, and the answer's cookies come to the client.
func (c *Client) Within(fn func(r *http.Request)) {
	c.t.Helper()
	called := false
	page := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		called = true
		fn(r)
	})
	resp := c.serve(c.middleware(page), c.request(http.MethodGet, "/", nil))
	if !called || resp.StatusCode >= http.StatusInternalServerError {
		c.t.Fatalf("authtest: the middleware answers %d: %s", resp.StatusCode, resp.Text)
	}
}

func (c *Client) request(method, path string, body io.Reader) *http.Request {
	return httptest.NewRequestWithContext(c.t.Context(), method, c.URL+path, body)
}

// serve lets a handler answer, as a browser would ask.
func (c *Client) serve(handler http.Handler, r *http.Request) *Response {
	c.t.Helper()
	origin := &url.URL{Scheme: "http", Host: r.Host, Path: "/"}
	if r.TLS != nil {
		origin.Scheme = "https"
	}
	for _, cookie := range c.jar.Cookies(origin.JoinPath(r.URL.Path)) {
		r.AddCookie(cookie)
	}
	if r.Header.Get("Origin") == "" && r.Method != http.MethodGet && r.Method != http.MethodHead {
		r.Header.Set("Origin", origin.Scheme+"://"+origin.Host)
	}
	if r.Header.Get("Sec-Fetch-Site") == "" {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, r)
	resp := answer.Result()
	c.jar.SetCookies(origin.JoinPath(r.URL.Path), resp.Cookies())
	return &Response{resp, answer.Body.String()}
}
