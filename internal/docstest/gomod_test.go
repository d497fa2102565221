package docstest

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryModuleRefusesOldToolchains: each asks for the same patch release of
// Go, which the go command enforces, and the documentation says so.
func TestEveryModuleRefusesOldToolchains(t *testing.T) {
	release := goLine(t, "go.mod")
	if !regexp.MustCompile(`^1\.\d+\.[1-9]\d*$`).MatchString(release) {
		t.Errorf("go.mod asks for Go %s, which has no patches", release)
	}
	if !strings.Contains(read(t, "CONTRIBUTING.md"), "You need Go "+release+" or newer") {
		t.Errorf("CONTRIBUTING.md does not say that Go %s is needed", release)
	}
	modules := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "go.mod" {
			return err
		}
		modules++
		if name := strings.TrimPrefix(path, root+"/"); goLine(t, name) != release {
			t.Errorf("%s asks for Go %s, and go.mod for %s", name, goLine(t, name), release)
		}
		return nil
	})
	if err != nil || modules < 4 {
		t.Errorf("%d modules, error %v", modules, err)
	}
}

// goLine returns the release of Go that a module asks for.
func goLine(t *testing.T, name string) string {
	t.Helper()
	line := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(read(t, name))
	if line == nil {
		t.Fatalf("%s asks for no Go", name)
	}
	return line[1]
}
