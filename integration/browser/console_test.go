package browser

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// consolePages are those of the console that an address opens.
var consolePages = []string{
	"/console/", "/console/?span=day", "/console/users/", "/console/users/1/", "/console/sessions/", "/console/limits/?name=demo",
	"/console/settings/?all=1",
}

// openConsole logs in as the user of the demonstration, while bob is logged in elsewhere.
func openConsole(t *testing.T) (v, bob *tab) {
	t.Helper()
	p := startProgram(t)
	bob = newVisitor(t, p.url)
	bob.signUp("bob")
	v = newVisitor(t, p.url)
	v.login("demo", p.password)
	return v, bob
}

// eachConsolePage calls f on each page, those of a session and those of mistakes included.
func (b *tab) eachConsolePage(f func(name string)) {
	b.t.Helper()
	for _, page := range consolePages {
		b.open(page)
		f(page)
	}
	b.open("/console/users/1/")
	b.loads(200, click(".act a"))
	f("session")
	b.loads(200, click(".foot button"))
	f("values")
	b.open("/console/users/?q=nobody")
	f("nobody")
	b.loads(404, chromedp.Navigate(b.base+"/console/users/77/"))
	f("missing")
}

// TestConsolePages takes a picture of each page on a phone and on a desk, light and dark, for a
// person to look at, and asks of each what TestPagesFitTheScreen, TestPagesForAScreenReader and
// TestPagesCanBeSeenAndTouched ask of the other pages.
func TestConsolePages(t *testing.T) {
	folder := os.Getenv("JAMSESSION_SCREENSHOTS")
	v, _ := openConsole(t)
	v.eachConsolePage(func(name string) {
		v.reads(name)
		for _, scheme := range []string{"light", "dark"} {
			v.sees(390, 844, scheme)
			if bad := evaluate[[]string](v, tooSmall); len(bad) > 0 {
				t.Errorf("%s: too small to touch: %q", name, bad)
			}
			if bad := evaluate[[]string](v, tooPale); len(bad) > 0 {
				t.Errorf("%s, %s: too pale: %q", name, scheme, bad)
			}
			if bad := evaluate[[]string](v, tooFaint); len(bad) > 0 {
				t.Errorf("%s, %s: text with less than 4.5:1: %q", name, scheme, bad)
			}
			if over := evaluate[int](v, "document.documentElement.scrollWidth-innerWidth"); over > 0 {
				t.Errorf("%s: %d pixels too wide", name, over)
			}
		}
		if folder != "" {
			v.pictures(folder, name)
		}
	})
}

// tooFaint lists texts whose contrast with what is behind them is below 4.5:1: WCAG 2.2, 1.4.3.
const tooFaint = `(() => {
	const channels = color => color.match(/[\d.]+/g).map(Number);
	const light = c => c.slice(0, 3).map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
	const behind = e => {
		for (; e; e = e.parentElement) {
			const c = channels(getComputedStyle(e).backgroundColor);
			if (c[3] === undefined || c[3] > .99) return c;
		}
		return [255, 255, 255];
	};
	return [...document.querySelectorAll("body *")].filter(e => {
		const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
		if (!own || !e.checkVisibility() || e.matches(".skip, .unseen")) return false;
		const [a, b] = [light(channels(getComputedStyle(e).color)), light(behind(e))].sort((a, b) => b - a);
		return (a + .05) / (b + .05) < 4.5;
	}).map(e => e.outerHTML.slice(0, 120));
})()`

// TestConsoleEndsALogin: a newcomer opens the console, ends the login of another browser, and sees
// it leave, with scripts and without.
func TestConsoleEndsALogin(t *testing.T) {
	for _, scripts := range []bool{true, false} {
		v, bob := openConsole(t)
		v.script(scripts)
		v.open("/dashboard/")
		v.loads(200, click(`nav a[href="/console/"]`))
		v.loads(200, click(`nav a[href$="users/"]`))
		v.do(chromedp.SendKeys(chromedp.CSS("#q"), "bo"))
		v.loads(200, click(".search button"))
		v.loads(200, click(`tbody a`))
		v.shows("Logged in on 1 device")
		v.loads(200, click("button.danger"))
		v.shows("The login has ended")
		v.shows("Logged in nowhere.")
		bob.open("/dashboard/")
		bob.shows("/login/")
		v.shows("demo")
	}
}

// TestConsoleFollows: with scripts, a page shows by itself who has logged in meanwhile.
func TestConsoleFollows(t *testing.T) {
	v, bob := openConsole(t)
	v.open("/console/users/2/")
	v.shows("Logged in on 1 device")
	bob.loads(200, click("nav form button")) // which logs bob out
	v.waitsFor("Logged in nowhere.", time.Now().Add(patience))
	if state := evaluate[string](v, `document.getElementById("live").className`); state != "live" {
		t.Errorf("the sign of a live page is %q", state)
	}
}

// TestConsoleLeaves: a page whose viewer is logged out elsewhere does not stay on the screen.
func TestConsoleLeaves(t *testing.T) {
	p := startProgram(t)
	v, other := newVisitor(t, p.url), newVisitor(t, p.url)
	v.login("demo", p.password)
	v.open("/console/settings/")
	other.login("demo", p.password)
	other.open("/devices/")
	other.loads(200, click("main > form button")) // everywhere else
	v.waitsFor("Page not found", time.Now().Add(patience))
}

// TestConsoleByKeyboard: what can be used can be reached, in the order in which it is read.
func TestConsoleByKeyboard(t *testing.T) {
	v, _ := openConsole(t)
	v.open("/console/users/2/")
	var reached []string
	for len(reached) < 12 {
		v.do(chromedp.KeyEvent("\t"))
		reached = append(reached, evaluate[string](v, `document.activeElement.textContent.trim() +
			(getComputedStyle(document.activeElement).outlineStyle === "none" ? " without a ring" : "")`))
	}
	const want = "Skip to the content, jamsession, Overview, Users, Sessions, Limits, Settings, Users, Session, End, " +
		"End all logins …, Lift the limits"
	if got := strings.Join(reached, ", "); got != want {
		t.Errorf("reached %s, want %s", got, want)
	}
}
