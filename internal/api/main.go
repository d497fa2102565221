// Command api writes every exported identifier of the module's public packages
// into api/v1.txt, one per line, as the standard library's api folder has
// them. With -check it writes nothing, and fails if the file is another.
//
// golang.org/x/exp/cmd/apidiff compares two versions of a package, and says of a
// change whether it breaks callers; but it keeps a version in a form that nobody
// can read. A change of a line here is one that a reviewer sees.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

//go:generate go run .

// file has the face that v1 will keep.
const file = "api/v1.txt"

func main() {
	check := flag.Bool("check", false, "compare the file with what there is, and write nothing")
	flag.Parse()
	if err := run(*check, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}

func run(check bool, w io.Writer) error {
	root, lines, err := face()
	if err != nil {
		return err
	}
	path := filepath.Join(root, filepath.FromSlash(file))
	if !check {
		fmt.Fprintf(w, "%s: %d identifiers\n", file, len(lines))
		return os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return compare(w, strings.Split(strings.TrimSpace(string(text)), "\n"), lines)
}

// compare tells which lines are gone and which are new.
func compare(w io.Writer, want, got []string) error {
	same := true
	tell := func(sign string, these, others []string) {
		for _, line := range these {
			if _, found := slices.BinarySearch(others, line); !found {
				same = false
				fmt.Fprintln(w, sign, line)
			}
		}
	}
	tell("-", want, got)
	tell("+", got, want)
	if !same {
		return errors.New("the face has changed; if that is meant, run: go generate ./internal/api")
	}
	return nil
}

// A pkg is what the go command says of a package.
type pkg struct {
	ImportPath, Name, Dir string
	GoFiles               []string
	Module                struct{ Path, Dir string }
}

// face returns the folder of the module, and the lines of its public packages.
func face() (root string, lines []string, err error) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Name,Dir,GoFiles,Module",
		"github.com/jamsession/jamsession/...")
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		return "", nil, fmt.Errorf("go list: %w", err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			slices.Sort(lines)
			return root, slices.Compact(lines), nil
		}
		if err != nil {
			return "", nil, err
		}
		root = p.Module.Dir
		if !isPublic(p) {
			continue
		}
		of, err := identifiers(strings.TrimPrefix(p.ImportPath, p.Module.Path+"/"), p.Dir, p.GoFiles)
		if err != nil {
			return "", nil, err
		}
		lines = append(lines, of...)
	}
}

// isPublic reports whether programs of others can import a package, and are
// meant to.
func isPublic(p pkg) bool {
	folders := strings.Split(strings.TrimPrefix(p.ImportPath, p.Module.Path+"/"), "/")
	return p.Name != "main" && folders[0] != "examples" && !slices.Contains(folders, "internal")
}
