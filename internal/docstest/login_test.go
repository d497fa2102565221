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
	for _, name := range []string{"main.go", "login.go", "more.go"} {
		program.WriteString(read(t, "examples/guide-login/"+name))
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
// the guide names, makes a program, with nothing else.
func TestTheGuideBuildsWordForWord(t *testing.T) {
	var pieces []string
	for _, block := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(read(t, "docs/login.md"), -1) {
		pieces = append(pieces, block[1])
	}
	dir := t.TempDir()
	args := []string{"vet"}
	for name, text := range map[string]string{
		"main.go":  strings.Replace(pieces[0], "\treturn mux\n", "\tmore(mux, site)\n\treturn mux\n", 1),
		"login.go": pieces[1],
		"more.go":  strings.Join(pieces[2:], "\n"),
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
