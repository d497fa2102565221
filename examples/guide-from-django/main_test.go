package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
)

const key = "mkWzQ2v7TzfVnRr4pXoB9sEu1LhYjCd3GqA6tNwKiZ5xPyUf0e"

// TestUserLoggedInAtDjangoIsLoggedInHere, on tables that Django has made.
// Django sees what is changed here, and strangers are sent to its login.
func TestUserLoggedInAtDjangoIsLoggedInHere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db.sqlite3")
	django := djangotest.Site(t, path, key)
	django.Manage("migrate")
	cookie := strings.TrimSpace(django.Run(`
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
request = HttpRequest()
request.session = SessionStore()
login(request, User.objects.create_user("ann"))
request.session["basket"] = ["apple"]
request.session.save()
print(request.session.session_key)
`))
	s, err := settings.Load(settings.Sources{Flags: map[string]string{
		"SECRET_KEY": key, "DATABASE_URL": "sqlite:///" + path, "LOGIN_URL": "/accounts/login/",
	}})
	if err != nil {
		t.Fatal(err)
	}
	site, err := site.Open(t.Context(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = site.Close() }()
	handler := site.Handler(routes(site))
	send := func(r *http.Request) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}

	w := send(httptest.NewRequest("GET", "/basket/", nil))
	if got := w.Header().Get("Location"); got != "/accounts/login/?next=/basket/" {
		t.Errorf("a stranger is sent to %q", got)
	}
	r := httptest.NewRequest("GET", "/basket/", nil)
	r.Header.Set("Cookie", "sessionid="+cookie)
	w = send(r)
	if !strings.Contains(w.Body.String(), "ann has 1 items") {
		t.Fatalf("status %d\n%s", w.Code, w.Body)
	}
	token := regexp.MustCompile(`value="(\w{64})"`).FindStringSubmatch(w.Body.String())
	form := url.Values{"item": {"pear"}, "csrfmiddlewaretoken": token[1:]}
	r = httptest.NewRequest("POST", "/basket/add/", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", "sessionid="+cookie)
	for _, c := range w.Result().Cookies() {
		if c.Name == "csrftoken" {
			r.AddCookie(c)
		}
	}
	if w = send(r); w.Code != http.StatusSeeOther {
		t.Fatalf("status %d\n%s", w.Code, w.Body)
	}
	if got := django.Run("from django.contrib.sessions.backends.db import SessionStore\n" +
		"print(SessionStore('" + cookie + "')['basket'])\n"); got != "['apple', 'pear']\n" {
		t.Errorf("Django sees %s", got)
	}
}
