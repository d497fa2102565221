package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

const (
	password = "correct horse battery staple"
	other    = "eleven purple canoes"
)

func TestRememberedLoginOutlivesTheBrowser(t *testing.T) {
	p := startProgram(t)
	for _, remember := range []bool{false, true} {
		v := newVisitor(t, p.url)
		v.open("/login/")
		if remember {
			v.do(click("input[name=remember]"))
		}
		v.fill(200, "username", "demo", "password", p.password)
		v.shows("You are logged in as demo")
		c := v.cookie("sessionid")
		if c == nil {
			t.Fatal("no session cookie")
		}
		if c.Session == remember || !c.HTTPOnly || c.SameSite != network.CookieSameSiteLax || c.Secure {
			t.Errorf("remember %v: session %v, HttpOnly %v, SameSite %v, Secure %v",
				remember, c.Session, c.HTTPOnly, c.SameSite, c.Secure)
		}
	}
}

func TestBackButtonShowsNothingAfterLogout(t *testing.T) {
	p := startProgram(t)
	v := newVisitor(t, p.url)
	v.signUp("secretname")
	v.open("/dashboard/")
	v.hides("Welcome") // a message is shown once
	v.shows("secretname@example.com")
	v.loads(200, click("nav form button"))
	v.shows("You are logged out.")
	v.do(chromedp.NavigateBack())
	v.hides("secretname")
	v.shows("/login/")
}

func TestPasswordChangeLogsOutOtherBrowsers(t *testing.T) {
	p := startProgram(t)
	first, second := newVisitor(t, p.url), newVisitor(t, p.url)
	first.signUp("bob")
	second.login("bob", password)
	first.open("/password/")
	first.fill(200, "old", password, "password", other)
	first.shows("Your password has been changed.")
	second.open("/dashboard/")
	second.shows("/login/")
	second.login("bob", other)
}

func TestResetByTheLinkOnTheTerminal(t *testing.T) {
	p := startProgram(t)
	first, second := newVisitor(t, p.url), newVisitor(t, p.url)
	first.signUp("bob")
	second.open("/reset/")
	second.fill(200, "username", "bob@example.com")
	second.shows("we will send a link to its email address")
	link := strings.TrimPrefix(p.prints(`(http://\S+/reset/\S+/)`), p.url)
	second.open(link)
	second.shows("set-password") // the token is out of the address
	second.fill(200, "password", other)
	second.shows("Your new password is set.")
	second.login("bob", other)
	first.open("/dashboard/")
	first.shows("/login/")
	first.loads(404, chromedp.Navigate(p.url+link))
	first.shows("This link is not valid")
}

func TestStaffPageIsForStaff(t *testing.T) {
	p := startProgram(t)
	v := newVisitor(t, p.url)
	v.signUp("bob")
	v.loads(403, chromedp.Navigate(p.url+"/staff/"))
	v.shows("for staff only")
	v.login("demo", p.password)
	v.open("/staff/")
	v.shows("bob@example.com")
}

// TestForeignPagesCannotAct: forms of another site, and of another origin of
// the same site, which gets the cookies.
func TestForeignPagesCannotAct(t *testing.T) {
	p := startProgram(t)
	evil := untilTheEnd(t, httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<form method="post" action="%s%s"><input name="username" value="demo">
			<input name="password" value="%s"><button>win</button></form>`, p.url, r.URL.Path, p.password)
	})))
	for i, from := range []string{evil.URL, strings.Replace(evil.URL, "127.0.0.1", "localhost", 1)} {
		v := newVisitor(t, p.url)
		v.loads(200, chromedp.Navigate(from+"/login/"))
		v.loads(403, click("button"))
		v.shows("Your request was not carried out")
		v.open("/")
		v.shows("Hello, stranger.")
		v.signUp(fmt.Sprint("bob", i))
		v.loads(200, chromedp.Navigate(from+"/logout/"))
		v.loads(403, click("button"))
		v.open("/")
		v.shows("Hello, bob")
	}
}

// forgeries is a page that sends what a page of another site can send: fetch in
// all its modes, a beacon, a picture, and a form in a sandbox, whose origin is
// null. It says when all of it is done.
const forgeries = `<!doctype html><p>Nothing to see.</p>
<iframe sandbox="allow-forms allow-scripts" id="frame"></iframe>
<script>
const site = %q, body = () => new URLSearchParams({username: "demo", password: %q});
const send = (path, o) => fetch(site + path, {credentials: "include", mode: "no-cors", ...o});
const frame = document.getElementById("frame");
const framed = new Promise(done => { let n = 0; frame.onload = () => ++n == 2 && done(); });
frame.srcdoc = '<form method="post" action="' + site + '/logout/"></form><scr' + 'ipt>' +
	'onload = () => setTimeout(() => document.forms[0].submit())</scr' + 'ipt>';
const picture = new Promise(done => { const i = new Image(); i.onload = i.onerror = done; i.src = site + "/logout/"; });
navigator.sendBeacon(site + "/logout/", body());
Promise.allSettled([
	framed, picture,
	send("/logout/"), send("/logout/", {method: "HEAD"}),
	send("/logout/", {method: "POST", body: body()}), send("/login/", {method: "POST", body: body()}),
	send("/logout/", {method: "POST", body: "x", headers: {"Content-Type": "text/plain"}}),
	send("/logout/", {method: "POST", body: "{}", mode: "cors", headers: {"Content-Type": "application/json"}}),
	send("/logout/", {method: "POST", body: "{}", mode: "cors", headers: {"X-CSRFToken": "a".repeat(64)}}),
	send("/logout/", {method: "DELETE", mode: "cors"}),
]).then(() => document.body.insertAdjacentHTML("beforeend", '<p id="done">done</p>'));
</script>`

// TestA7ForeignScriptsCannotAct: whatever a foreign page sends, with or
// without the cookies, the visitor stays the same.
func TestA7ForeignScriptsCannotAct(t *testing.T) {
	p := startProgram(t)
	evil := untilTheEnd(t, httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, forgeries, p.url, p.password)
	})))
	for i, from := range []string{evil.URL, strings.Replace(evil.URL, "127.0.0.1", "localhost", 1)} {
		v := newVisitor(t, p.url)
		v.signUp(fmt.Sprint("carol", i))
		v.loads(200, chromedp.Navigate(from))
		v.do(chromedp.WaitVisible(chromedp.CSS("#done")))
		v.open("/")
		v.shows("Hello, carol")
	}
}

func TestBadCookiesAreAnonymous(t *testing.T) {
	p := startProgram(t)
	for name, value := range map[string]string{
		"tampered": "x0123456789abcdefghijklmnopqrstu", "oversized": strings.Repeat("x", 4000),
	} {
		for _, cookie := range []string{"sessionid", "csrftoken", "messages"} {
			v := newVisitor(t, p.url)
			v.plant(cookie, value)
			v.open("/")
			v.shows("Hello, stranger.")
			v.open("/dashboard/")
			v.shows("/login/")
			v.fill(200, "username", "demo", "password", p.password)
			v.shows("You are logged in as demo")
			if t.Failed() {
				t.Fatalf("with a %s %s", name, cookie)
			}
		}
	}
}

func TestSecondTabWithAnOldForm(t *testing.T) {
	p := startProgram(t)
	first := newVisitor(t, p.url)
	first.open("/login/")
	second := first.another()
	second.open("/login/")
	third := first.another()
	third.open("/login/?next=/staff/")
	first.fill(200, "username", "demo", "password", p.password)
	second.fill(200, "username", "bob", "password", p.password)
	second.shows("You are logged in as demo.")
	second.open("/")
	second.shows("Hello, demo.")
	third.fill(200, "username", "demo", "password", p.password)
	third.shows("/staff/")
	third.shows("demo@example.com")
	third.open("/login/")
	third.shows("/dashboard/")
	third.open("/login/?again=1")
	third.shows("Enter your password again")
}

// TestCookiesAreSecureOverTLS: behind a proxy that ends TLS, which lets the streams of open pages
// through.
func TestCookiesAreSecureOverTLS(t *testing.T) {
	p := startProgram(t, "SECURE_PROXY_SSL_HEADER=HTTP_X_FORWARDED_PROTO,https")
	target, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	server := untilTheEnd(t, httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
		r.Out.Header.Set("X-Forwarded-Proto", "https")
	}}))
	v := newVisitor(t, server.URL)
	v.login("demo", p.password)
	for _, name := range []string{"sessionid", "csrftoken"} {
		if c := v.cookie(name); c == nil || !c.Secure || c.SameSite != network.CookieSameSiteLax {
			t.Errorf("%s: %+v", name, c)
		}
	}
	v.open("/dashboard/")
	v.shows("demo@example.com")
	there := newVisitor(t, server.URL)
	there.login("demo", p.password)
	there.open("/devices/")
	there.loads(200, click("main > form button")) // which ends all other logins
	v.waitsFor("Your login in this browser has ended", time.Now().Add(patience))
}
