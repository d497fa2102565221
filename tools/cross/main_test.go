package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMistakesOfOtherSystemsAreFound, in tests as well as in programs.
func TestMistakesOfOtherSystemsAreFound(t *testing.T) {
	for name, c := range map[string]struct{ target, file, text, want string }{
		"a call that Windows lacks": {
			"windows/amd64", "a.go", "import \"syscall\"\n\nvar _ = syscall.SIGSTOP\n", "SIGSTOP",
		},
		"a number beyond 32 bits, in a test": {
			"linux/386", "a_test.go", "var _ int = 1 << 40\n", "1 << 40",
		},
		"a shift beyond 32 bits, which only vet sees": {
			"linux/386", "a.go", "func f(n int) int { return n << 40 }\n", "too small for shift",
		},
		"a sound module": {"linux/386", "a.go", "var _ int64 = 1 << 40\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "go.mod", "module example.com/a\n\ngo 1.26\n")
			write(t, dir, "b.go", "package a\n")
			write(t, dir, c.file, "package a\n\n"+c.text)
			found, err := check(c.target, dir)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Join(found, "\n")
			if c.want == "" && text != "" || !strings.Contains(text, c.want) {
				t.Errorf("found %q, want %q", text, c.want)
			}
		})
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
