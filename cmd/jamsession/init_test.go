package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
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

// TestInitJudgesTheModuleFirst: a site without its module would have files that are in the way
// of the next try.
func TestInitJudgesTheModuleFirst(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, module := range []string{"bad path", "-x", "a\tb", "a@b", "ü"} {
		var out, errs bytes.Buffer
		status := run(t.Context(), []string{"init", "--module=" + module, "shop"}, stdio{os.Stdin, &out, &errs})
		if _, err := os.Stat("shop"); status != 2 || err == nil {
			t.Errorf("%q: status %d: %s; %v", module, status, &errs, err)
		}
	}
}

// TestInitQuotesTheFolder in the command that leads there.
func TestInitQuotesTheFolder(t *testing.T) {
	for folder, want := range map[string]string{
		".": "", "./": "", "shop": "  cd shop\n", "/srv/my-shop_2": "  cd /srv/my-shop_2\n", "日本": "  cd 日本\n",
		"my shop": "  cd 'my shop'\n", "it's": "  cd 'it'\\''s'\n", "$HOME": "  cd '$HOME'\n", "-x": "  cd '-x'\n",
	} {
		if got := (&initCommand{Folder: folder}).enter(); got != want {
			t.Errorf("%s: %q, want %q", folder, got, want)
		}
	}
}

// TestInitBelowAFile does not say that something is there.
func TestInitBelowAFile(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	status := run(t.Context(), []string{"init", "file/site"}, stdio{os.Stdin, &errs, &errs})
	if status != 1 || strings.Contains(errs.String(), "already has") {
		t.Errorf("status %d: %s", status, &errs)
	}
}

// TestInitMakesAKey: createsuperuser comes before the first start of the site, and needs it.
func TestInitMakesAKey(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("not run: no scripts that are programs")
	}
	t.Chdir(t.TempDir())
	path := t.TempDir() // a go command that does nothing
	if err := os.WriteFile(filepath.Join(path, "go"), []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", path+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("SECRET_KEY", "")
	if out := jamsession(t, "", "init", "shop"); !strings.Contains(out, ", secret_key.") {
		t.Errorf("init printed %s", out)
	}
	t.Chdir("shop")
	jamsession(t, "", "migrate")
	jamsession(t, "correct-horse-battery", "createsuperuser", "--noinput", "--username", "ann")
	if info, err := os.Stat("secret_key"); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("secret_key: %v, %v", info, err)
	}
}
