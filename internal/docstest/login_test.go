package docstest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/settings"
)

// TestTheGuideShowsAProgramThatWorks: each piece of Go in docs/login.md is one
// of the program that is tested, to the letter, and its settings are valid.
func TestTheGuideShowsAProgramThatWorks(t *testing.T) {
	doc := read(t, "docs/login.md")
	var program strings.Builder
	for _, name := range []string{"main.go", "routes.go", "login.go", "pages.go", "main_test.go", "more.go"} {
		program.WriteString(read(t, "examples/guide-login/"+name))
	}
	for _, page := range regexp.MustCompile("(?s)`pages/(\\w+).html`[^`]*```html\n(.*?)```").FindAllStringSubmatch(doc, -1) {
		if page[2] != read(t, "examples/guide-login/pages/"+page[1]+".html") {
			t.Errorf("pages/%s.html of examples/guide-login is not\n%s", page[1], page[2])
		}
	}
	for _, script := range regexp.MustCompile("(?s)`pages/(\\w+).js`[^`]*```js\n(.*?)```").FindAllStringSubmatch(doc, -1) {
		if script[2] != read(t, "examples/guide-login/pages/"+script[1]+".js") {
			t.Errorf("pages/%s.js of examples/guide-login is not\n%s", script[1], script[2])
		}
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(doc, -1)
	for _, block := range blocks {
		if !strings.Contains(program.String(), block[1]) {
			t.Errorf("no part of examples/guide-login:\n%s", block[1])
		}
	}
	if len(blocks) < 8 {
		t.Errorf("%d pieces of Go", len(blocks))
	}
	_, toml, _ := strings.Cut(doc, "```toml\n")
	toml, _, _ = strings.Cut(toml, "```")
	flags := map[string]string{}
	for _, line := range regexp.MustCompile(`(?m)^(\w+) = "(.*)"$`).FindAllStringSubmatch(toml, -1) {
		flags[line[1]] = line[2]
	}
	if _, err := settings.Load(settings.Sources{Flags: flags}); err != nil || len(flags) != strings.Count(toml, "=") {
		t.Errorf("%v in\n%s", err, toml)
	}
}

// TestTheGuideBuildsWordForWord: each piece of Go, copied into the file that
// the guide names, makes a program, with the pages and nothing else.
func TestTheGuideBuildsWordForWord(t *testing.T) {
	site, later, _ := strings.Cut(read(t, "docs/login.md"), "\n## 3. Tests\n")
	_, later, _ = strings.Cut(later, "\n## And then\n")
	pieces, more := goBlocks(site), goBlocks(later)
	if len(pieces) != 4 {
		t.Fatalf("%d files, want main.go, routes.go, login.go and pages.go", len(pieces))
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "pages"), os.DirFS(root+"/examples/guide-login/pages")); err != nil {
		t.Fatal(err)
	}
	args := []string{"vet"}
	for name, text := range map[string]string{
		"main.go":   pieces[0],
		"routes.go": strings.Replace(pieces[1], "\treturn mux\n", "\tmore(mux, site)\n\treturn mux\n", 1),
		"login.go":  pieces[2],
		"pages.go":  pieces[3],
		"more.go":   strings.Join(more, "\n"),
	} {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func goBlocks(doc string) (pieces []string) {
	for _, block := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(doc, -1) {
		pieces = append(pieces, block[1])
	}
	return pieces
}
