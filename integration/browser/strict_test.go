package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// webMail returns the address of a page on another site, which has a link.
func webMail(t *testing.T, link string) string {
	t.Helper()
	server := untilTheEnd(t, httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><a id="link" href="%s">Your link</a>`, link)
	})))
	return strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
}

// TestResetLinkInAWebMailUnderStrict: the browser keeps a cookie with SameSite=Strict back
// from the click, and from every redirect that answers it.
func TestResetLinkInAWebMailUnderStrict(t *testing.T) {
	p := startProgram(t, "SESSION_COOKIE_SAMESITE=Strict", "CSRF_COOKIE_SAMESITE=Strict")
	first := newVisitor(t, p.url)
	first.signUp("bob")
	for i, script := range []bool{true, false} {
		loggedIn := !script
		v := newVisitor(t, p.url)
		v.script(script)
		if v.open("/"); loggedIn {
			v.login("demo", p.password)
		}
		v.open("/reset/")
		v.fill(200, "username", "bob@example.com")
		link := p.prints(`(http://\S+/reset/\S+/)`)
		v.loads(200, chromedp.Navigate(webMail(t, link)))
		v.do(click("#link"))
		v.reaches("/set-password/") // the token is out of the address
		if loggedIn {
			v.shows("Log out") // the session is the same as before
		}
		chosen := fmt.Sprint(other, i)
		if script {
			v.fill(200, "password", chosen)
		} else {
			v.fill(200, "password", chosen, "again", chosen)
		}
		v.shows("Your new password is set.")
		newVisitor(t, p.url).login("bob", chosen)
	}
}

// TestLoginAfterALinkUnderStrict: the way back to the page is one of this site.
func TestLoginAfterALinkUnderStrict(t *testing.T) {
	p := startProgram(t, "SESSION_COOKIE_SAMESITE=Strict", "CSRF_COOKIE_SAMESITE=Strict")
	v := newVisitor(t, p.url)
	v.loads(200, chromedp.Navigate(webMail(t, p.url+"/staff/")))
	v.loads(200, click("#link"))
	v.shows("/login/")
	v.fill(200, "username", "demo", "password", p.password)
	v.shows("/staff/")
	v.shows("You are logged in as demo")
}

// script turns scripts on, or off.
func (b *tab) script(on bool) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled,
		emulation.SetScriptExecutionDisabledParams{Value: !on})
	if err != nil {
		b.t.Fatal(err)
	}
}

// reaches waits until the browser has come to a page by itself.
func (b *tab) reaches(path string) {
	b.t.Helper()
	var at string
	var err error // between two pages there is none to ask
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		at, err = ask[string](b, "document.readyState + location.pathname")
		if err == nil && strings.HasPrefix(at, "complete") && strings.HasSuffix(at, path) {
			return
		}
	}
	b.t.Fatalf("the browser does not come to %s: %s, %v", path, at, err)
}
