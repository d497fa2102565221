package sitetest

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// A browser keeps cookies, follows no redirects, and remembers what is secret.
type browser struct {
	t       *testing.T
	url     string
	client  *http.Client
	secrets map[string]bool
	header  http.Header // of each request
}

func (p *process) browser(t *testing.T, secrets map[string]bool) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{t, p.url, &http.Client{Jar: jar, CheckRedirect: stay}, secrets, http.Header{}}
}

// A response is an answer, and the text that was its body.
type response struct {
	*http.Response
	text string
}

func (b *browser) send(r *http.Request) response {
	b.t.Helper()
	for name, lines := range b.header {
		r.Header[name] = lines
	}
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b.remember(resp)
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return response{resp, string(text)}
}

// remember notes the values of cookies.
func (b *browser) remember(resp *http.Response) {
	for _, cookie := range resp.Cookies() {
		if cookie.Value != "" {
			b.secrets[cookie.Value] = true
		}
	}
}

func (b *browser) get(path string) response {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.send(r)
}

var tokenField = regexp.MustCompile(`name="csrfmiddlewaretoken" value="(\w+)"`)

// token returns the token of a form.
func (b *browser) token() string {
	b.t.Helper()
	field := tokenField.FindStringSubmatch(b.get("/note").text)
	if field == nil {
		b.t.Fatal("the form has no token")
	}
	b.secrets[field[1]] = true
	return field[1]
}

// post sends a form with a token.
func (b *browser) post(path string, fields ...string) response {
	b.t.Helper()
	return b.postWith(b.token(), path, fields...)
}

func (b *browser) postWith(token, path string, fields ...string) response {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	body := strings.NewReader(form.Encode())
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Csrftoken", token) // a header, which logs are likelier to have
	return b.send(r)
}

// want fails unless the answer has this status and text.
func (b *browser) want(got response, status int, text string) {
	b.t.Helper()
	if got.StatusCode != status || !strings.Contains(got.text, text) {
		b.t.Errorf("%s %s: got %d %.300s, want %d %q",
			got.Request.Method, got.Request.URL.Path, got.StatusCode, got.text, status, text)
	}
}

// logIn logs ann in.
func (b *browser) logIn() {
	b.t.Helper()
	b.want(b.post("/login", "username", "ann", "password", password), http.StatusSeeOther, "")
}
