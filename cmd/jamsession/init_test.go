package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInitNeedsTheGoCommand, and writes nothing without it.
func TestInitNeedsTheGoCommand(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("PATH", t.TempDir())
	var out, problem bytes.Buffer
	code := run(t.Context(), []string{"init"}, stdio{os.Stdin, &out, &problem})
	if code != 1 || !strings.Contains(problem.String(), "install Go") {
		t.Errorf("status %d: %s", code, &problem)
	}
	if entries, err := os.ReadDir("."); len(entries) > 0 || err != nil {
		t.Errorf("written: %v, %v", entries, err)
	}
}

// TestInitNamesTheModule after the folder, unless it is told another name.
func TestInitNamesTheModule(t *testing.T) {
	for folder, want := range map[string]string{
		"shop": "example.com/shop", "My Shop!": "example.com/My-Shop", "..hidden": "example.com/hidden", "日本": "example.com/site",
	} {
		c := initCommand{Folder: filepath.Join(t.TempDir(), folder)}
		if got := c.module(); got != want {
			t.Errorf("%q: module %s, want %s", folder, got, want)
		}
	}
	if got := (&initCommand{Module: "example.org/x"}).module(); got != "example.org/x" {
		t.Errorf("module %s", got)
	}
}
