package docstest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestThreatModelNamesRealTests: each test that a document names as the proof
// of a promise exists.
func TestThreatModelNamesRealTests(t *testing.T) {
	tests := declaredTests(t)
	for _, doc := range []string{"docs/threat-model.md", "docs/asvs.md"} {
		named := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(read(t, doc), -1)
		if len(named) < 50 {
			t.Errorf("%s names %d tests", doc, len(named))
		}
		for _, m := range named {
			if !tests[m[1]] {
				t.Errorf("%s: there is no %s", doc, m[1])
			}
		}
	}
}

// declaredTests are the names of all tests of all modules.
func declaredTests(t *testing.T) map[string]bool {
	t.Helper()
	tests := make(map[string]bool)
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err := filepath.WalkDir(root, func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			tests[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}
