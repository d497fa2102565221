package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/console"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
)

// TestUsersAreFound by the beginning of a name, or of an address, in any case.
func TestUsersAreFound(t *testing.T) {
	p := open(t, nil, nil, nil)
	for i := range 60 {
		_, err := p.Users().Create(t.Context(), auth.User{
			Username: fmt.Sprintf("many%02d", i), Email: fmt.Sprintf("Post%d@example.com", i), IsActive: true,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	v := p.visitor(t, "root")
	for query, want := range map[string]string{
		"bo": "bob", "BO": "bob", "bob@": "bob", "BOB@EXAMPLE.com": "bob", "reader": "reader", "many5": "many59",
		"post7@": "many07", "": "admin", "b%": "", "_ob": "", "nobody": "", "\x00": "", `b\`: "",
		strings.Repeat("x", 300): "",
	} {
		body := v.page("/users/?q=" + strings.NewReplacer("%", "%25", "\x00", "%00", `\`, "%5C").Replace(query))
		found := strings.Contains(body, "<bdi>"+want+"</bdi></a></th>")
		if want == "" && !strings.Contains(body, "Nobody has a name") || want != "" && !found {
			t.Errorf("%.40q: want %q in\n%s", query, want, body)
		}
	}
	if body := v.page("/users/?q=many"); !strings.Contains(body, "There are more.") || strings.Count(body, "<tr>") != 51 {
		t.Errorf("not 50 of 60:\n%s", body)
	}
}

// TestLoginIsEnded: its browser is out at its next request, and the others are not.
func TestLoginIsEnded(t *testing.T) {
	p := open(t, nil, nil, nil)
	v := p.visitor(t, "admin")
	first, second := p.visitor(t, "bob"), p.visitor(t, "bob")
	list, err := p.Devices().ListUser(t.Context(), p.ids["bob"])
	if err != nil || len(list) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	at := "/users/" + p.ids["bob"] + "/"
	if to := v.acts(at+"end/", "device", list[0].ID); to != "../../../users/"+p.ids["bob"]+"/" {
		t.Errorf("leads to %s", to)
	}
	if a, b := first.get("/who").body, second.get("/who").body; (a == "") == (b == "") {
		t.Errorf("who: %q and %q; want one of them out", a, b)
	}
	if got := v.post(at+"end/", "device", list[0].ID); got.status != http.StatusNotFound {
		t.Errorf("again: status %d", got.status)
	}
	v.acts(at + "end-all/")
	if a, b := first.get("/who").body, second.get("/who").body; a != "" || b != "" {
		t.Errorf("who: %q and %q; want both out", a, b)
	}
	if body := v.page(at); !strings.Contains(body, "The logins have ended.") || !strings.Contains(body, "Logged in nowhere.") {
		t.Errorf("the page says:\n%s", body)
	}
}

// TestOwnLoginStays: an action cannot end the login that it is made with.
func TestOwnLoginStays(t *testing.T) {
	p := open(t, nil, nil, nil)
	v, other := p.visitor(t, "admin"), p.visitor(t, "admin")
	at := "/users/" + p.ids["admin"] + "/"
	list, err := p.Devices().ListUser(t.Context(), p.ids["admin"])
	if err != nil || len(list) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	own := v.sessionOf(v)
	if got := v.post(own + "end/"); got.status != http.StatusConflict {
		t.Errorf("own session: status %d", got.status)
	}
	refused := 0
	for _, d := range list {
		if v.post(at+"end/", "device", d.ID).status == http.StatusConflict {
			refused++
		}
	}
	if refused != 1 || v.get("/who").body != "admin" || other.get("/who").body != "" {
		t.Errorf("%d refused; this one is %q, the other %q", refused, v.get("/who").body, other.get("/who").body)
	}
	third := p.visitor(t, "admin")
	v.acts(at + "end-all/")
	if v.get("/who").body != "admin" || third.get("/who").body != "" {
		t.Error("want this one in, and the other out")
	}
}

// TestSessionIsEnded, with its login or without.
func TestSessionIsEnded(t *testing.T) {
	for _, vars := range []map[string]string{nil, {"DEVICES": "none"}} {
		p := open(t, vars, nil, nil)
		v, bob, guest := p.visitor(t, "admin"), p.visitor(t, "bob"), p.visitor(t, "")
		guest.get("/set?color=red")
		for _, of := range []*visitor{bob, guest} {
			at := v.sessionOf(of)
			v.acts(at + "end/")
			if got := v.get(prefix + at); got.status != http.StatusNotFound {
				t.Errorf("%v: its page is there: %d", vars, got.status)
			}
		}
		if bob.get("/who").body != "" || v.get("/who").body != "admin" {
			t.Errorf("%v: bob is in, or the admin out", vars)
		}
	}
}

// TestDamagedSession is shown as what it is, and can be ended.
func TestDamagedSession(t *testing.T) {
	p := open(t, nil, nil, nil)
	v, bob := p.visitor(t, "admin"), p.visitor(t, "bob")
	at := v.sessionOf(bob)
	if _, err := p.Database.DB.ExecContext(t.Context(), "UPDATE django_session SET session_data = 'x' WHERE session_key = ?",
		bob.cookie("sessionid")); err != nil {
		t.Fatal(err)
	}
	if body := v.page("/sessions/"); !strings.Contains(body, "unreadable") {
		t.Errorf("the list says\n%s", body)
	}
	if body := v.page(at); !strings.Contains(body, "They cannot be read") {
		t.Errorf("the page says\n%s", body)
	}
	v.acts(at + "end/")
}

// TestHashedKeys are those under which sessions are stored: a key of a cookie leads to its session.
func TestHashedKeys(t *testing.T) {
	p := open(t, nil, &site.Options{Sessions: func(o *session.Options) { o.HashKeys = true }}, nil)
	v, bob := p.visitor(t, "admin"), p.visitor(t, "bob")
	bob.get("/set?color=red")
	at := v.sessionOf(bob)
	if body := v.page(at); !strings.Contains(body, "<code>color</code>") {
		t.Errorf("no items:\n%s", body)
	}
	if got := v.post(v.sessionOf(v) + "end/"); got.status != http.StatusConflict {
		t.Errorf("own session: status %d", got.status)
	}
	v.acts(at + "end/")
	if who := bob.get("/who").body; who != "" {
		t.Errorf("bob is %q", who)
	}
}

// TestAllLoginsEndWithoutDevices, by their floor.
func TestAllLoginsEndWithoutDevices(t *testing.T) {
	p := open(t, map[string]string{"DEVICES": "none"}, nil, nil)
	v, bob := p.visitor(t, "admin"), p.visitor(t, "bob")
	body := v.page("/users/" + p.ids["bob"] + "/")
	if !strings.Contains(body, `sessions/?user=`+p.ids["bob"]) {
		t.Errorf("no way to the sessions:\n%s", body)
	}
	if list := v.page("/sessions/?user=" + p.ids["bob"]); strings.Count(list, "<tr>") != 2 {
		t.Errorf("not one session:\n%s", list)
	}
	v.acts("/users/" + p.ids["bob"] + "/end-all/")
	if who := bob.get("/who").body; who != "" {
		t.Errorf("bob is %q", who)
	}
	if got := v.post("/users/" + p.ids["admin"] + "/end-all/"); got.status != http.StatusConflict || v.get("/who").body != "admin" {
		t.Errorf("own logins: status %d", got.status)
	}
}

// TestSessionsArePaged, and found by the beginning of a fingerprint, or by a user.
func TestSessionsArePaged(t *testing.T) {
	p := open(t, map[string]string{"NEW_SESSION_LIMIT": "none"}, nil, nil)
	v := p.visitor(t, "root")
	for range 120 {
		p.visitor(t, "").get("/set?a=1")
	}
	seen, next := map[string]bool{}, "/sessions/"
	for pages := 1; ; pages++ {
		body := v.page(next)
		for _, m := range fingerprintCell.FindAllStringSubmatch(body, -1) {
			if seen[m[1]] {
				t.Errorf("%s is there twice", m[1])
			}
			seen[m[1]] = true
		}
		m := nextLink.FindStringSubmatch(body)
		if m == nil {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
		next = "/sessions/" + strings.ReplaceAll(m[1], "&amp;", "&")
	}
	if len(seen) != 121 {
		t.Errorf("%d sessions, want 121", len(seen))
	}
	for fingerprint := range seen {
		if body := v.page("/sessions/?q=" + strings.ToUpper(fingerprint[:8])); strings.Count(body, "<tr>") != 2 {
			t.Errorf("%s is not found by its beginning:\n%s", fingerprint, body)
		}
		break
	}
	if body := v.page("/sessions/?q=bob"); !strings.Contains(body, "users/"+p.ids["bob"]+"/") {
		t.Errorf("no way to bob:\n%s", body)
	}
	if body := v.page("/sessions/?q=0000zz"); !strings.Contains(body, "No user and no session") {
		t.Errorf("nothing is found, and the page does not say so:\n%s", body)
	}
}

// TestEngineThatCannotList says so, and devices lead to sessions all the same.
func TestEngineThatCannotList(t *testing.T) {
	p := open(t, map[string]string{"SESSION_ENGINE": "signed_cookies"}, nil, nil)
	v := p.visitor(t, "root")
	if body := v.page("/sessions/"); !strings.Contains(body, "cannot list its sessions") {
		t.Errorf("the page says:\n%s", body)
	}
	bob := p.visitor(t, "bob")
	bob.get("/set?color=red")
	if body := v.page(v.sessionOf(bob)); !strings.Contains(body, "<code>color</code>") {
		t.Errorf("no items:\n%s", body)
	}
	for _, key := range []string{"", "x", strings.Repeat("x", 5000), bob.cookie("sessionid") + "x"} {
		if got := v.post("/sessions/open/", "key", key); got.status != http.StatusNotFound {
			t.Errorf("key %.20q: status %d", key, got.status)
		}
	}
}

// TestSessionThatCannotBeEnded: the console does not say that it has ended what goes on.
func TestSessionThatCannotBeEnded(t *testing.T) {
	for devices, want := range map[string]int{"none": http.StatusConflict, "db": http.StatusSeeOther} {
		p := open(t, map[string]string{"SESSION_ENGINE": "signed_cookies", "DEVICES": devices}, nil, nil)
		v, bob := p.visitor(t, "root"), p.visitor(t, "bob")
		got := v.post(v.sessionOf(bob) + "end/")
		if who := bob.get("/who").body; got.status != want || (who == "") != (want == http.StatusSeeOther) {
			t.Errorf("DEVICES=%s: status %d, and bob is %q", devices, got.status, who)
		}
	}
}

// TestHeadOfEvents answers at once, and takes no stream from those who look.
func TestHeadOfEvents(t *testing.T) {
	p := open(t, nil, nil, nil)
	v := p.visitor(t, "reader")
	for range console.MostStreams + 1 {
		if got := v.do(http.MethodHead, prefix+"/events", nil, nil); got.status != http.StatusOK ||
			got.header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("status %d, %v", got.status, got.header)
		}
	}
}

// TestLimitsAreShownAndLifted for a user, a name that nobody has, and an address.
func TestLimitsAreShownAndLifted(t *testing.T) {
	p := open(t, map[string]string{"LOGIN_LIMIT_ACCOUNT": "3/60"}, nil, nil)
	v := p.visitor(t, "admin")
	attempt := func(name string) {
		r := new(http.Request).WithContext(t.Context())
		r.RemoteAddr, r.Header = "192.0.2.7:1", http.Header{}
		_ = p.LoginLimiter(r, name)
	}
	for range 3 {
		attempt("bob")
		attempt("nobody")
	}
	for _, page := range []string{"/users/" + p.ids["bob"] + "/", "/limits/?name=bob", "/limits/?name=nobody"} {
		if body := v.page(page); !strings.Contains(body, "0 of 3") {
			t.Errorf("%s does not show the limit:\n%s", page, body)
		}
	}
	v.acts("/users/" + p.ids["bob"] + "/lift/")
	v.acts("/limits/lift/", "name", "nobody")
	for _, page := range []string{"/users/" + p.ids["bob"] + "/", "/limits/?name=bob", "/limits/?name=nobody"} {
		if body := v.page(page); !strings.Contains(body, "3 of 3") {
			t.Errorf("%s: the limit is not lifted:\n%s", page, body)
		}
	}
	if body := v.page("/limits/?name=192.0.2.7"); !strings.Contains(body, "address") {
		t.Errorf("no limit of the address:\n%s", body)
	}
}

// LoginLimiter counts an attempt to log in.
func (p *place) LoginLimiter(r *http.Request, name string) error {
	return p.Limiters()[0].Check(r, auth.Attempt{Username: name})
}

// TestAnyIDOfAUserHasAnAddress, whatever text a model has for a key.
func TestAnyIDOfAUserHasAnAddress(t *testing.T) {
	for _, id := range []string{"1", "-7", "a/b", "..", ".", "~x", "%2e%2e", "ä ö", `\`, "a?b#c", "x\x01", strings.Repeat("k", 255)} {
		users := oneUser{auth.User{ID: id, Username: "eve", IsActive: true, IsSuperuser: true, Password: "!"}}
		p := open(t, nil, &site.Options{Users: users}, nil)
		v := p.visitor(t, "eve")
		body := v.page("/users/?q=eve")
		m := userLink.FindStringSubmatch(body)
		if m == nil {
			t.Fatalf("%q: no link:\n%s", id, body)
		}
		if page := v.page("/users/" + m[1] + "/"); !strings.Contains(page, "<h1><bdi>eve</bdi></h1>") {
			t.Errorf("%q: its page is\n%s", id, page)
		}
	}
}
