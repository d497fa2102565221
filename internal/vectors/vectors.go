// Package vectors gives tests the recorded answers of Django: the cases in the
// JSON files of one folder, by group.
//
// The folder is the one that the environment variable DJANGO_VECTORS names,
// or else the copy in django/testdata/vectors.
package vectors

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// A File holds the answers of one version of Django.
type File struct {
	Name    string // "django-5.2.json"
	Version string // "5.2"
	Meta    json.RawMessage

	groups map[string][]Case
}

// A Case is one question and its answer.
type Case struct {
	Version  string          `json:"-"` // of the file
	Name     string          `json:"name"`
	Notes    string          `json:"notes"`
	Inputs   json.RawMessage `json:"inputs"`
	Expected json.RawMessage `json:"expected"`
}

// Groups returns the names of the groups in the file, in no order.
func (f File) Groups() []string {
	var names []string
	for name := range f.groups {
		names = append(names, name)
	}
	return names
}

// Cases returns the cases of a group, or none.
func (f File) Cases(group string) []Case { return f.groups[group] }

// Decode stores the question in inputs and the answer in expected. Either may
// be nil.
func (c Case) Decode(t testing.TB, inputs, expected any) {
	t.Helper()
	for _, part := range []struct {
		raw json.RawMessage
		v   any
	}{{c.Inputs, inputs}, {c.Expected, expected}} {
		if part.v == nil {
			continue
		}
		if err := json.Unmarshal(part.raw, part.v); err != nil {
			t.Fatalf("vector %s: %v in %s", c.Name, err, part.raw)
		}
	}
}

// Files reads every JSON file in the folder. It fails the test if there is
// none.
func Files(t testing.TB) []File {
	t.Helper()
	files, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Run runs f as a subtest for each case of the group in each file. A group
// may be missing from some files, since Django grew; it fails the test if no
// file has it.
func Run(t *testing.T, group string, f func(t *testing.T, c Case)) {
	t.Helper()
	count := 0
	for _, file := range Files(t) {
		for _, c := range file.Cases(group) {
			count++
			t.Run(file.Version+"/"+c.Name, func(t *testing.T) { f(t, c) })
		}
	}
	if count == 0 {
		t.Fatalf("no file has a case of the group %q", group)
	}
}

// load reads the files once; the cases are never changed.
var load = sync.OnceValues(func() ([]File, error) {
	dir := os.Getenv("DJANGO_VECTORS")
	if dir == "" {
		_, here, _, _ := runtime.Caller(0)
		dir = filepath.Join(filepath.Dir(here), "..", "..", "django", "testdata", "vectors")
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("vectors: no *.json in %s; DJANGO_VECTORS names another folder", dir)
	}
	var files []File
	for _, name := range names {
		file, fileErr := read(name)
		if fileErr != nil {
			return nil, fileErr
		}
		files = append(files, file)
	}
	return files, err
})

func read(name string) (File, error) {
	text, err := os.ReadFile(name) // the tester names the folder
	if err != nil {
		return File{}, err
	}
	var content struct {
		Meta   json.RawMessage   `json:"meta"`
		Groups map[string][]Case `json:"groups"`
	}
	if err := json.Unmarshal(text, &content); err != nil {
		return File{}, fmt.Errorf("vectors: %s: %w", name, err)
	}
	var meta struct {
		Django string `json:"django"` // "5.2.18"
	}
	if err := json.Unmarshal(content.Meta, &meta); err != nil {
		return File{}, fmt.Errorf("vectors: %s: meta: %w", name, err)
	}
	major, rest, _ := strings.Cut(meta.Django, ".")
	minor, _, _ := strings.Cut(rest, ".")
	f := File{filepath.Base(name), major + "." + minor, content.Meta, content.Groups}
	for _, cases := range f.groups {
		for i := range cases {
			cases[i].Version = f.Version
		}
	}
	return f, nil
}
