package main

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"
)

// A mutant is a deliberate mistake in one file.
type mutant struct {
	File   string   // below the root of the module, with slashes
	Old    string   // a piece of the file, which is there exactly once
	New    string   // what stands there instead
	Breaks string   // the decision that is wrong then
	Tests  []string // packages that should notice; empty: File's, then the attacks
}

// attacks has the tests that see whole sites.
const attacks = "./internal/attacks"

// readList returns the mutants of every file in a folder.
func readList(dir string) ([]mutant, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.toml"))
	if err != nil {
		return nil, err
	}
	var all []mutant
	for _, name := range names {
		var file struct{ Mutant []mutant }
		meta, err := toml.DecodeFile(name, &file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if unknown := meta.Undecoded(); len(unknown) > 0 {
			return nil, fmt.Errorf("%s: unknown: %v", name, unknown)
		}
		all = append(all, file.Mutant...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no mistakes in %s", dir)
	}
	return all, nil
}

// String names m in a line of the report.
func (m mutant) String() string { return m.File + ": " + m.Breaks }

// packages returns where m should be noticed, in the order they are asked.
func (m mutant) packages() []string {
	if len(m.Tests) > 0 {
		return m.Tests
	}
	return []string{m.home(), attacks}
}

// home is the package of the file.
func (m mutant) home() string { return "./" + path.Dir(m.File) }

// apply returns the file with the mistake in it.
func (m mutant) apply(root string) ([]byte, error) {
	switch {
	case m.Breaks == "":
		return nil, errors.New("does not say what it breaks")
	case m.Old == "" || m.Old == m.New:
		return nil, errors.New("changes nothing")
	case !strings.HasSuffix(m.File, ".go") || strings.HasSuffix(m.File, "_test.go"):
		return nil, errors.New("is not for a file of the program")
	}
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(m.File)))
	if err != nil {
		return nil, err
	}
	if n := strings.Count(string(text), m.Old); n != 1 {
		return nil, fmt.Errorf("its text is in the file %d times: %q", n, m.Old)
	}
	changed := strings.Replace(string(text), m.Old, m.New, 1)
	_, err = parser.ParseFile(token.NewFileSet(), m.File, changed, parser.SkipObjectResolution)
	return []byte(changed), err
}
