package attacks

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// exportedTypes returns the types that users of the module can name, after
// their folders: "auth/token.Generator". Interfaces have no values of their
// own, and an alias is of another type.
func exportedTypes(t *testing.T) []string {
	t.Helper()
	const root = "../.."
	var names []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{"internal", "testdata", "cmd", "examples"}, entry.Name()):
			return filepath.SkipDir
		case entry.IsDir() && path != root && exists(filepath.Join(path, "go.mod")):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, name := range typesIn(file) {
			names = append(names, filepath.ToSlash(folder)+"."+name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < 55 {
		t.Fatalf("only %d exported types were found", len(names))
	}
	return names
}

func exists(path string) bool {
	found, _ := filepath.Glob(path)
	return found != nil
}

func typesIn(file *ast.File) (names []string) {
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.TYPE {
			continue
		}
		for _, spec := range group.Specs {
			spec, ok := spec.(*ast.TypeSpec)
			if !ok || !spec.Name.IsExported() || spec.Assign.IsValid() {
				continue
			}
			if _, isInterface := spec.Type.(*ast.InterfaceType); !isInterface {
				names = append(names, spec.Name.Name)
			}
		}
	}
	return names
}
