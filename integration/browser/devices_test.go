package browser

import (
	"strings"
	"testing"
	"time"
)

// TestOpenPageNoticesThatItsLoginHasEnded, within two seconds: one browser ends the login of the
// other, which says so, shows nothing of the user any more, and leads back after a new login.
func TestOpenPageNoticesThatItsLoginHasEnded(t *testing.T) {
	p := startProgram(t)
	here, there := newVisitor(t, p.url), newVisitor(t, p.url)
	here.login("demo", p.password)
	there.login("demo", p.password)
	there.open("/devices/")
	home := there.another()
	home.open("/")
	here.open("/devices/")
	here.loads(200, click("main li form button"))
	ended := time.Now()
	for _, page := range []*tab{there, home} {
		page.waitsFor("Your login in this browser has ended", ended.Add(2*time.Second))
		page.hides("this device")
		page.hides("demo")
		if title := evaluate[string](page, "document.title"); title != "You are logged out" {
			t.Errorf("the title is %q", title)
		}
		if focus := evaluate[string](page, "document.activeElement.tagName"); focus != "H1" {
			t.Errorf("a reader is at %s", focus)
		}
	}
	there.reads("ended")
	there.loads(200, click("main button"))
	there.shows("/login/")
	there.fill(200, "username", "demo", "password", p.password)
	there.shows("/devices/")
	there.shows("this device")
	here.shows("You are logged out there.")
	here.hides("Your login in this browser has ended")
}

// waitsFor waits until the page shows a text, or the browser comes to one that does.
func (b *tab) waitsFor(text string, until time.Time) {
	b.t.Helper()
	for {
		page, err := ask[string](b, pageText) // between two pages there is none to ask
		if err == nil && strings.Contains(page, text) {
			return
		}
		if time.Now().After(until) {
			b.t.Fatalf("the page does not show %q: %v\n%s", text, err, page)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
