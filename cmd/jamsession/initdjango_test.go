package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestInitBesideDjango: the site has pages of its own and the settings of Django, and
// neither a key that is made up, nor a test that would make tables.
func TestInitBesideDjango(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("not run: no scripts that are programs")
	}
	facts := absolute(t, "testdata/facts/uuidkey.json")
	t.Chdir(t.TempDir())
	path := t.TempDir() // a go command that does nothing
	if err := os.WriteFile(filepath.Join(path, "go"), []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", path+string(os.PathListSeparator)+os.Getenv("PATH"))
	out := jamsession(t, "", "init", "--router", "chi", "--from-django", facts, "shop")
	if !strings.Contains(out, "routes.go") || !strings.Contains(out, "shop/secret_key") {
		t.Errorf("init printed %s", out)
	}
	text, err := os.ReadFile("shop/jamsession.toml")
	if err != nil || !strings.Contains(string(text), "\nAUTH_USER_MODEL = \"crew.Member\"\n") ||
		!strings.Contains(string(text), "\nLOGIN_URL = \"/login\"\n") {
		t.Errorf("%v: %s", err, text)
	}
	if _, err := os.Stat("shop/main_test.go"); err == nil {
		t.Error("there is a test of the tables")
	}
	if key, err := os.ReadFile("shop/secret_key"); err != nil || len(key) != 0 {
		t.Errorf("the key is %q, %v", key, err)
	}
	for command, want := range map[string]int{
		"init --settings-only shop":                                2, // without facts
		"init --settings-only --router chi --from-django x shop":   1, // no such file
		"init --settings-only --from-django " + facts + " shop":    1, // which has settings
		"init --from-django " + facts + " --module=a@b other":      2,
		"init --settings-only --from-django jamsession.toml other": 1,
	} {
		var errs bytes.Buffer
		if got := run(t.Context(), strings.Fields(command), stdio{os.Stdin, &errs, &errs}); got != want {
			t.Errorf("%s: status %d, want %d: %s", command, got, want, &errs)
		}
	}
	if after, err := os.ReadFile("shop/jamsession.toml"); err != nil || !bytes.Equal(after, text) {
		t.Errorf("overwritten: %v, %s", err, after)
	}
	if _, err := os.Stat("other"); err == nil {
		t.Error("written in spite of an error")
	}
}
