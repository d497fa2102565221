package main

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/djangotest"
)

// A running example.
type running struct {
	url, password string
	temp          string // where it writes
	stop          func() error
}

// start runs the example until it has printed its address.
func start(t *testing.T) running {
	t.Helper()
	t.Setenv("DJANGO_PYTHON", djangotest.Python(t))
	t.Setenv("ADDR", "")
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, write)
		_ = write.CloseWithError(err)
		ended <- err
	}()
	welcome := make([]byte, 1000)
	n, err := read.Read(welcome)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	m := regexp.MustCompile(`Open +(http://127\.0\.0\.1:\d+)/\n  User +demo\n  Password +(\S+)\n`).
		FindStringSubmatch(string(welcome[:n]))
	stop := func() error { cancel(); return <-ended }
	if m == nil {
		_ = stop()
		t.Fatalf("it prints\n%s", welcome[:n])
	}
	return running{m[1], m[2], temp, stop}
}

// A visitor is a browser.
type visitor struct {
	t      *testing.T
	base   string
	client *http.Client
}

func (v visitor) get(path string) string {
	v.t.Helper()
	resp, err := v.client.Get(v.base + path)
	return v.body(resp, err, http.StatusOK)
}

// post sends a form with the token of a page, as from that page.
func (v visitor) post(path, page string, fields ...string) string {
	v.t.Helper()
	form := url.Values{"csrfmiddlewaretoken": {find(v.t, page, `name="csrfmiddlewaretoken" value="([^"]+)"`)}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return v.send(path, form, v.base, http.StatusOK)
}

func (v visitor) send(path string, form url.Values, origin string, status int) string {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", origin)
	req.Header.Set("Referer", origin+path) // which Django 3.2 wants over HTTPS
	resp, err := v.client.Do(req)
	return v.body(resp, err, status)
}

func (v visitor) body(resp *http.Response, err error, status int) string {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status {
		v.t.Fatalf("%s: %v, status %d, want %d\n%s", resp.Request.URL, err, resp.StatusCode, status, body)
	}
	return string(body)
}

func find(t *testing.T, page, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no %s in\n%s", pattern, page)
	}
	return html.UnescapeString(m[1])
}

// sees fails unless both sides show this user and count, in one session.
func (v visitor) sees(user, count string) {
	v.t.Helper()
	sessions := make(map[string]bool)
	for _, side := range []string{"/django/", "/go/"} {
		page := v.get(side)
		if got := find(v.t, page, `id="user">([^<]*)<`); got != user {
			v.t.Errorf("%s shows user %q, want %q", side, got, user)
		}
		if shown := strings.Contains(page, `id="item-count">`+count+"\n"); shown != (count != "") {
			v.t.Errorf("%s shows another count than %q:\n%s", side, count, page)
		}
		sessions[find(v.t, page, `id="session">([^<]*)<`)] = true
	}
	if len(sessions) != 1 {
		v.t.Errorf("the sessions are %v", sessions)
	}
}

// TestOneSessionTwoPrograms: a login, a count and a logout on either side
// count on both, and a form of either side is valid at both. Then nothing
// stays.
func TestOneSessionTwoPrograms(t *testing.T) {
	site := start(t)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := visitor{t, site.url, &http.Client{Jar: jar}}
	if page := v.get("/"); !strings.Contains(page, `src="/django/"`) || !strings.Contains(page, `src="/go/"`) {
		t.Errorf("the first page shows\n%s", page)
	}
	for _, way := range []struct{ first, second string }{{"/go/", "/django/"}, {"/django/", "/go/"}} {
		v.post(way.first+"login", v.get(way.first), "username", "demo", "password", site.password)
		v.sees("demo", "")
		v.post(way.first+"count", v.get(way.second)) // with the other side's form
		v.post(way.second+"count", v.get(way.second))
		v.post(way.second+"count", v.get(way.first))
		v.sees("demo", "3")
		v.post(way.second+"logout", v.get(way.first))
		v.sees("nobody", "")
		if page := v.post(way.first+"login", v.get(way.first), "username", "demo", "password", "x"); !strings.Contains(
			page, "Wrong username or password.") {
			t.Errorf("a wrong password gives\n%s", page)
		}
		v.send(way.first+"count", nil, v.base, http.StatusForbidden)
	}
	if err := site.stop(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if left, err := filepath.Glob(site.temp + "/*"); err != nil || len(left) > 0 {
		t.Errorf("%v stays, %v", left, err)
	}
	if resp, err := v.client.Get(site.url); err == nil {
		_ = resp.Body.Close()
		t.Error("it still answers")
	}
}

// TestDjangoEndsWithTheProgram, even if it is not told to.
func TestDjangoEndsWithTheProgram(t *testing.T) {
	python, dir := djangotest.Python(t), t.TempDir()
	django, err := startDjango(t.Context(), python, dir, shared{
		secretKey: "key", database: filepath.Join(dir, "db.sqlite3"), username: "demo", password: "password",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := django.stdin.Close(); err != nil { // as the system does
		t.Fatal(err)
	}
	<-django.done
	if django.result != nil {
		t.Error(django.result)
	}
}

func TestWithoutDjangoItSaysWhatToInstall(t *testing.T) {
	t.Setenv("DJANGO_PYTHON", filepath.Join(t.TempDir(), "python"))
	err := run(t.Context(), io.Discard)
	if err == nil || !strings.Contains(err.Error(), "apt-get install python3-django") {
		t.Errorf("it says %v", err)
	}
}

// TestADjangoThatDoesNotStartSaysWhy, and leaves nothing behind.
func TestADjangoThatDoesNotStartSaysWhy(t *testing.T) {
	temp := t.TempDir()
	broken := filepath.Join(t.TempDir(), "python")
	script := "#!/bin/sh\ncase $1 in -c) exit 0;; esac\necho broken on purpose >&2\nexit 3\n"
	if err := os.WriteFile(broken, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DJANGO_PYTHON", broken)
	t.Setenv("TMPDIR", temp)
	err := run(t.Context(), io.Discard)
	if err == nil || !strings.Contains(err.Error(), "broken on purpose") {
		t.Errorf("it says %v", err)
	}
	if left, err := filepath.Glob(temp + "/*"); err != nil || len(left) > 0 {
		t.Errorf("%v stays, %v", left, err)
	}
}
