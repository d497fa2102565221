package sitetest

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Run tests the site of a router. Besides its pages it has, for the test, /fail/status,
// /fail/panic and /fail/abort, which this package has, and /fail/error: a handler of the
// router that calls SetNote and fails with ErrBoom in the router's own way. Streams are
// pages that do what /events does.
func Run(t *testing.T, streams ...string) {
	p := start(t)
	secrets := map[string]bool{password: true}
	for _, part := range []struct {
		name string
		test func(*process, *browser)
	}{
		{"login", login},
		{"form", form},
		{"stream", func(_ *process, b *browser) { stream(b, append(streams, "/events")) }},
		{"failing pages", failing},
		{"every answer is the site's", around},
		{"closed", closed},
		{"store down", storeDown},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(p, p.browser(t, secrets)) })
	}
	p.stop()
	nothingSecretIsPrinted(t, p.printed.String(), secrets)
}

func login(_ *process, b *browser) {
	if got := b.get("/about"); len(got.Cookies()) > 0 || got.Header.Get("Vary") != "" {
		b.t.Errorf("a page without a session has the header %v", got.Header)
	}
	b.want(b.get("/"), http.StatusOK, "Hello, AnonymousUser.")
	b.want(b.get("/whoami"), http.StatusOK, "You are")
	got := b.get("/private")
	b.want(got, http.StatusFound, "")
	if to := got.Header.Get("Location"); to != "/login?next=/private" {
		b.t.Errorf("/private leads to %q", to)
	}
	b.secrets["a wrong guess"] = true
	got = b.post("/login", "username", "ann", "password", "a wrong guess")
	b.want(got, http.StatusOK, "Wrong username")
	got = b.post("/login?next=/private", "username", "ann", "password", password)
	b.want(got, http.StatusSeeOther, "")
	if to := got.Header.Get("Location"); to != "/private" {
		b.t.Errorf("the login leads to %q", to)
	}
	b.want(b.get("/private"), http.StatusOK, "Welcome, ann.")
	b.want(b.get("/private"), http.StatusOK, "you are ann")
	b.want(b.get("/whoami"), http.StatusOK, "You are ann")
	b.want(b.post("/logout"), http.StatusSeeOther, "")
	b.want(b.get("/private"), http.StatusFound, "")
}

// form: a handler of the router sees its fields, after csrf has looked for the token in
// it, or in a header.
func form(_ *process, b *browser) {
	b.want(b.postWith("", "/note", "note", "forged"), http.StatusForbidden, "CSRF")
	got := b.postWith(b.token(), "/note", "csrfmiddlewaretoken", "wrong", "note", "forged")
	b.want(got, http.StatusForbidden, "CSRF")
	b.want(b.get("/note"), http.StatusOK, `value=""`)
	b.want(b.post("/note", "note", "tea & milk"), http.StatusSeeOther, "")
	b.want(b.get("/note"), http.StatusOK, `value="tea &amp; milk"`)
	got = b.postWith("", "/note", "csrfmiddlewaretoken", b.token(), "note", "by field")
	b.want(got, http.StatusSeeOther, "")
	b.want(b.get("/note"), http.StatusOK, `value="by field"`)
}

// stream: events come while the stream goes on, after the session was saved.
func stream(b *browser, paths []string) {
	for i, path := range append(paths, paths...) {
		r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+path, nil)
		if err != nil {
			b.t.Fatal(err)
		}
		resp, err := b.client.Do(r)
		if err != nil {
			b.t.Fatal(err)
		}
		b.remember(resp)
		line, err := bufio.NewReader(resp.Body).ReadString('\n') // the stream never ends
		_ = resp.Body.Close()
		want, kind := fmt.Sprintf("data: stream %d of this visitor\n", i+1), resp.Header.Get("Content-Type")
		if err != nil || line != want || kind != "text/event-stream" {
			b.t.Errorf("%s begins with %q, error %v, header %v", path, line, err, resp.Header)
		}
	}
}

// failing: what a page that fails has set is not saved, of a visitor with a session or
// without.
func failing(p *process, b *browser) {
	b.logIn()
	b.want(b.post("/note", "note", "kept"), http.StatusSeeOther, "")
	for _, how := range []string{"status", "panic", "abort", "error"} {
		b.want(b.get("/fail/"+how), http.StatusInternalServerError, "")
		b.want(b.get("/note"), http.StatusOK, `value="kept"`)
		stranger := p.browser(b.t, b.secrets)
		got := stranger.get("/fail/" + how)
		stranger.want(got, http.StatusInternalServerError, "")
		if len(got.Cookies()) > 0 {
			b.t.Errorf("/fail/%s sets %d cookies", how, len(got.Cookies()))
		}
	}
	b.want(b.get("/private"), http.StatusOK, "you are ann")
}

// around: what no page answers has the headers of the site, too.
func around(_ *process, b *browser) {
	b.want(b.get("/nowhere"), http.StatusNotFound, "")
	paths := []string{"/", "/nowhere", "/private", "/fail/status", "/fail/panic", "/fail/error"}
	names := []string{"X-Frame-Options", "X-Content-Type-Options", "Content-Security-Policy"}
	for _, path := range paths {
		h := b.get(path).Header
		for _, name := range names {
			if len(h[name]) != 1 {
				b.t.Errorf("%s has %s %q", path, name, h[name])
			}
		}
	}
}

// closed: with RequireLoginEverywhere around the router, only what is open answers
// strangers.
func closed(_ *process, b *browser) {
	b.header = http.Header{closedHeader: {"yes"}}
	for _, path := range []string{"/", "/note", "/nowhere", "/fail/panic"} {
		got := b.get(path)
		b.want(got, http.StatusFound, "")
		if to := got.Header.Get("Location"); to != "/login?next="+path {
			b.t.Errorf("%s leads to %q", path, to)
		}
	}
	b.want(b.get("/about"), http.StatusOK, "")
	b.want(b.get("/login"), http.StatusOK, "Password")
}

// storeDown: 503, whoever recovers the panic, and as before afterwards.
func storeDown(p *process, b *browser) {
	b.logIn()
	rename := func(from, to string) {
		b.t.Helper()
		query := "ALTER TABLE " + from + " RENAME TO " + to
		if _, err := p.Database.DB.ExecContext(b.t.Context(), query); err != nil {
			b.t.Fatal(err)
		}
	}
	rename("django_session", "elsewhere")
	for _, path := range []string{"/", "/note", "/private", "/whoami", "/events", "/fail/panic"} {
		b.want(b.get(path), http.StatusServiceUnavailable, "temporarily unavailable")
	}
	b.want(b.get("/about"), http.StatusOK, "")
	rename("elsewhere", "django_session")
	b.want(b.get("/private"), http.StatusOK, "you are ann")
}

func nothingSecretIsPrinted(t *testing.T, text string, secrets map[string]bool) {
	t.Helper()
	if !strings.Contains(text, "/private") || !strings.Contains(text, "boom") || len(secrets) < 10 {
		t.Errorf("nothing is logged of requests or panics, or nothing was secret:\n%s", text)
	}
	for secret := range secrets {
		if i := strings.Index(text, secret); i >= 0 {
			t.Errorf("the log has a secret: %q", text[max(0, i-200):i+len(secret)])
		}
	}
}
