package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
)

// everyPage returns what an administrator can see of bob, by its address; with the values of the
// session.
func (v *visitor) everyPage(bob *visitor) map[string]string {
	v.t.Helper()
	seen := make(map[string]string)
	id := v.place.ids["bob"]
	at := v.sessionOf(bob)
	for _, path := range []string{
		"/", "/users/", "/users/?q=bob", "/users/" + id + "/", "/sessions/", "/sessions/?user=" + id, at,
		"/limits/?name=bob", "/settings/?all=1",
	} {
		seen[path] = v.page(path)
	}
	if m := deviceField.FindStringSubmatch(seen["/users/"+id+"/"]); m != nil {
		r := v.get(prefix + "/users/" + id + "/devices/" + m[1] + "/")
		seen["device"] = r.header.Get("Location") + r.body
	}
	r := v.post(at + "values/")
	if r.status != http.StatusOK {
		v.t.Fatalf("values: status %d", r.status)
	}
	seen["values"] = r.body
	seen["found"] = at
	return seen
}

// TestA21NothingSecretIsOnAPage: keys, hashes and tokens of a session, of its user and of the site.
func TestA21NothingSecretIsOnAPage(t *testing.T) {
	p := open(t, map[string]string{
		"CACHE_URL": "memory://", "EMAIL_URL": "smtp://postman:PLANTEDmail@mail.example:587",
		"SECRET_KEY_FALLBACKS": "PLANTED" + secretKey, "CSRF_USE_SESSIONS": "true",
	}, nil, nil)
	v, bob := p.visitor(t, "admin"), p.visitor(t, "bob")
	user, err := p.Users().Update(t.Context(), p.ids["bob"], func(u *auth.User) { u.FirstName = "Bob" })
	if err != nil {
		t.Fatal(err)
	}
	set := url.Values{"shop_api_token": {"PLANTED1"}, "Password": {"PLANTED2"}, "color": {"red"}}
	bob.get("/set?" + set.Encode())
	token := bob.get("/token").body
	bob.get("/set?mine=" + bob.cookie("sessionid"))
	bob.get("/nested")
	rec, err := p.Store.Load(t.Context(), bob.cookie("sessionid"))
	if err != nil {
		t.Fatal(err)
	}
	items, err := p.Sessions.Items(rec)
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{
		"key": rec.Key, "own key": v.cookie("sessionid"), "planted": "PLANTED", "secret": secretKey,
		"hash": between(string(items), `"_auth_user_hash":"`), "csrf secret": between(string(items), `"_csrftoken":"`),
		"password": user.Password + "$", "token": token,
	}
	pages := v.everyPage(bob)
	if !strings.Contains(pages["values"], "&#34;red&#34;") || strings.Contains(pages[pages["found"]], "&#34;red&#34;") {
		t.Errorf("values are shown without being asked for, or not then:\n%s", pages["values"])
	}
	pages["the log"] = p.log.String()
	for name, secret := range secrets {
		if len(secret) < 2 {
			t.Errorf("there is no %s to look for", name)
		}
		for path, page := range pages {
			if strings.Contains(page, secret) {
				t.Errorf("%s shows the %s:\n%s", path, name, page)
			}
		}
	}
}

// between returns the text from a mark to the next quote.
func between(text, mark string) string {
	_, rest, _ := strings.Cut(strings.ReplaceAll(text, `": "`, `":"`), mark)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// vectors are what would become a part of a page, or look like another text.
var vectors = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `javascript:alert(1)`,
	`</title><svg/onload=alert(1)>`, "{{.CSRF}}", "\u202egro.elpmaxe", "a\x00b", "\u2028x",
}

var (
	typedAgain = regexp.MustCompile(` value="[^"<>]*"`) // into the field where the viewer has typed it
	evilLink   = regexp.MustCompile(`(?i)(href|src|action)="[^"]*javascript:`)
)

// TestHostileTextsStayTexts: the names and addresses of users, what browsers send, and items.
func TestHostileTextsStayTexts(t *testing.T) {
	p := open(t, nil, nil, nil)
	v := p.visitor(t, "admin")
	for _, evil := range vectors {
		name := strings.NewReplacer("\x00", "").Replace(evil)
		if _, err := p.Database.DB.ExecContext(t.Context(), "UPDATE auth_user SET username = ?, email = ? WHERE id = ?",
			name, name+"@x", p.ids["bob"]); err != nil {
			t.Fatal(err)
		}
		bob := p.visitor(t, url.PathEscape(name))
		bob.get("/set?" + url.Values{evil: {evil}}.Encode())
		if _, err := p.Database.DB.ExecContext(t.Context(), "UPDATE jamsession_device SET agent = ?, name = ?, address = ?,"+
			" method = ?", name, name, name, name); err != nil {
			t.Fatal(err)
		}
		pages := v.everyPage(bob)
		pages["typed user"] = v.page("/users/?q=" + url.QueryEscape(evil))
		pages["typed session"] = v.page("/sessions/?q=" + url.QueryEscape(evil))
		pages["typed name"] = v.page("/limits/?name=" + url.QueryEscape(evil))
		for path, page := range pages {
			page = typedAgain.ReplaceAllString(page, "")
			markup := strings.ContainsAny(evil, `<>"'`) && strings.Contains(page, evil)
			if markup || evilLink.MatchString(page) || strings.Contains(page, "\u202e") {
				t.Errorf("%q on %s:\n%s", evil, path, page)
			}
		}
	}
}
