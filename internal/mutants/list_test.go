package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// TestEveryMistakeCanBeMade: its text is in its file exactly once, and what
// stands there instead is Go.
func TestEveryMistakeCanBeMade(t *testing.T) {
	all, err := readList("list")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 120 {
		t.Errorf("%d mistakes", len(all))
	}
	type change struct{ file, old, new string }
	seen := make(map[change]bool)
	for _, m := range all {
		if _, err := m.apply(root); err != nil {
			t.Errorf("%v: %v", m, err)
		}
		c := change{m.File, m.Old, m.New}
		if seen[c] {
			t.Errorf("%v: is there twice", m)
		}
		seen[c] = true
		for _, pkg := range m.packages() {
			if tests, _ := filepath.Glob(filepath.Join(root, pkg, "*_test.go")); tests == nil {
				t.Errorf("%v: %s has no tests", m, pkg)
			}
		}
	}
}

// TestListIsExact: what is misspelt, or would change nothing or something
// else, is refused.
func TestListIsExact(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.go", "package a\n\nfunc a() { b(); b() }\nfunc b() {}\n")
	write(t, dir, "a_test.go", "package a\n")
	good := mutant{File: "a.go", Old: "func b() {}", New: "func b() { a() }", Breaks: "b"}
	if text, err := good.apply(dir); err != nil || !strings.Contains(string(text), "func b() { a() }") {
		t.Errorf("%s, %v", text, err)
	}
	for name, change := range map[string]func(m *mutant){
		"twice":        func(m *mutant) { m.Old = "b()" },
		"gone":         func(m *mutant) { m.Old = "c()" },
		"nothing":      func(m *mutant) { m.Old = "" },
		"no change":    func(m *mutant) { m.New = m.Old },
		"no Go":        func(m *mutant) { m.New = "func b() {" },
		"no reason":    func(m *mutant) { m.Breaks = "" },
		"no file":      func(m *mutant) { m.File = "b.go" },
		"a test":       func(m *mutant) { m.File, m.Old, m.New = "a_test.go", "a", "b" },
		"another kind": func(m *mutant) { m.File = "a.txt" },
	} {
		m := good
		change(&m)
		if _, err := m.apply(dir); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	write(t, dir, "a.toml", "[[mutant]]\nfile = 'a.go'\nolt = 'misspelt'\n")
	if _, err := readList(dir); err == nil || !strings.Contains(err.Error(), "olt") {
		t.Errorf("misspelt: %v", err)
	}
	if _, err := readList(t.TempDir()); err == nil {
		t.Error("an empty list was accepted")
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	name = filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
