package browser

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestPagesForAScreenReader: whatever can be used has a name, and each page has
// one heading and its landmarks.
func TestPagesForAScreenReader(t *testing.T) {
	p := startProgram(t)
	v := newVisitor(t, p.url)
	for _, page := range []string{"/", "/login/", "/signup/", "/reset/", "/show/"} {
		v.open(page)
		v.reads(page)
	}
	v.open("/signup/")
	v.fill(200, "username", "demo", "email", "demo@example.com", "password", "12345")
	if tree := v.reads("problems"); !slices.ContainsFunc(tree, func(line string) bool {
		return strings.HasPrefix(line, "textbox Password:") && strings.Contains(line, "too short")
	}) {
		t.Errorf("the field does not say what is wrong with it:\n%s", strings.Join(tree, "\n"))
	}
	if id := evaluate[string](v, "document.activeElement.id"); id != "password" {
		t.Errorf("the visitor begins at %q, not at the field with the problem", id)
	}
	v.login("demo", p.password)
	for _, page := range []string{"/", "/dashboard/", "/password/", "/staff/"} {
		v.open(page)
		v.reads("in" + page)
	}
}

// reads returns the lines that a screen reader has of the page.
func (b *tab) reads(page string) []string {
	b.t.Helper()
	got, err := chromedp.Call(b.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		b.t.Fatal(err)
	}
	var lines []string
	count := make(map[string]int)
	for _, node := range got.Nodes {
		if node.Ignored {
			continue
		}
		role, name := text(node.Role), text(node.Name)
		count[role]++
		if slices.Contains([]string{"button", "link", "textbox", "checkbox"}, role) && name == "" {
			b.t.Errorf("%s: a %s has no name", page, role)
		}
		lines = append(lines, role+" "+name+": "+text(node.Description))
	}
	for _, role := range []string{"banner", "navigation", "main"} {
		if count[role] != 1 {
			b.t.Errorf("%s: %d of %s, want one", page, count[role], role)
		}
	}
	if n := evaluate[int](b, "document.querySelectorAll('h1').length"); n != 1 {
		b.t.Errorf("%s: %d main headings", page, n)
	}
	return lines
}

func text(v *accessibility.Value) string {
	var s string
	if v == nil || json.Unmarshal(v.Value, &s) != nil {
		return ""
	}
	return s
}

// tooSmall and tooPale list what a finger misses, and borders of what can be
// used that are hard to see: WCAG 2.2, 2.5.8 and 1.4.11.
const (
	tooSmall = `[...document.querySelectorAll("a, button, input:not([type=hidden])")].filter(e => {
		const box = (e.closest("label") || e).getBoundingClientRect(); // a label is a part of the target
		return e.checkVisibility() && !e.matches(".skip, .unseen") && (box.width < 24 || box.height < 24);
	}).map(e => e.outerHTML)`
	tooPale = `(() => {
		const light = color => color.match(/[\d.]+/g).slice(0, 3).map(c => c / 255)
			.map(c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
			.reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
		const ground = getComputedStyle(document.body).backgroundColor;
		return [...document.querySelectorAll("input, button")].filter(e => {
			const style = getComputedStyle(e);
			if (!e.checkVisibility() || parseFloat(style.borderTopWidth) == 0) return false;
			return [style.backgroundColor, ground].some(other => {
				const [a, b] = [light(style.borderTopColor), light(other)].sort((a, b) => b - a);
				return other != style.borderTopColor && (a + .05) / (b + .05) < 3;
			});
		}).map(e => e.outerHTML);
	})()`
)

// TestPagesCanBeSeenAndTouched: targets have 24 pixels, and borders of fields a
// contrast of 3:1, in the light and in the dark.
func TestPagesCanBeSeenAndTouched(t *testing.T) {
	p := startProgram(t)
	v := newVisitor(t, p.url)
	v.login("demo", p.password)
	for _, page := range []string{"/", "/login/?next=/password/", "/signup/", "/reset/", "/dashboard/", "/password/", "/staff/"} {
		v.open(page)
		for _, scheme := range []string{"light", "dark"} {
			v.sees(390, 844, scheme)
			if bad := evaluate[[]string](v, tooSmall); len(bad) > 0 {
				t.Errorf("%s: too small to touch: %q", page, bad)
			}
			if bad := evaluate[[]string](v, tooPale); len(bad) > 0 {
				t.Errorf("%s, %s: too pale: %q", page, scheme, bad)
			}
		}
	}
}

// TestPasswordCanBeShown, and is hidden again before it is sent.
func TestPasswordCanBeShown(t *testing.T) {
	p := startProgram(t)
	v := newVisitor(t, p.url)
	v.open("/signup/")
	if evaluate[bool](v, `document.getElementById("again") != null`) {
		t.Error("the password must be typed twice")
	}
	kind := func() string { return evaluate[string](v, `document.getElementById("password").type`) }
	for _, want := range []string{"password", "text", "password", "text"} {
		if got := kind(); got != want {
			t.Errorf("the field has the type %s, want %s", got, want)
		}
		v.do(click("button.show"))
	}
	v.do(click("button.show"))
	evaluate[bool](v, `document.forms[document.forms.length-1].addEventListener("submit", () =>
		sessionStorage.sent = document.getElementById("password").type) == null`)
	v.fill(200, "username", "bob", "email", "bob@example.com", "password", password)
	v.shows("Welcome, bob")
	if sent := evaluate[string](v, "sessionStorage.sent"); sent != "password" {
		t.Errorf("the field was sent with the type %q", sent)
	}
}

// TestPagesWorkWithoutScripts: a new password is then typed twice.
func TestPagesWorkWithoutScripts(t *testing.T) {
	p := startProgram(t)
	v := newVisitor(t, p.url)
	_, err := chromedp.Call(v.ctx, emulation.SetScriptExecutionDisabled,
		emulation.SetScriptExecutionDisabledParams{Value: true})
	if err != nil {
		t.Fatal(err)
	}
	v.open("/signup/")
	v.fill(200, "username", "bob", "email", "bob@example.com", "password", password, "again", other)
	v.shows("The two passwords do not match.")
	v.fill(200, "username", "bob", "email", "bob@example.com", "password", password, "again", password)
	v.shows("Welcome, bob")
	v.open("/password/")
	v.fill(200, "old", password, "password", other, "again", other)
	v.shows("Your password has been changed.")
	v.loads(200, click("nav form button"))
	v.login("bob", other)
	v.open("/dashboard/")
	v.shows("bob@example.com")
}
