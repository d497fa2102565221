package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMistakesAreFound: an error that a test does not check is not a mistake.
func TestMistakesAreFound(t *testing.T) {
	const unchecked, compared, wrapped = "unchecked error", "comparing with", "non-wrapping format verb"
	for name, c := range map[string]struct{ file, text, want string }{
		"an error that nobody looks at":      {"a.go", `func f() { os.Remove("") }`, unchecked},
		"one that the list allows":           {"a.go", `func f() { os.Chdir("") }`, ""},
		"one that a test does not look at":   {"a_test.go", `func f() { os.Remove("") }`, ""},
		"an error that is compared":          {"a.go", "func f(err error) bool { return err == os.ErrExist }", compared},
		"an error that is not wrapped":       {"a.go", `func f(err error) error { return fmt.Errorf("%v", err) }`, wrapped},
		"an error that is not wrapped there": {"a_test.go", `func f(err error) error { return fmt.Errorf("%v", err) }`, wrapped},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range map[string]string{
				"go.mod": "module example.com/a\n\ngo 1.26\n", "b.go": "package a\n", "allowed.txt": "os.Chdir\n",
				c.file: "package a\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\n" + c.text + "\n\nvar _, _ = fmt.Sprint, os.Exit\n",
			} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			analyzers, err := linters(filepath.Join(dir, "allowed.txt"))
			if err != nil {
				t.Fatal(err)
			}
			found, err := lint(dir, analyzers)
			if err != nil {
				t.Fatal(err)
			}
			if text := strings.Join(found, "\n"); c.want == "" && text != "" || !strings.Contains(text, c.want) {
				t.Errorf("found %q, want %q", text, c.want)
			}
		})
	}
}

// TestWhatCannotBeLoadedIsAnError: it must not count as a module without mistakes.
func TestWhatCannotBeLoadedIsAnError(t *testing.T) {
	dir := t.TempDir()
	for file, text := range map[string]string{"go.mod": "module example.com/a\n\ngo 1.26\n", "a.go": "package a\n\nvar a = b\n"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := lint(dir, nil); err == nil {
		t.Errorf("found %q", found)
	}
}
