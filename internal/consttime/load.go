package consttime

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// A Package is source with its types, without tests.
type Package struct {
	Path  string
	Fset  *token.FileSet
	Files []*ast.File
	Info  *types.Info
}

// listed is what the go command says of a package.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
	DepOnly                 bool
}

// Load returns the packages that match patterns of the go command, and what
// their types are.
func Load(patterns ...string) ([]*Package, error) {
	args := append([]string{
		"list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,DepOnly", "--",
	}, patterns...)
	var stderr bytes.Buffer
	cmd := exec.Command("go", args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, &stderr)
	}
	exports := make(map[string]string)
	var wanted []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		exports[p.ImportPath] = p.Export
		if !p.DepOnly {
			wanted = append(wanted, p)
		}
	}
	return check(wanted, exports)
}

func check(wanted []listed, exports map[string]string) ([]*Package, error) {
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path]) // which the go command has just named
	})
	var list []*Package
	for _, w := range wanted {
		p := &Package{Path: w.ImportPath, Fset: fset, Info: &types.Info{
			Types: make(map[ast.Expr]types.TypeAndValue), Uses: make(map[*ast.Ident]types.Object),
			Defs: make(map[*ast.Ident]types.Object),
		}}
		for _, name := range w.GoFiles {
			file, err := parser.ParseFile(fset, filepath.Join(w.Dir, name), nil, parser.ParseComments)
			if err != nil {
				return nil, err
			}
			p.Files = append(p.Files, file)
		}
		config := types.Config{Importer: imports}
		if _, err := config.Check(w.ImportPath, fset, p.Files, p.Info); err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}
