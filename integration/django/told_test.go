package django

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/settings"
)

// The command is built once for all tests.
var (
	commandDir string // TestDjango's

	command = sync.OnceValues(func() (string, error) {
		file := filepath.Join(commandDir, "jamsession")
		build := exec.CommandContext(context.Background(),
			"go", "build", "-ldflags=-s", "-o", file, "./cmd/jamsession")
		build.Dir = filepath.Join("..", "..")
		if out, err := build.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%w: %s", err, out)
		}
		return file, nil
	})
)

// A told site is a Go site for which the command says what to write: its folder has the
// script, the facts that it found out, and the settings.
type told struct {
	script string
}

// newTold makes the folder, with the script in it.
func newTold(t *testing.T) told {
	t.Helper()
	folder := told{filepath.Join(t.TempDir(), "facts.py")}
	if err := os.WriteFile(folder.script, folder.run(t, ".", "django-facts"), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// run runs the command in a folder, and returns what it prints. Its status must be 0.
func (told) run(t *testing.T, folder string, args ...string) []byte {
	t.Helper()
	program, err := command()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = folder
	cmd.Env = []string{"PATH=/usr/bin:/bin"}
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		t.Fatalf("jamsession %v: %v\n%s%s", args, err, out, exit.Stderr)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// settings returns those that share Django's login, with its sessions in one of its CACHES.
// They are what "init" writes of the facts, and "check" finds no error.
func (f told) settings(t *testing.T, alias string) *settings.Settings {
	t.Helper()
	folder, facts := t.TempDir(), filepath.Join(filepath.Dir(f.script), alias+".json")
	f.run(t, folder, "init", "--settings-only", "--from-django", facts)
	if err := os.WriteFile(filepath.Join(folder, "secret_key"), []byte(secretKey), 0o600); err != nil {
		t.Fatal(err)
	}
	f.run(t, folder, "check", "--django", facts)
	loaded, err := settings.Load(settings.Sources{
		File:  filepath.Join(folder, "jamsession.toml"),
		Flags: map[string]string{"SECRET_KEY": secretKey, "LOGIN_URL": "/login"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}
