package browser

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/djangotest"
)

// TestOnePageShowsTheSessionFromBothSides: the example of two sites behind one
// address. What is done in one frame is shown in the other.
func TestOnePageShowsTheSessionFromBothSides(t *testing.T) {
	python := djangotest.Python(t)
	file := filepath.Join(buildDir, "beside")
	if err := goBuild(file, "./examples/django-beside-go"); err != nil {
		t.Fatal(err)
	}
	p := runProgram(t, file, "DJANGO_PYTHON="+python)
	v := newVisitor(t, p.url)
	v.open("/")
	v.framesShow("nobody", "")
	for from, name := range []string{"Django", "Go"} {
		v.inFrame(from, fmt.Sprintf(`set("username", "demo"); set("password", %q); press("Log in in %s")`,
			p.password, name))
		v.framesShow("demo", "")
		v.inFrame(from, fmt.Sprintf(`press("Count in %s")`, name))
		v.framesShow("demo", "1")
		v.inFrame(1-from, `press("Log out")`)
		v.framesShow("nobody", "")
	}
}

// inFrame runs a script in the page of a frame, which comes from this host.
func (b *tab) inFrame(frame int, script string) {
	b.t.Helper()
	evaluate[string](b, fmt.Sprintf(`(() => {
		const page = document.querySelectorAll("iframe")[%d].contentDocument
		const set = (name, value) => { page.querySelector("input[name=" + name + "]").value = value }
		const press = text => [...page.querySelectorAll("button")].find(b => b.innerText.startsWith(text)).click()
		%s
		return ""
	})()`, frame, script))
}

// framesShow waits until both frames show this user and this count.
func (b *tab) framesShow(user, count string) {
	b.t.Helper()
	got, want := "", strings.Repeat(user+" "+count+";", 2)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		got = evaluate[string](b, `[...document.querySelectorAll("iframe")].map(f => {
			const text = id => f.contentDocument?.getElementById(id)?.innerText ?? ""
			return text("user") + " " + text("item-count") + ";"
		}).join("")`)
		if got == want {
			return
		}
	}
	b.t.Fatalf("the frames show %q, want %q", got, want)
}
