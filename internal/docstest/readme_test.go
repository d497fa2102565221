// Package docstest tests the documentation against the code.
package docstest

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// readmeProgram returns the program in README.md.
func readmeProgram(t *testing.T) string {
	t.Helper()
	_, rest, found := strings.Cut(read(t, "README.md"), "```go\n")
	program, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("README.md has no Go program")
	}
	return program
}

// TestReadmeProgramIsTheExample: the handler that README.md shows is the one
// that the Example runs, to the letter.
func TestReadmeProgramIsTheExample(t *testing.T) {
	shown := function(t, readmeProgram(t), "welcome")
	run := function(t, read(t, "session/example_visits_test.go"), "welcome")
	if shown != run {
		t.Errorf("README.md shows\n%s\nthe Example runs\n%s", shown, run)
	}
}

func TestReadmeProgramBuilds(t *testing.T) {
	name := filepath.Join(t.TempDir(), "main.go")
	program := readmeProgram(t)
	if err := os.WriteFile(name, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "vet", name)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if formatted, err := format.Source([]byte(program)); err != nil || string(formatted) != program {
		t.Errorf("not formatted: %v", err)
	}
}

// function returns the text of a function in a Go file.
func function(t *testing.T, src, name string) string {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Name.Name == name {
			var buf bytes.Buffer
			if err := format.Node(&buf, fset, f); err != nil {
				t.Fatal(err)
			}
			return buf.String()
		}
	}
	t.Fatalf("no function %s", name)
	return ""
}

// TestReadmeCommandsAreTheMakefiles: what "make demo" and "make test" stand
// for, by README.md, is of the packages that the Makefile names.
func TestReadmeCommandsAreTheMakefiles(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(read(t, "README.md"), -1)
	if len(blocks) < 2 {
		t.Fatalf("README.md has %d blocks of commands, want first one with make and one without", len(blocks))
	}
	with, without := strings.Fields(blocks[0][1]), strings.Split(strings.TrimSpace(blocks[1][1]), "\n")
	for i, target := range []string{"demo", "test"} {
		if !strings.Contains(strings.Join(with, " "), "make "+target) {
			t.Errorf("README.md does not show make %s", target)
		}
		recipe := regexp.MustCompile(`(?m)^` + target + `:.*\n((?:\t.+\n)+)`).FindStringSubmatch(read(t, "Makefile"))
		words := strings.Fields(without[i])
		if recipe == nil || !slices.Contains(strings.Fields(recipe[1]), words[len(words)-1]) {
			t.Errorf("make %s: README.md says %q, the Makefile does %q", target, without[i], recipe)
		}
	}
}

// TestLinksLeadSomewhere: links between the documents name files that exist.
func TestLinksLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]+)`)
	documents, err := filepath.Glob(root + "/*.md")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(root + "/docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range append(documents, more...) {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		prose := regexp.MustCompile("(?s)```.*?```|`[^`\n]+`").ReplaceAllString(string(text), "")
		for _, m := range link.FindAllStringSubmatch(prose, -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(document), m[1])); err != nil {
				t.Errorf("%s: %v", filepath.Base(document), err)
			}
		}
	}
}
