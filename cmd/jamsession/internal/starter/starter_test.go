package starter_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/starter"
)

// TestFilesAreTheExamples: what is written is what the tests compile and run.
func TestFilesAreTheExamples(t *testing.T) {
	if got := starter.Routers(); !slices.Equal(got, []string{"chi", "echo4", "echo5", "fiber", "gin"}) {
		t.Errorf("the routers are %q", got)
	}
	for _, router := range append(starter.Routers(), "") {
		dir := filepath.Join(t.TempDir(), "new", "site")
		names, err := starter.Write(dir, router)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(names, "main.go") || !slices.Contains(names, "pages/login.html") {
			t.Errorf("written: %q", names)
		}
		for _, name := range names {
			example := "guide-login"
			if router != "" && (name == "routes.go" || name == "adapter.go") {
				example = filepath.Join("routers", router)
			}
			got, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join("../../../../examples", example, strings.TrimPrefix(name, ".")))
			if err != nil || string(got) != string(want) {
				t.Errorf("%s is not that of examples/%s, run go generate: %v", name, example, err)
			}
		}
	}
}

// TestNothingIsOverwritten, and then nothing at all is written.
func TestNothingIsOverwritten(t *testing.T) {
	for _, there := range []string{"login.go", "pages/base.html"} {
		dir := t.TempDir()
		file := filepath.Join(dir, there)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := starter.Write(dir, "")
		if err == nil || !strings.Contains(err.Error(), there+", and nothing is overwritten") {
			t.Errorf("%s: error %v", there, err)
		}
		text, err := os.ReadFile(file)
		if err != nil || string(text) != "mine" {
			t.Errorf("%s: %q, %v", there, text, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "main.go")); err == nil {
			t.Errorf("%s is there, and main.go was written", there)
		}
	}
}

// TestEachRouterIsASite: its routes.go is that of examples/routers, where it is compiled
// and tried with the files of the site.
func TestEachRouterIsASite(t *testing.T) {
	if len(starter.Routers()) == 0 {
		t.Fatal("no routers")
	}
	for _, router := range starter.Routers() {
		dir := t.TempDir()
		if _, err := starter.Write(dir, router); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(dir, "routes.go"))
		want, err2 := os.ReadFile(filepath.Join("../../../../examples/routers", router, "routes.go"))
		if err != nil || err2 != nil || string(got) != string(want) {
			t.Errorf("%s: routes.go is not that of examples/routers: %v, %v", router, err, err2)
		}
	}
	if _, err := starter.Write(t.TempDir(), "chai"); err == nil || !strings.Contains(err.Error(), "there are ") {
		t.Errorf("an unknown router: %v", err)
	}
}
