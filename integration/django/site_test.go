package django

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/settings"
)

const (
	secretKey = "p4Yt7wq0Zr8Vd2Lx6Nb3Ms9Kc5Jh1Gf-Qe_Ta.Uo+Wi/Xy=RlHg"
	password  = "a plain staple"
)

// A pair is a Django site and a Go site on one engine.
type pair struct {
	engine engine
	python *djangotest.Project
	django string // its address
	home   *home
	file   string // of the SQLite database
}

// A home is the Go site of a pair.
type home struct {
	*settings.Site

	url   string
	flags map[string]string

	mu   sync.Mutex
	page http.HandlerFunc
}

// djangoSettings are the parts of a site that djangotest leaves out.
const djangoSettings = `
INSTALLED_APPS += ["django.contrib.messages", "django.contrib.admin"]
MIDDLEWARE.insert(1, "django.middleware.csrf.CsrfViewMiddleware")
MIDDLEWARE += ["django.contrib.messages.middleware.MessageMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {
    "context_processors": ["django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth", "django.contrib.messages.context_processors.messages"]}}]
STATIC_URL = "/static/"
LOGIN_URL = "/login"
PASSWORD_HASHERS = ["site_hashers.Quick", "django.contrib.auth.hashers.MD5PasswordHasher"]
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
`

// hashers make a login cheap, and as dear as here.
const hashers = `
from django.contrib.auth.hashers import PBKDF2PasswordHasher
class Quick(PBKDF2PasswordHasher):
    iterations = 1000
`

// urls has a page that runs what a scenario sends, inside a request like any
// other, a form, and the admin.
const urls = `
import json, traceback
from django.contrib import admin
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

@csrf_exempt
def run(request):
    scope = {"request": request, "result": None}
    try:
        exec(request.body.decode(), scope)
    except Exception:
        return HttpResponse(traceback.format_exc(), status=500)
    return HttpResponse(json.dumps(scope["result"]))

def form(request):
    if request.method == "POST":
        return HttpResponse("posted")
    return HttpResponse(get_token(request))

urlpatterns = [path("run", run), path("form", form), path("admin/", admin.site.urls)]
`

// openPair starts both sites. Go makes the tables, and Django those of its
// admin.
func openPair(t *testing.T, e engine) *pair {
	t.Helper()
	p := &pair{engine: e, file: filepath.Join(t.TempDir(), "site.db")}
	lines, flags := e.open(t)
	p.home = openHome(t, p.file, flags)
	p.python = djangotest.Site(t, p.file, secretKey, append([]string{djangoSettings}, lines...)...)
	p.python.Write("site_hashers.py", hashers)
	p.python.Manage("migrate", "-v0")
	p.django = p.python.Serve(urls)
	return p
}

func openHome(t *testing.T, file string, flags map[string]string) *home {
	t.Helper()
	all := map[string]string{
		"SECRET_KEY": secretKey, "DATABASE_URL": "sqlite:///" + file, "PBKDF2_ITERATIONS": "1000",
		"LOGIN_URL": "/login", "LOGIN_LIMIT_STORE": "none",
	}
	for name, value := range flags {
		all[name] = value
	}
	s, err := settings.Load(settings.Sources{Flags: all})
	if err != nil {
		t.Fatal(err)
	}
	site, err := settings.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = site.Close() })
	if err := site.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := &home{Site: site, flags: all}
	server := httptest.NewServer(site.Handler(http.HandlerFunc(h.serve)))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// with returns the pair with another Go site, whose settings differ.
func (p *pair) with(t *testing.T, flags map[string]string) *pair {
	t.Helper()
	all := map[string]string{}
	for name, value := range p.home.flags {
		all[name] = value
	}
	for name, value := range flags {
		all[name] = value
	}
	other := *p
	other.home = openHome(t, p.file, all)
	return &other
}

func (h *home) serve(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	page := h.page
	h.mu.Unlock()
	page(w, r)
}

// user makes a user by Go, and returns him.
func (p *pair) user(t *testing.T, name string, change func(*auth.User)) auth.User {
	t.Helper()
	hash, err := p.home.Hashers.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	user := auth.User{Username: name, Password: hash, IsActive: true, Email: name + "@example.com"}
	if change != nil {
		change(&user)
	}
	user, err = p.home.Users.Create(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// A visitor has one browser for both sites, which are one host to it.
type visitor struct {
	t *testing.T
	*pair
	http *http.Client
}

func (p *pair) visitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, p, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

func (v *visitor) answer(resp *http.Response, err error) (int, string) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// there runs Python in a request to Django, and stores what it leaves in
// result.
func (v *visitor) there(result any, format string, args ...any) {
	v.t.Helper()
	code := fmt.Sprintf(format, args...)
	status, body := v.answer(v.http.Post(v.django+"/run", "text/plain", strings.NewReader(code)))
	if status != http.StatusOK {
		v.t.Fatalf("Django answers %d to\n%s\n%s", status, code, body)
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal([]byte(body), result); err != nil {
		v.t.Fatalf("%s: %v", body, err)
	}
}

// thereText is there for a text.
func (v *visitor) thereText(format string, args ...any) string {
	v.t.Helper()
	var text string
	v.there(&text, format, args...)
	return text
}

// here runs a page of the Go site.
func (v *visitor) here(page func(w http.ResponseWriter, r *http.Request)) (int, string) {
	v.t.Helper()
	v.home.mu.Lock()
	v.home.page = page
	v.home.mu.Unlock()
	return v.answer(v.http.Get(v.home.url + "/"))
}

func (v *visitor) cookie(name string) string {
	v.t.Helper()
	u, err := url.Parse(v.django)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, c := range v.http.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}
