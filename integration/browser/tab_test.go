package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/jamsession/jamsession/internal/servertest"
)

const (
	// patience is how long a test waits for one thing.
	patience = 15 * time.Second

	// visit is how long a visitor stays at most, lest a test hangs in whatever has no limit of
	// its own.
	visit = 90 * time.Second
)

// buildDir is where the program is built, and chromium the running browser.
var (
	buildDir string
	chromium context.Context
)

func TestMain(m *testing.M) { os.Exit(withBrowser(m)) }

func withBrowser(m *testing.M) int {
	var err error
	if buildDir, err = os.MkdirTemp("", "jambrowser"); err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(buildDir) }()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.IgnoreCertErrors,
		chromedp.ExecPath("chromium"), chromedp.UserDataDir(buildDir+"/profile"))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	ctx, quit := chromedp.NewContext(allocator)
	defer quit()
	if _, err := exec.LookPath("chromium"); err == nil {
		if err := chromedp.Do(ctx); err != nil {
			panic(err)
		}
		chromium = ctx
	}
	return m.Run()
}

// wrap adds what a command printed to its error.
func wrap(err error, out []byte) error {
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// A tab is a tab of a browser.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string
}

// newVisitor opens a tab of a browser that has no cookies yet.
func newVisitor(t *testing.T, base string) *tab {
	t.Helper()
	if chromium == nil {
		servertest.Missing(t, "chromium")
	}
	return newTab(chromium, t, base, chromedp.WithNewBrowserContext())
}

// another opens a second tab of the same browser.
func (b *tab) another() *tab {
	b.t.Helper()
	return newTab(b.ctx, b.t, b.base)
}

// newTab opens a tab in the browser of the parent.
func newTab(parent context.Context, t *testing.T, base string, o ...chromedp.ContextOption) *tab {
	t.Helper()
	parent, leave := context.WithTimeout(parent, visit)
	t.Cleanup(func() {
		defer leave()
		if err := parent.Err(); err != nil {
			t.Errorf("the test has lasted longer than a visit: %v", err)
		}
	})
	ctx, closeTab := chromedp.NewContext(parent, o...)
	t.Cleanup(closeTab)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return &tab{t, ctx, base}
}

// do runs actions, and fails when they take too long.
func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// loads runs actions that load a page, and fails unless it has this status.
func (b *tab) loads(status int64, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	resp, err := chromedp.RunResponse(ctx, actions...)
	if err != nil {
		b.t.Fatal(err)
	}
	if resp.Status != status {
		b.t.Errorf("%s: status %d, want %d", resp.URL, resp.Status, status)
	}
}

func (b *tab) open(path string) {
	b.t.Helper()
	b.loads(200, chromedp.Navigate(b.base+path))
}

func click(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.CSS(selector))
}

// fill types into the fields of the page, given by their ids, then sends the
// form and waits for the page with the status.
func (b *tab) fill(status int64, fields ...string) {
	b.t.Helper()
	for i := 0; i < len(fields); i += 2 {
		field := chromedp.CSS("#" + fields[i])
		b.do(chromedp.Clear(field), chromedp.SendKeys(field, fields[i+1]))
	}
	b.loads(status, click("main form.card > button"))
}

func (b *tab) login(name, password string) {
	b.t.Helper()
	b.open("/login/?again=1") // also if somebody is logged in
	b.fill(200, "username", name, "password", password)
	b.shows("You are logged in as " + name)
}

func (b *tab) signUp(name string) {
	b.t.Helper()
	b.open("/signup/")
	b.fill(200, "username", name, "email", name+"@example.com", "password", password)
	b.shows("Welcome, " + name)
}

// pageText is the path of a page, and what it shows.
const pageText = `location.pathname+"\n"+document.body.innerText`

func (b *tab) text() string {
	b.t.Helper()
	return evaluate[string](b, pageText)
}

func (b *tab) shows(text string) {
	b.t.Helper()
	if page := b.text(); !strings.Contains(page, text) {
		b.t.Errorf("the page does not show %q:\n%s", text, page)
	}
}

func (b *tab) hides(text string) {
	b.t.Helper()
	if page := b.text(); strings.Contains(page, text) {
		b.t.Errorf("the page shows %q:\n%s", text, page)
	}
}

// cookie returns a cookie as the browser has it, for the page that is open.
func (b *tab) cookie(name string) *network.Cookie {
	b.t.Helper()
	got, err := chromedp.Call(b.ctx, network.GetCookies, network.GetCookiesParams{})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range got.Cookies {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// plant gives the browser a cookie.
func (b *tab) plant(name, value string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, network.SetCookies, network.SetCookiesParams{
		Cookies: []*network.CookieParam{{Name: name, Value: value, URL: b.base + "/"}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// evaluate returns the value of an expression on the page.
func evaluate[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := ask[T](b, expression)
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

// ask is evaluate that may fail.
func ask[T any](b *tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression))
}
