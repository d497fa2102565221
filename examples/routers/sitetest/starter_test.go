package sitetest

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../../.."

// TestStartersCompile: what jamsession init writes for each router is a program, with
// its test.
func TestStartersCompile(t *testing.T) {
	dir := t.TempDir()
	routers, err := filepath.Glob(root + "/cmd/jamsession/internal/starter/files/routers/*")
	if err != nil || len(routers) != 5 {
		t.Fatalf("the routers are %q, error %v", routers, err)
	}
	for _, router := range routers {
		to := filepath.Join(dir, filepath.Base(router))
		copyStarter(t, root+"/cmd/jamsession/internal/starter/files/site", to)
		copyStarter(t, router, to)
	}
	writeModule(t, dir)
	cmd := exec.CommandContext(t.Context(), "go", "vet", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// copyStarter copies files without their last suffix.
func copyStarter(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimSuffix(strings.TrimPrefix(path, from), ".txt"))
		if d.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, text, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// writeModule makes the folder a module with the requirements of this one.
func writeModule(t *testing.T, dir string) {
	t.Helper()
	library, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root, "examples/routers", name))
		if err != nil {
			t.Fatal(err)
		}
		text = []byte(strings.Replace(string(text), "=> ../..", "=> "+library, 1))
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
