package browser

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestPagesFitTheScreen takes a picture of each page on a phone and on a
// desk, light and dark, for a person to look at. What it checks is that no
// page is wider than its screen.
func TestPagesFitTheScreen(t *testing.T) {
	folder := os.Getenv("JAMSESSION_SCREENSHOTS")
	if folder == "" {
		folder = t.TempDir()
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Logf("screenshots: %s", folder)
	p := startProgram(t)
	v := newVisitor(t, p.url)
	for _, page := range []string{"/", "/login/", "/signup/", "/reset/", "/show/"} {
		v.open(page)
		v.pictures(folder, page)
	}
	v.open("/signup/")
	v.fill(200, "username", "demo", "email", "demo@example.com", "password", "12345")
	v.pictures(folder, "problems")
	v.login("demo", p.password)
	v.pictures(folder, "message")
	for _, page := range []string{"/", "/dashboard/", "/password/", "/staff/"} {
		v.open(page)
		v.pictures(folder, "in"+page)
	}
	v.loads(404, chromedp.Navigate(p.url+"/none"))
	v.pictures(folder, "none")
}

func (b *tab) pictures(folder, name string) {
	b.t.Helper()
	screens := map[string][2]int64{"small": {360, 780}, "phone": {390, 844}, "desktop": {1280, 800}}
	for screen, size := range screens {
		for _, scheme := range []string{"light", "dark"} {
			b.sees(size[0], size[1], scheme)
			parts := append(strings.FieldsFunc("page/"+name, func(r rune) bool { return r == '/' }), screen, scheme)
			b.picture(filepath.Join(folder, strings.Join(parts, "-")+".png"))
		}
	}
}

// sees gives the visitor a screen of this size, and a light or dark scheme.
func (b *tab) sees(width, height int64, scheme string) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height))
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) picture(file string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	over, err := chromedp.Run(ctx, chromedp.Evaluate[int]("document.documentElement.scrollWidth-innerWidth"))
	if err != nil {
		b.t.Fatal(err)
	}
	if over > 0 {
		b.t.Errorf("%s: the page is %d pixels too wide", file, over)
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(file, png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// TestPictureForTheReadme takes the picture that README.md shows: the login on a
// desk, and the dashboard on a phone before it.
func TestPictureForTheReadme(t *testing.T) {
	folder := os.Getenv("JAMSESSION_PICTURES")
	if folder == "" {
		folder = t.TempDir()
	}
	p := startProgram(t)
	for _, scheme := range []string{"light", "dark"} {
		v := newVisitor(t, p.url)
		parts := t.TempDir()
		v.open("/login/")
		v.sees(900, 600, scheme)
		v.picture(filepath.Join(parts, "desk.png"))
		v.login("demo", p.password)
		v.open("/dashboard/")
		v.sees(390, 700, scheme)
		v.picture(filepath.Join(parts, "phone.png"))
		page := filepath.Join(parts, "both.html")
		if err := os.WriteFile(page, []byte(both), 0o600); err != nil {
			t.Fatal(err)
		}
		v.do(chromedp.Navigate("file://" + page))
		v.sees(1060, 680, scheme)
		v.picture(filepath.Join(folder, "demo-"+scheme+".png"))
	}
}

// both puts one picture before the other.
const both = `<!doctype html><meta name="color-scheme" content="light dark"><style>
body { margin: 0; background: transparent; } img { position: absolute; border-radius: 12px; border: 1px solid #8886; }
</style><img src="desk.png" style="left: 10px; top: 10px; width: 900px">
<img src="phone.png" style="right: 10px; bottom: 10px; width: 290px; box-shadow: 0 8px 30px #0004">`
