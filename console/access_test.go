package console_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/console"
	"github.com/jamsession/jamsession/site"
)

// A requested route is one with what its {} stand for.
type requested struct {
	console.Route
	path string
}

// requests returns one request for each route, about bob and a session of that user.
func (p *place) requests(t *testing.T, by *visitor) []requested {
	t.Helper()
	bob := p.visitor(t, "bob")
	session := strings.TrimPrefix(by.sessionOf(bob), "/")
	device := deviceField.FindStringSubmatch(by.page("/users/" + p.ids["bob"] + "/"))
	if device == nil {
		t.Fatal("bob has no device")
	}
	fill := strings.NewReplacer("devices/{}", "devices/"+device[1], "users/{}", "users/"+p.ids["bob"],
		"sessions/{}/", session)
	var all []requested
	for _, r := range console.Routes() {
		all = append(all, requested{r, "/" + fill.Replace(r.Pattern)})
	}
	return all
}

// TestEachRouteRefuses whoever may not use it: strangers and users without the permission get 404,
// readers cannot act, nor can those whose login is old, a form without a token, or a GET.
func TestEachRouteRefuses(t *testing.T) {
	p := open(t, nil, nil, nil)
	admin := p.visitor(t, "admin")
	all := p.requests(t, admin)
	stranger, bob, staff := p.visitor(t, ""), p.visitor(t, "bob"), p.visitor(t, "staff")
	reader, old := p.visitor(t, "reader"), p.visitor(t, "admin")
	old.get("/old")
	acts := 0
	for _, r := range all {
		if r.Pattern == "events" {
			continue // goes on; TestStreamIsForThoseWhoMaySee
		}
		for name, v := range map[string]*visitor{"a stranger": stranger, "bob": bob, "staff": staff} {
			got := v.send(r)
			if got.status != http.StatusNotFound || strings.Contains(got.body, "jam<span>") ||
				got.header.Get("Content-Security-Policy") != "" {
				t.Errorf("%s %s: %s gets %d\n%.300s", r.Method, r.path, name, got.status, got.body)
			}
		}
		if got := reader.send(r); (got.status == http.StatusForbidden) != r.Writes {
			t.Errorf("%s %s: a reader gets %d", r.Method, r.path, got.status)
		}
		if got := old.send(r); (got.status == http.StatusForbidden) != r.Fresh {
			t.Errorf("%s %s: with an old login %d", r.Method, r.path, got.status)
		}
		if r.Method == http.MethodGet {
			continue
		}
		acts++
		if got := admin.do(r.Method, prefix+r.path, url.Values{"device": {"x"}, "name": {"bob"}}, nil); got.status != http.StatusForbidden {
			t.Errorf("%s %s without a token: %d", r.Method, r.path, got.status)
		}
		for _, method := range []string{"GET", "HEAD", "PUT", "DELETE"} {
			got := admin.do(method, prefix+r.path, nil, map[string]string{"X-CSRFToken": admin.get("/token").body})
			if got.status != http.StatusMethodNotAllowed && got.status != http.StatusNotFound {
				t.Errorf("%s of an action, %s: %d", method, r.path, got.status)
			}
		}
	}
	if acts < 6 {
		t.Errorf("only %d actions", acts)
	}
	if who := bob.get("/who").body; who != "bob" {
		t.Errorf("bob was logged out: %q", who)
	}
}

// send sends a request with a token.
func (v *visitor) send(r requested) response {
	v.t.Helper()
	if r.Method == http.MethodPost {
		return v.post(r.path, "name", "bob", "device", "none", "key", "none")
	}
	return v.get(prefix + r.path)
}

// TestConsoleProtectsItself where the site's Handler is not around it.
func TestConsoleProtectsItself(t *testing.T) {
	p := open(t, nil, nil, nil)
	v, bob := p.visitor(t, "admin"), p.visitor(t, "bob")
	form := url.Values{"csrfmiddlewaretoken": {v.get("/token").body}}
	at := prefix + "/users/" + p.ids["bob"] + "/end-all/"
	server := httptest.NewServer(http.StripPrefix(prefix, p.console)) // another port, and the same cookies
	defer server.Close()
	whole := p.url
	p.url = server.URL
	if got := v.get(prefix + "/"); got.status != http.StatusOK {
		t.Errorf("a page: status %d", got.status)
	}
	if got := v.do(http.MethodPost, at, url.Values{}, nil); got.status != http.StatusForbidden {
		t.Errorf("without a token: status %d", got.status)
	}
	if got := bob.do(http.MethodPost, at, url.Values{"csrfmiddlewaretoken": {"x"}}, nil); got.status != http.StatusForbidden {
		t.Errorf("bob: status %d", got.status)
	}
	if got := p.visitor(t, "").get(prefix + "/"); got.status != http.StatusNotFound {
		t.Errorf("a stranger: status %d", got.status)
	}
	if got := v.do(http.MethodPost, at, form, nil); got.status != http.StatusSeeOther {
		t.Errorf("with a token: status %d", got.status)
	}
	p.url = whole
	if who := bob.get("/who").body; who != "" {
		t.Errorf("bob is %q", who)
	}
}

// TestReadOnly: nobody acts, superusers included.
func TestReadOnly(t *testing.T) {
	p := open(t, nil, nil, &console.Options{ReadOnly: true})
	root := p.visitor(t, "root")
	if got := root.post("/limits/lift/", "name", "bob"); got.status != http.StatusForbidden {
		t.Errorf("status %d", got.status)
	}
	if body := root.page("/users/" + p.ids["bob"] + "/"); !strings.Contains(body, "read only") || strings.Contains(body, "<form method=\"post\"") {
		t.Errorf("the page offers actions:\n%s", body)
	}
}

// TestSiteWithoutUsers has no console.
func TestSiteWithoutUsers(t *testing.T) {
	for _, s := range []*site.Site{nil, {}} {
		if c, err := console.New(s, nil); err == nil {
			t.Errorf("%v", c)
		}
	}
	p := open(t, nil, nil, nil)
	for _, o := range []*console.Options{{RecentLogin: -1}, {RecentLogin: 48 * time.Hour}} {
		if _, err := console.New(p.Site, o); err == nil {
			t.Errorf("RecentLogin %v is taken", o.RecentLogin)
		}
	}
}

// TestNotFoundIsTheSites: the answer does not tell that there is a console.
func TestNotFoundIsTheSites(t *testing.T) {
	p := open(t, nil, nil, &console.Options{NotFound: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte("there is no " + r.URL.Path))
	})})
	for _, path := range []string{"/", "/users/", "/style.css", "/events", "/none"} {
		if got := p.visitor(t, "bob").get(prefix + path); got.status != 404 || got.body != "there is no "+prefix+path {
			t.Errorf("%s: %d %q", path, got.status, got.body)
		}
	}
}

// TestOldLoginLeadsBack: the way to a new login is the site's own, and back to the page.
func TestOldLoginLeadsBack(t *testing.T) {
	p := open(t, nil, nil, nil)
	v := p.visitor(t, "admin")
	v.get("/old")
	at := "/users/" + p.ids["bob"] + "/"
	body := v.page(at)
	if !strings.Contains(body, `href="../../again/?next=users%2f`+p.ids["bob"]+`%2f"`) || strings.Contains(body, "button class=\"danger\"") {
		t.Errorf("no way to a new login, or buttons that do nothing:\n%s", body)
	}
	got := v.get(prefix + "/again/?next=" + url.QueryEscape(at[1:]))
	if to := got.header.Get("Location"); got.status != http.StatusFound || !strings.HasPrefix(to, "/login/?next="+prefix+"/again/") {
		t.Errorf("%d to %s", got.status, to)
	}
	fresh := p.visitor(t, "admin")
	for next, want := range map[string]string{
		at[1:]: "../users/" + p.ids["bob"] + "/", "limits/?name=a%26b": "../limits/?name=a%26b", "": "../",
		"https://evil.example/": "../", "//evil.example/": "../", "../../": "../", "users/../../..//evil.example/": "../",
		"again/?next=x": "../", "users/%0d%0aX: y/": "../users/%0D%0AX:%20y/", `\\evil.example/`: "../", "events": "../events",
	} {
		got := fresh.get(prefix + "/again/?next=" + url.QueryEscape(next))
		if to := got.header.Get("Location"); got.status != http.StatusSeeOther || to != want || got.header.Get("X") != "" {
			t.Errorf("%q: %d to %q, want %q", next, got.status, to, want)
		}
	}
}

// TestHeaders: there is no exception for anything inline or from elsewhere.
func TestHeaders(t *testing.T) {
	p := open(t, nil, nil, nil)
	v := p.visitor(t, "root")
	for _, path := range []string{"/", "/users/", "/sessions/", "/limits/", "/settings/", "/none", "/style.css", "/script.js"} {
		got := v.get(prefix + path)
		policy := got.header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") ||
			!strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "base-uri 'none'") {
			t.Errorf("%s: %s", path, policy)
		}
		if cache := got.header.Get("Cache-Control"); !strings.Contains(cache, "no-store") {
			t.Errorf("%s: Cache-Control: %s", path, cache)
		}
		if strings.HasSuffix(path, "/") && inline.MatchString(got.body) {
			t.Errorf("%s has something inline, or from elsewhere:\n%s", path, got.body)
		}
	}
}

// TestAddressesWithoutTheirSlash lead to those with it, also where the prefix is all there is.
func TestAddressesWithoutTheirSlash(t *testing.T) {
	p := open(t, nil, nil, nil)
	v := p.visitor(t, "root")
	for path, want := range map[string]string{
		"/users": "./users/", "/users/1": "./1/",
		"/users/https:evil.example": "./https:evil.example/", // else another site to a browser
	} {
		if got := v.get(prefix + path); got.status != 303 || got.header.Get("Location") != want {
			t.Errorf("%s: %d to %s", path, got.status, got.header.Get("Location"))
		}
	}
}
