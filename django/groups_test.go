package django_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/jamsession/jamsession/internal/vectors"
)

func TestVectorsEveryGroupIsKnown(t *testing.T) {
	inFiles := map[string]bool{}
	for _, file := range vectors.Files(t) {
		for _, group := range file.Groups() {
			inFiles[group] = true
			if !slices.Contains(vectors.Built, group) {
				t.Errorf("%s: the group %s is new; build it, and name it in vectors.Built", file.Name, group)
			}
		}
	}
	for _, group := range vectors.Built {
		if !inFiles[group] {
			t.Errorf("the group %s is in no file", group)
		}
	}
	for i, group := range vectors.Built {
		if slices.Contains(vectors.Built[:i], group) {
			t.Errorf("the group %s is named twice", group)
		}
	}
}

func TestVectorsEveryBuiltGroupIsRun(t *testing.T) {
	run := groupsRun(t, "..")
	for _, group := range vectors.Built {
		if !run[group] {
			t.Errorf("no test runs the group %s", group)
		}
	}
}

// groupsRun returns the groups that a test under root asks for by name.
func groupsRun(t *testing.T, root string) map[string]bool {
	t.Helper()
	asks := regexp.MustCompile(`(?:vectors\.Run\(t, |\.Cases\()"(\w+)"`)
	run := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if ok, _ := filepath.Match("*_test.go", d.Name()); !ok {
			return nil
		}
		source, err := os.ReadFile(path) // a file of this module
		for _, match := range asks.FindAllSubmatch(source, -1) {
			run[string(match[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return run
}
